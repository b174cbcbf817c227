import assert from "node:assert/strict";
import fc from "fast-check";
import { BYTES_PER_KEY, OffsetMap } from "../../../../src/log/compaction/offset_map.ts";

const SECRET = [1, 2, 3, 4];
const LIMITS = { bytesMax: 100 * BYTES_PER_KEY, loadFactor: 0.9, keysMax: 1000 };

Deno.test("OffsetMap.get() gives the last offset that was put, for all keys and ranges of bytes", () => {
  const key = fc.uint8Array({ maxLength: 5 });
  const offset = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  fc.assert(fc.property(fc.array(fc.tuple(key, offset), { maxLength: 80 }), (puts) => {
    const map = new OffsetMap(LIMITS, SECRET);
    const model = new Map<string, number>();
    for (const [bytes, at] of puts) {
      const padded = Uint8Array.from([9, ...bytes, 9]);
      map.put(padded, 1, 1 + bytes.length, at);
      model.set(bytes.join(), at);
    }
    assert.equal(map.size, model.size);
    for (const [bytes] of puts) {
      assert.equal(map.get(bytes, 0, bytes.length), model.get(bytes.join()));
    }
    assert.equal(map.get(new Uint8Array(6), 0, 6), -1);
  }));
});

Deno.test("OffsetMap.isFull says so at the load factor, and the map still finds what it has", () => {
  const map = new OffsetMap(LIMITS, SECRET);
  const key = new Uint8Array(2);
  let count = 0;
  for (; !map.isFull; count++) {
    key[0] = count;
    map.put(key, 0, 2, count);
  }
  // 97 is the largest prime that fits.
  assert.equal(count, Math.floor(97 * 0.9));
  for (let i = 0; i < count; i++) {
    key[0] = i;
    assert.equal(map.get(key, 0, 2), i);
  }
  key[1] = 1;
  assert.equal(map.get(key, 0, 2), -1);
});

Deno.test("OffsetMap.put() makes the table grow with its keys, and loses none", () => {
  const keysMax = 50_000;
  const map = new OffsetMap({ bytesMax: 2 ** 30, loadFactor: 0.9, keysMax }, SECRET);
  const key = new Uint8Array(4);
  const view = new DataView(key.buffer);
  const first = map.sizeBytes;
  for (let i = 0; i < keysMax; i++) {
    view.setInt32(0, i);
    map.put(key, 0, 4, 2 ** 33 + i);
  }
  assert.ok(first < map.sizeBytes / 4 && map.sizeBytes <= 2 * keysMax * BYTES_PER_KEY);
  assert.equal(map.size, keysMax);
  for (let i = 0; i < keysMax; i++) {
    view.setInt32(0, i);
    assert.equal(map.get(key, 0, 4), 2 ** 33 + i);
  }
});

Deno.test("OffsetMap() takes no more memory than it may, nor than its keys need at half load", () => {
  assert.ok(new OffsetMap(LIMITS, SECRET).sizeBytes <= LIMITS.bytesMax);
  const few = new OffsetMap({ ...LIMITS, bytesMax: 2 ** 30, keysMax: 50 }, SECRET);
  assert.ok(few.sizeBytes <= 100 * BYTES_PER_KEY);
  assert.ok(few.sizeBytes >= 90 * BYTES_PER_KEY);
});

Deno.test("OffsetMap() has room for some keys whatever it is given", () => {
  const map = new OffsetMap({ bytesMax: 0, loadFactor: 0.1, keysMax: 1 }, SECRET);
  map.put(new Uint8Array(1), 0, 1, 5);
  assert.equal(map.get(new Uint8Array(1), 0, 1), 5);
  assert.ok(map.isFull);
});
