/** What LZ4 and Snappy share: finding and copying repeated byte sequences. */

const LONG_COPY_BYTES = 24;
/** Up to it, a match that overlaps itself is copied byte by byte. */
const SHORT_REPEAT_BYTES = 64;

/** The four bytes at `at`, lowest first, as an int32. */
export function load32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
}

/** Knuth's multiplicative hash of four bytes, to 32 - `shift` bits. */
export function hash32(word: number, shift: number): number {
  return Math.imul(word, 0x9e3779b1) >>> shift;
}

/** The shift of {@link hash32} for an input: a table no larger than needed is cleared sooner. */
export function hashShiftFor(inputBytes: number, tableBitsMax: number): number {
  const bits = 32 - Math.clz32(Math.max(inputBytes, 256) - 1);
  return 32 - Math.min(bits, tableBitsMax);
}

/** The position, at most `end`, at which the bytes from `a` on and from `b` (before a) on differ. */
export function matchEnd(bytes: Uint8Array, a: number, b: number, end: number): number {
  while (a < end && bytes[a] === bytes[b]) {
    a++;
    b++;
  }
  return a;
}

/** Copies `count` bytes from `source` at `from` to `target` at `to`. */
export function copyLiterals(
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  to: number,
  count: number,
): void {
  if (count > LONG_COPY_BYTES) {
    target.set(source.subarray(from, from + count), to);
    return;
  }
  for (let i = 0; i < count; i++) target[to + i] = source[from + i]!;
}

/** Copies `count` bytes from `distance` before `to` to `to`; what is written may be copied again. */
export function copyMatch(bytes: Uint8Array, to: number, distance: number, count: number): void {
  const from = to - distance;
  if (count <= LONG_COPY_BYTES || (distance < count && count <= SHORT_REPEAT_BYTES)) {
    for (let i = 0; i < count; i++) bytes[to + i] = bytes[from + i]!;
    return;
  }
  // An overlapping match repeats its first bytes: each copy doubles what may be copied next.
  let copied = 0;
  while (copied < count) {
    const some = Math.min(distance + copied, count - copied);
    bytes.copyWithin(to + copied, from, from + some);
    copied += some;
  }
}
