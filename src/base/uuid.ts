/**
 * A 128-bit id in the form Kafka prints it: base64url of the 16 bytes, without padding, 22
 * characters. A string, so that it compares by `===` and keys a `Map`.
 */
export type Uuid = string & { readonly __uuid: unique symbol };

/** All bits zero: "absent" on the wire. */
export const ZERO_UUID = "AAAAAAAAAAAAAAAAAAAAAA" as Uuid;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const SIXTET_OF_CODE = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) SIXTET_OF_CODE[ALPHABET.charCodeAt(i)] = i;

/** Reads the 16 bytes of `buffer` from `position` on. */
export function uuidFromBytes(buffer: Uint8Array, position = 0): Uuid {
  let text = "";
  for (let i = position; i < position + 15; i += 3) {
    const bits = (buffer[i]! << 16) | (buffer[i + 1]! << 8) | buffer[i + 2]!;
    text += ALPHABET[bits >>> 18]! + ALPHABET[(bits >>> 12) & 63]! +
      ALPHABET[(bits >>> 6) & 63]! + ALPHABET[bits & 63]!;
  }
  const last = buffer[position + 15]!;
  return (text + ALPHABET[last >>> 2]! + ALPHABET[(last & 3) << 4]!) as Uuid;
}

/** Writes the 16 bytes of `uuid` into `buffer` at `position`. */
export function uuidToBytes(uuid: Uuid, buffer: Uint8Array, position = 0): void {
  let bits = 0;
  let bitCount = 0;
  let out = position;
  for (let i = 0; i < 22; i++) {
    bits = ((bits << 6) | SIXTET_OF_CODE[uuid.charCodeAt(i)]!) & 0xffff;
    bitCount += 6;
    if (bitCount >= 8 && out < position + 16) {
      bitCount -= 8;
      buffer[out++] = (bits >>> bitCount) & 255;
    }
  }
}

/** The id that `text` spells, or undefined when it is not the canonical form of one. */
export function parseUuid(text: string): Uuid | undefined {
  if (!/^[A-Za-z0-9_-]{21}[AQgw]$/.test(text)) return undefined;
  return text as Uuid;
}

/**
 * A new random id, by the rules of Kafka's `Uuid.randomUuid`: version 4 bits, never one of the
 * reserved ids, and never a text that begins with "-" (it would look like a command-line flag).
 *
 * @param fill writes random bytes into the buffer it is given
 */
export function randomUuid(fill: (bytes: Uint8Array) => void): Uuid {
  const bytes = new Uint8Array(16);
  for (;;) {
    fill(bytes);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const uuid = uuidFromBytes(bytes);
    if (!uuid.startsWith("-")) return uuid;
  }
}
