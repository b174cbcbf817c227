import assert from "node:assert/strict";
import fc from "fast-check";
import { DenoCiphers } from "../../../src/host/deno_ciphers.ts";
import type { Ciphers } from "../../../src/io/ciphers.ts";

const EMPTY = new Uint8Array(0);

function chaCha(): Ciphers {
  const ciphers = DenoCiphers.chaCha20Poly1305();
  assert.ok(ciphers !== undefined, "this runtime has ChaCha20-Poly1305");
  return ciphers;
}

Deno.test("DenoCiphers.aes256Gcm() gives the published texts when fed NIST's cases 13 and 14", () => {
  const aes = DenoCiphers.aes256Gcm();
  const key = new Uint8Array(32);
  const nonce = new Uint8Array(12);
  assert.equal(aes.seal(key, nonce, EMPTY, EMPTY).toHex(), "530f8afbc74536b9a963b4f1c4cb738b");
  assert.equal(
    aes.seal(key, nonce, new Uint8Array(16), EMPTY).toHex(),
    "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
  );
});

Deno.test("DenoCiphers.chaCha20Poly1305() gives the published tag when fed RFC 8439, 2.8.2", () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i);
  const nonce = Uint8Array.fromHex("070000004041424344454647");
  const plain = new TextEncoder().encode(
    "Ladies and Gentlemen of the class of '99: " +
      "If I could offer you only one tip for the future, sunscreen would be it.",
  );
  const sealed = chaCha().seal(key, nonce, plain, Uint8Array.fromHex("50515253c0c1c2c3c4c5c6c7"));
  assert.equal(sealed.subarray(plain.length).toHex(), "1ae10b594f09e26a7e902ecbd0600691");
  assert.equal(sealed.subarray(0, 4).toHex(), "d31a8d34");
});

for (
  const [name, make] of [["aes256Gcm", () => DenoCiphers.aes256Gcm()], [
    "chaCha20Poly1305",
    chaCha,
  ]] as const
) {
  Deno.test(`Ciphers.open() of ${name} gives back what was sealed, and nothing when a bit differs`, () => {
    const ciphers = make();
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(
        bytes(32),
        bytes(12),
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ minLength: 1, maxLength: 20 }),
        fc.nat(),
        (key, nonce, plain, associated, bit) => {
          const sealed = ciphers.seal(key, nonce, plain, associated);
          assert.equal(sealed.length, plain.length + 16);
          assert.deepEqual(
            Uint8Array.from(ciphers.open(key, nonce, sealed, associated) ?? [1]),
            plain,
          );
          assert.equal(ciphers.open(flip(key, bit), nonce, sealed, associated), undefined);
          assert.equal(ciphers.open(key, flip(nonce, bit), sealed, associated), undefined);
          assert.equal(ciphers.open(key, nonce, flip(sealed, bit), associated), undefined);
          assert.equal(ciphers.open(key, nonce, sealed, flip(associated, bit)), undefined);
          assert.equal(ciphers.open(key, nonce, sealed.subarray(0, 15), associated), undefined);
        },
      ),
      { numRuns: 50 },
    );
  });
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  const at = bit % (bytes.length * 8);
  copy[at >>> 3]! ^= 1 << (at & 7);
  return copy;
}
