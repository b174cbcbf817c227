const TWO_32 = 4294967296;

/** Big-endian integers at a position of a buffer, without a DataView per buffer. */
export function readInt16(buffer: Uint8Array, position: number): number {
  return ((buffer[position]! << 8) | buffer[position + 1]!) << 16 >> 16;
}

export function readInt32(buffer: Uint8Array, position: number): number {
  return (buffer[position]! << 24) | (buffer[position + 1]! << 16) |
    (buffer[position + 2]! << 8) | buffer[position + 3]!;
}

/** Exact within ±2^53, the nearest double beyond. */
export function readInt64(buffer: Uint8Array, position: number): number {
  return readInt32(buffer, position) * TWO_32 + (readInt32(buffer, position + 4) >>> 0);
}

export function writeInt16(buffer: Uint8Array, position: number, value: number): void {
  buffer[position] = value >>> 8;
  buffer[position + 1] = value;
}

export function writeInt32(buffer: Uint8Array, position: number, value: number): void {
  buffer[position] = value >>> 24;
  buffer[position + 1] = value >>> 16;
  buffer[position + 2] = value >>> 8;
  buffer[position + 3] = value;
}

/** Values outside of int64 become the nearest bound. */
export function writeInt64(buffer: Uint8Array, position: number, value: number): void {
  if (value >= 2 ** 63) {
    writeInt32(buffer, position, 0x7fffffff);
    writeInt32(buffer, position + 4, -1);
    return;
  }
  const clamped = value < -(2 ** 63) ? -(2 ** 63) : value;
  writeInt32(buffer, position, Math.floor(clamped / TWO_32));
  writeInt32(buffer, position + 4, clamped);
}
