import assert from "node:assert/strict";
import fc from "fast-check";
import { type Claim, fillByPull } from "../../../../src/metadata/storage/water_filling.ts";

function claim(floorBytes: number, wantBytes: number, maxBytes = 1e9, pull = 1): Claim {
  return { floorBytes, wantBytes, maxBytes, pull };
}

Deno.test("fillByPull() gives small wants in full and the rest to the others alike", () => {
  const claims = [claim(10, 20), claim(10, 1000), claim(10, 1000)];
  assert.deepEqual(fillByPull(320, claims), [20, 150, 150]);
});

Deno.test("fillByPull() gives floors first, whatever the pull", () => {
  const claims = [claim(80, 100), claim(1, 1000, 1e9, 100)];
  assert.deepEqual(fillByPull(100, claims), [80, 20]);
});

Deno.test("fillByPull() gives by pull when wants are short and when there is more", () => {
  const few = [claim(0, 1000, 1e9, 1), claim(0, 1000, 1e9, 3)];
  assert.deepEqual(fillByPull(400, few), [100, 300]);
  const many = [claim(0, 10, 1e9, 1), claim(0, 10, 1e9, 3)];
  assert.deepEqual(fillByPull(400, many), [100, 300]);
});

Deno.test("fillByPull() goes to no maximum's other side", () => {
  assert.deepEqual(fillByPull(1000, [claim(0, 10, 50), claim(0, 10, 100)]), [50, 100]);
});

Deno.test("fillByPull() scales floors that don't fit", () => {
  assert.deepEqual(fillByPull(50, [claim(100, 100), claim(300, 400)]), [12, 37]);
  assert.deepEqual(fillByPull(-5, [claim(100, 100)]), [0]);
  assert.deepEqual(fillByPull(50, []), []);
});

const anyClaim = fc.tuple(
  fc.integer({ min: 0, max: 1000 }),
  fc.integer({ min: 0, max: 5000 }),
  fc.integer({ min: 0, max: 5000 }),
  fc.integer({ min: 1, max: 50 }),
).map(([floor, more, most, pull]) => claim(floor, floor + more, floor + more + most, pull));

Deno.test("fillByPull() keeps floors, maximums and the sum, and leaves nothing that is wanted", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 100_000 }),
    fc.array(anyClaim, { minLength: 1, maxLength: 20 }),
    (total, claims) => {
      const parts = fillByPull(total, claims);
      const sum = parts.reduce((bytes, part) => bytes + part, 0);
      assert.ok(sum <= total);
      const floors = claims.reduce((bytes, { floorBytes }) => bytes + floorBytes, 0);
      if (floors > total) return;
      const maximums = claims.reduce((bytes, { maxBytes }) => bytes + maxBytes, 0);
      assert.ok(sum >= Math.min(total, maximums) - claims.length - 1, "all is given");
      const wants = claims.reduce((bytes, { wantBytes }) => bytes + wantBytes, 0);
      for (const [i, { floorBytes, wantBytes, maxBytes }] of claims.entries()) {
        assert.ok(parts[i]! >= floorBytes && parts[i]! <= maxBytes);
        if (wants <= total) assert.ok(parts[i]! >= wantBytes);
        else assert.ok(parts[i]! <= wantBytes);
      }
    },
  ));
});
