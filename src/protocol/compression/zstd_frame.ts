import { malformed } from "./codec.ts";
import { load32 } from "./matches.ts";

const FRAME_MAGIC = 0xfd2fb528 | 0;
const SKIPPABLE_MAGIC = 0x184d2a50;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;

/**
 * The position behind the Zstandard frame at `start` (RFC 8878, section 3.1), found by its block
 * headers without decompressing; `start` itself when no bytes are left.
 *
 * @throws {CompressionError} when there is no frame, or it is cut off
 */
export function zstdFrameEnd(bytes: Uint8Array, start: number): number {
  if (start === bytes.length) return start;
  if (start + 8 > bytes.length) throw malformed("Zstandard frame is cut off");
  const magic = load32(bytes, start);
  if ((magic & ~15) === SKIPPABLE_MAGIC) {
    return within(bytes, start + 8 + (load32(bytes, start + 4) >>> 0));
  }
  if (magic !== FRAME_MAGIC) throw malformed("not a Zstandard frame");
  const descriptor = bytes[start + 4]!;
  const singleSegment = (descriptor & 0x20) !== 0;
  const sizeCode = descriptor >> 6;
  const contentSizeBytes = sizeCode === 0 && singleSegment ? 1 : CONTENT_SIZE_BYTES[sizeCode]!;
  let at = start + 5 + (singleSegment ? 0 : 1) + DICTIONARY_ID_BYTES[descriptor & 3]! +
    contentSizeBytes;
  let last = false;
  while (!last) {
    within(bytes, at + 3);
    const header = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16;
    last = (header & 1) !== 0;
    const kind = header >> 1 & 3;
    if (kind === RESERVED_BLOCK) throw malformed("Zstandard block of an undefined kind");
    at = within(bytes, at + 3 + (kind === RLE_BLOCK ? 1 : header >> 3));
  }
  return (descriptor & 0x04) !== 0 ? within(bytes, at + 4) : at;
}

function within(bytes: Uint8Array, position: number): number {
  if (position > bytes.length) throw malformed("Zstandard frame is cut off");
  return position;
}
