import type { MessageCodec } from "../codec.ts";
import { ByteReader } from "./byte_reader.ts";
import { ByteWriter } from "./byte_writer.ts";

/**
 * One message as an array of its own: for records of internal topics, metadata and other places
 * off the hot path. Connections keep a {@link ByteWriter} and reuse it.
 *
 * @throws {UnsupportedVersionError} when the version can't carry the message
 */
export function encodeMessage<Init>(
  codec: MessageCodec<unknown, Init>,
  message: Init,
  version: number,
): Uint8Array {
  const writer = new ByteWriter();
  codec.write(writer, message, version);
  return writer.toBytes();
}

/**
 * The message that `bytes` hold from the first to the last.
 * @throws {ProtocolError} when they hold anything else, or more
 */
export function decodeMessage<T>(
  codec: MessageCodec<T, never>,
  bytes: Uint8Array,
  version: number,
): T {
  const reader = new ByteReader().reset(bytes);
  const message = codec.read(reader, version);
  reader.expectEnd();
  return message;
}
