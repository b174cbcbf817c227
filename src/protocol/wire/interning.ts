import { type Uuid, uuidFromBytes } from "../../base/uuid.ts";

/**
 * Topic names, group ids and topic ids come again with every request. Two direct-mapped tables,
 * bounded and shared by all readers, return the string that was made the first time: no
 * allocation, and its hash for `Map` lookups is computed already. What is returned depends on the
 * bytes alone, never on the table.
 */
const SLOTS = 1024;

/** Longer strings are decoded afresh: from here on TextDecoder is faster than the comparison. */
export const INTERNED_BYTES_MAX = 40;

const texts: string[] = new Array<string>(SLOTS).fill("");
const uuids: Uuid[] = new Array<Uuid>(SLOTS).fill("AAAAAAAAAAAAAAAAAAAAAA" as Uuid);
const uuidWords = new Int32Array(SLOTS * 4);

// ignoreBOM keeps a leading U+FEFF, as Java's decoder does; malformed bytes become U+FFFD.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The UTF-8 text of bytes `start` to `end`. */
export function decodeText(buffer: Uint8Array, start: number, end: number): string {
  if (end - start <= INTERNED_BYTES_MAX) return internedText(buffer, start, end);
  return decoder.decode(buffer.subarray(start, end));
}

function internedText(buffer: Uint8Array, start: number, end: number): string {
  if (start === end) return "";
  let hash = 0;
  for (let i = start; i < end; i++) {
    const byte = buffer[i]!;
    if (byte > 0x7f) return decoder.decode(buffer.subarray(start, end));
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  const slot = (hash ^ (hash >>> 10) ^ (hash >>> 20)) & (SLOTS - 1);
  const known = texts[slot]!;
  if (equalsAscii(known, buffer, start, end)) return known;
  const text = decoder.decode(buffer.subarray(start, end));
  texts[slot] = text;
  return text;
}

function equalsAscii(text: string, buffer: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) !== buffer[start + i]!) return false;
  }
  return true;
}

/** The uuid in the 16 bytes from `start` on. */
export function decodeUuid(buffer: Uint8Array, start: number): Uuid {
  const a = int32At(buffer, start);
  const b = int32At(buffer, start + 4);
  const c = int32At(buffer, start + 8);
  const d = int32At(buffer, start + 12);
  const mixed = a ^ b ^ c ^ d;
  const slot = (mixed ^ (mixed >>> 10) ^ (mixed >>> 20)) & (SLOTS - 1);
  const words = slot << 2;
  if (
    uuidWords[words] === a && uuidWords[words + 1] === b && uuidWords[words + 2] === c &&
    uuidWords[words + 3] === d
  ) return uuids[slot]!;
  const uuid = uuidFromBytes(buffer, start);
  uuidWords[words] = a;
  uuidWords[words + 1] = b;
  uuidWords[words + 2] = c;
  uuidWords[words + 3] = d;
  uuids[slot] = uuid;
  return uuid;
}

function int32At(buffer: Uint8Array, p: number): number {
  return (buffer[p]! << 24) | (buffer[p + 1]! << 16) | (buffer[p + 2]! << 8) | buffer[p + 3]!;
}
