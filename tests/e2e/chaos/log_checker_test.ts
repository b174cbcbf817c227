import assert from "node:assert/strict";
import { firstFlaw, firstGap, type ReadNumber } from "./log_checker.ts";

/** Records of one partition, offsets from 0. */
function log(partition: number, ...values: readonly number[]): ReadNumber[] {
  return values.map((value, offset) => ({ partition, offset, value }));
}

Deno.test("firstFlaw() finds nothing when every number is there once and in order", () => {
  assert.equal(firstFlaw([...log(0, 0, 2), ...log(1, 1, 3)], { count: 4 }), undefined);
  assert.equal(firstFlaw([], { count: 0 }), undefined);
});

Deno.test("firstFlaw() names what is missing, doubled, moved or made up", () => {
  assert.match(firstFlaw(log(0, 0, 2), { count: 3 })!, /^1 was acknowledged and is missing$/);
  assert.match(firstFlaw(log(0, 0, 1, 1), { count: 2 })!, /1 comes after 1 at offset 1/);
  assert.match(firstFlaw([...log(0, 0, 1), ...log(1, 1)], { count: 2 })!, /1 is there 2 times/);
  assert.match(firstFlaw(log(0, 1, 0), { count: 2 })!, /0 comes after 1 at offset 0/);
  assert.match(firstFlaw(log(0, 0, 7), { count: 2 })!, /7 was never sent/);
  assert.match(firstFlaw(log(0, NaN), { count: 2 })!, /NaN was never sent/);
  const again = [...log(0, 0), ...log(0, 1)];
  assert.match(firstFlaw(again, { count: 2 })!, /comes after offset 0/);
});

Deno.test("firstFlaw() lets pass what nobody knows, and nothing that must be invisible", () => {
  const unknown = new Set([1]);
  assert.equal(firstFlaw(log(0, 0, 2), { count: 3, unknown }), undefined);
  assert.equal(firstFlaw(log(0, 0, 1, 2), { count: 3, unknown }), undefined);
  assert.match(firstFlaw(log(0, 0, 1), { count: 3, unknown })!, /2 was acknowledged/);
  const absent = new Set([1]);
  assert.equal(firstFlaw(log(0, 0, 2), { count: 3, absent }), undefined);
  assert.match(firstFlaw(log(0, 0, 1, 2), { count: 3, absent })!, /1 must not be visible/);
});

Deno.test("firstFlaw() asks for all copies of what is there, or for one of those that may repeat", () => {
  const torn = [...log(0, 0, 1), ...log(1, 0)];
  assert.match(firstFlaw(torn, { count: 2, copies: 2 })!, /1 is there 1 times/);
  const unknown = new Set([1]);
  assert.match(firstFlaw(torn, { count: 2, copies: 2, unknown })!, /1 is there 1 times/);
  const given = [...log(0, 0, 1), ...log(0, 0, 1)];
  assert.equal(firstFlaw(given, { count: 2, copies: 0 }), undefined);
  assert.match(firstFlaw(log(0, 1, 1), { count: 2, copies: 0 })!, /0 was acknowledged/);
});

Deno.test("firstGap() finds an offset that was passed over, and none that came again", () => {
  assert.equal(firstGap([...log(0, 5, 6, 7), ...log(0, 5, 6, 7, 8)]), undefined);
  assert.match(firstGap(log(1, 5, 6, 7).slice(1))!, /partition 1: offset 1 instead of 0/);
});
