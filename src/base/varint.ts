/**
 * Variable-length integers: seven bits per byte, lowest first, the top bit set on all but the last
 * byte. "varint" is 32 bits in at most 5 bytes, "varlong" 64 bits in at most 10; the signed forms
 * are zigzag encoded (0, -1, 1, -2...). As in Protocol Buffers and KIP-482.
 *
 * Readers return the value at a position; {@link varintLength} and {@link varlongLength} tell how
 * many bytes it takes, so nothing is allocated. Readers trust that the encoding is there and whole.
 *
 * Varlongs are doubles here: exact within ±2^53, else the nearest double. Writers saturate at
 * -2^63 and 2^63-1, which is read back as 2^63.
 */

const TWO_32 = 0x100000000;
const TWO_63 = 2 ** 63;

/** Bytes of the varint at `position`; 0 when it is cut off by `limit` or longer than 5 bytes. */
export function varintLength(buffer: Uint8Array, position: number, limit: number): number {
  return encodedLength(buffer, position, limit, 5);
}

/** Bytes of the varlong at `position`; 0 when it is cut off by `limit` or longer than 10 bytes. */
export function varlongLength(buffer: Uint8Array, position: number, limit: number): number {
  return encodedLength(buffer, position, limit, 10);
}

function encodedLength(
  buffer: Uint8Array,
  position: number,
  limit: number,
  bytesMax: number,
): number {
  const end = Math.min(position + bytesMax, limit);
  for (let i = position; i < end; i++) if (buffer[i]! < 128) return i - position + 1;
  return 0;
}

/** The unsigned varint at `position`, a uint32. Bits past the 32nd are dropped. */
export function readUnsignedVarint(buffer: Uint8Array, position: number): number {
  let byte = buffer[position]!;
  if (byte < 128) return byte;
  let value = byte & 127;
  for (let shift = 7; shift < 35; shift += 7) {
    byte = buffer[++position]!;
    value |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  return value >>> 0;
}

/** The zigzag varint at `position`, an int32. */
export function readVarint(buffer: Uint8Array, position: number): number {
  const unsigned = readUnsignedVarint(buffer, position);
  return (unsigned >>> 1) ^ -(unsigned & 1);
}

/** The unsigned varlong at `position`, 0 to 2^64. */
export function readUnsignedVarlong(buffer: Uint8Array, position: number): number {
  const low = lowHalf(buffer, position);
  return highHalf(buffer, position) * TWO_32 + low;
}

/** The zigzag varlong at `position`, -2^63 to 2^63. */
export function readVarlong(buffer: Uint8Array, position: number): number {
  const first = buffer[position]!;
  if (first < 128) return (first >>> 1) ^ -(first & 1);
  const low = lowHalf(buffer, position);
  const high = highHalf(buffer, position);
  const half = (high << 31 | low >>> 1) >>> 0;
  if ((low & 1) === 0) return (high >>> 1) * TWO_32 + half;
  // Negative: -1 less the half. The 1 goes to the lower part, so that the sum is rounded once.
  return -((high >>> 1) * TWO_32 + (half + 1));
}

/** Bits 0 to 31 of the varlong: its first four bytes and four bits of the fifth. */
function lowHalf(buffer: Uint8Array, position: number): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = buffer[position++]!;
    value |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  return value >>> 0;
}

/** Bits 32 to 63 of the varlong: three bits of its fifth byte, and the sixth to the tenth. */
function highHalf(buffer: Uint8Array, position: number): number {
  for (let i = 0; i < 4; i++) if (buffer[position++]! < 128) return 0;
  let byte = buffer[position++]!;
  let value = (byte & 127) >>> 4;
  for (let shift = 3; byte >= 128 && shift < 38; shift += 7) {
    byte = buffer[position++]!;
    if (shift < 32) value |= (byte & 127) << shift;
  }
  return value >>> 0;
}

/** Writes uint32 `value`; returns the position behind it. */
export function writeUnsignedVarint(buffer: Uint8Array, position: number, value: number): number {
  let rest = value >>> 0;
  while (rest > 127) {
    buffer[position++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  buffer[position++] = rest;
  return position;
}

/** Writes int32 `value`; returns the position behind it. */
export function writeVarint(buffer: Uint8Array, position: number, value: number): number {
  return writeUnsignedVarint(buffer, position, (value << 1) ^ (value >> 31));
}

/** Writes integer `value`, 0 to 2^64-1, saturated; returns the position behind it. */
export function writeUnsignedVarlong(buffer: Uint8Array, position: number, value: number): number {
  if (value >= 2 ** 64) return writeHalves(buffer, position, 0xffffffff, 0xffffffff);
  return writeHalves(buffer, position, Math.floor(value / TWO_32), value >>> 0);
}

/** Writes integer `value`, -2^63 to 2^63-1, saturated; returns the position behind it. */
export function writeVarlong(buffer: Uint8Array, position: number, value: number): number {
  if (value >= TWO_63) return writeHalves(buffer, position, 0xffffffff, 0xfffffffe);
  if (value <= -TWO_63) return writeHalves(buffer, position, 0xffffffff, 0xffffffff);
  // Zigzag: twice the magnitude, which is exact, and for negative values one less, which may not be.
  const doubled = value < 0 ? -2 * value : 2 * value;
  const high = Math.floor(doubled / TWO_32);
  const low = doubled >>> 0;
  if (value >= 0) return writeHalves(buffer, position, high, low);
  return low === 0
    ? writeHalves(buffer, position, high - 1, 0xffffffff)
    : writeHalves(buffer, position, high, low - 1);
}

function writeHalves(buffer: Uint8Array, position: number, high: number, low: number): number {
  while (high !== 0 || low > 127) {
    buffer[position++] = (low & 127) | 128;
    low = (low >>> 7 | high << 25) >>> 0;
    high >>>= 7;
  }
  buffer[position++] = low;
  return position;
}

/** How many bytes {@link writeUnsignedVarint} takes. */
export function sizeOfUnsignedVarint(value: number): number {
  const bits = 32 - Math.clz32(value);
  return bits <= 7 ? 1 : Math.ceil(bits / 7);
}

/** How many bytes {@link writeVarint} takes. */
export function sizeOfVarint(value: number): number {
  return sizeOfUnsignedVarint((value << 1) ^ (value >> 31));
}

/** How many bytes {@link writeUnsignedVarlong} takes. */
export function sizeOfUnsignedVarlong(value: number): number {
  let size = 1;
  for (let limit = 128; size < 10 && value >= limit; limit *= 128) size++;
  return size;
}

/** How many bytes {@link writeVarlong} takes. */
export function sizeOfVarlong(value: number): number {
  // Zigzag doubles: value >= 64 * 128^k, or value < -64 * 128^k, needs one byte more.
  let size = 1;
  for (let limit = 64; size < 10 && (value >= limit || value < -limit); limit *= 128) size++;
  return size;
}
