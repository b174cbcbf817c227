import { crc32cSliced } from "../../../src/base/crc32c.ts";
import { CIPHER_TAG_BYTES, type Ciphers } from "../../../src/io/ciphers.ts";

/**
 * Stands in for AES-GCM where secrecy is of no interest and time is: what is sealed does not read as
 * what it was, and opens with the same key, nonce and associated bytes alone. Keeps no secret.
 */
export class SimulatedCiphers implements Ciphers {
  seal(
    key: Uint8Array,
    nonce: Uint8Array,
    plain: Uint8Array,
    associated: Uint8Array,
  ): Uint8Array {
    const sealed = new Uint8Array(plain.length + CIPHER_TAG_BYTES);
    const mask = maskOf(key, nonce);
    for (let i = 0; i < plain.length; i++) sealed[i] = plain[i]! ^ mask;
    writeTag(sealed, plain.length, key, nonce, associated);
    return sealed;
  }

  open(
    key: Uint8Array,
    nonce: Uint8Array,
    sealed: Uint8Array,
    associated: Uint8Array,
  ): Uint8Array | undefined {
    const length = sealed.length - CIPHER_TAG_BYTES;
    if (length < 0) return undefined;
    const expected = sealed.slice();
    writeTag(expected, length, key, nonce, associated);
    for (let i = length; i < sealed.length; i++) if (sealed[i] !== expected[i]) return undefined;
    const mask = maskOf(key, nonce);
    const plain = expected.subarray(0, length);
    for (let i = 0; i < length; i++) plain[i] = plain[i]! ^ mask;
    return plain;
  }
}

function maskOf(key: Uint8Array, nonce: Uint8Array): number {
  return (crc32cSliced(key, 0, key.length) ^ crc32cSliced(nonce, 0, nonce.length)) & 0xff | 1;
}

/** Four checksums, of the sealed bytes and of all that they were sealed with. */
function writeTag(
  sealed: Uint8Array,
  length: number,
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
): void {
  const view = new DataView(sealed.buffer, sealed.byteOffset + length);
  view.setUint32(0, crc32cSliced(sealed, 0, length));
  view.setUint32(4, crc32cSliced(key, 0, key.length));
  view.setUint32(8, crc32cSliced(nonce, 0, nonce.length));
  view.setUint32(12, crc32cSliced(associated, 0, associated.length));
}
