/**
 * The bytes of a batch contradict each other: a length that points outside, a count that doesn't
 * fit, an overlong varint. Thrown by readers; what is wrong with the compression itself is a
 * `CompressionError`.
 */
export class CorruptBatchError extends Error {
  override readonly name = "CorruptBatchError";
}
