import assert from "node:assert/strict";
import { KeyedHash } from "../../../../src/log/compaction/keyed_hash.ts";

const SECRET = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c];

function hashOf(bytes: Uint8Array, secret = SECRET): string {
  const hash = new KeyedHash(secret);
  hash.digest(bytes, 0, bytes.length);
  return hash.words.join(" ");
}

Deno.test("KeyedHash.digest() tells all short messages of zeros from each other", () => {
  const found = new Set<string>();
  for (let length = 0; length < 64; length++) found.add(hashOf(new Uint8Array(length)));
  assert.equal(found.size, 64);
});

Deno.test("KeyedHash.digest() depends on the bytes of the range and on no others", () => {
  const hash = new KeyedHash(SECRET);
  const bytes = Uint8Array.from({ length: 40 }, (_, i) => i * 7);
  for (let length = 0; length < 12; length++) {
    for (let start = 0; start < 8; start++) {
      hash.digest(bytes, start, start + length);
      assert.equal(hash.words.join(" "), hashOf(bytes.slice(start, start + length)));
    }
  }
});

Deno.test("KeyedHash.digest() changes about half of its bits with each bit of message or secret", () => {
  const message = Uint8Array.from({ length: 11 }, (_, i) => i + 1);
  const hash = new KeyedHash(SECRET);
  hash.digest(message, 0, message.length);
  const before = Int32Array.from(hash.words);
  for (let bit = 0; bit < 8 * message.length; bit++) {
    const changed = message.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    hash.digest(changed, 0, changed.length);
    const flipped = bitsBetween(before, hash.words);
    assert.ok(flipped > 32 && flipped < 96, `bit ${bit} of the message flips ${flipped} of 128`);
  }
  for (let bit = 0; bit < 128; bit++) {
    const secret = [...SECRET];
    secret[bit >> 5]! ^= 1 << (bit & 31);
    const other = new KeyedHash(secret);
    other.digest(message, 0, message.length);
    const flipped = bitsBetween(before, other.words);
    assert.ok(flipped > 32 && flipped < 96, `bit ${bit} of the secret flips ${flipped} of 128`);
  }
});

function bitsBetween(a: Int32Array, b: Int32Array): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) {
    for (let rest = (a[i]! ^ b[i]!) >>> 0; rest !== 0; rest &= rest - 1) count++;
  }
  return count;
}
