import type { ByteSource } from "../surroundings.ts";

const BUFFER_BYTES = 1024 * 1024;

/**
 * Calls `visit` with the range of each piece of the input that `delimiter` ends; what stands behind
 * the last one counts too, unless it is empty. The bytes are valid during the call alone.
 *
 * @param afterRead awaited after the pieces of each read, where it returns something to wait for
 */
export async function forEachLine(
  source: ByteSource,
  delimiter: Uint8Array,
  visit: (bytes: Uint8Array, start: number, end: number) => void,
  afterRead: () => Promise<void> | undefined,
): Promise<void> {
  let buffer = new Uint8Array(BUFFER_BYTES);
  let end = 0;
  /** Up to here there is no delimiter. */
  let searched = 0;
  for (;;) {
    if (end === buffer.length) {
      const larger = new Uint8Array(2 * buffer.length);
      larger.set(buffer);
      buffer = larger;
    }
    const count = await source.read(buffer.subarray(end));
    if (count === 0) break;
    end += count;
    const filled = buffer.subarray(0, end);
    let start = 0;
    for (;;) {
      const at = indexOf(filled, delimiter, Math.max(start, searched));
      if (at < 0) break;
      visit(filled, start, at);
      start = at + delimiter.length;
      searched = start;
    }
    buffer.copyWithin(0, start, end);
    end -= start;
    // A delimiter of several bytes may have begun at the end.
    searched = Math.max(0, end - delimiter.length + 1);
    const wait = afterRead();
    if (wait !== undefined) await wait;
  }
  if (end > 0) visit(buffer.subarray(0, end), 0, end);
}

/** Where `wanted` stands in `bytes` from `from` on, or -1. */
export function indexOf(
  bytes: Uint8Array,
  wanted: Uint8Array,
  from: number,
  end: number = bytes.length,
): number {
  const first = wanted[0]!;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (at + wanted.length > end) return -1;
    let i = 1;
    while (i < wanted.length && bytes[at + i] === wanted[i]) i++;
    if (i === wanted.length) return at;
  }
  return -1;
}
