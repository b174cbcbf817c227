/**
 * MurmurHash2 (Austin Appleby, public domain) of bytes `start` to `end`, 32 bits, with the seed
 * that Kafka's Java client partitions keys with. An int32.
 */
export function murmur2(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const length = end - start;
  const m = 0x5bd1e995;
  let hash = 0x9747b28c ^ length;
  let at = start;
  for (const wordsEnd = start + (length & ~3); at < wordsEnd; at += 4) {
    let word = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
    word = Math.imul(word, m);
    word ^= word >>> 24;
    hash = Math.imul(hash, m) ^ Math.imul(word, m);
  }
  const left = end - at;
  if (left > 2) hash ^= bytes[at + 2]! << 16;
  if (left > 1) hash ^= bytes[at + 1]! << 8;
  if (left > 0) hash = Math.imul(hash ^ bytes[at]!, m);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, m);
  return hash ^ hash >>> 15;
}

/** The partition, of `count`, that a Java client puts this key into. */
export function partitionOfKey(
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
): number {
  return (murmur2(bytes, start, end) & 0x7fffffff) % count;
}
