import assert from "node:assert/strict";
import fc from "fast-check";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { isRefusal } from "../../../src/metadata/decision.ts";
import { type PlacementBroker, placeReplicas } from "../../../src/metadata/placement.ts";

function place(
  brokers: readonly PlacementBroker[],
  partitionCount: number,
  replicationFactor: number,
  start = { startIndex: 0, startShift: 0 },
): readonly (readonly number[])[] {
  const placed = placeReplicas(brokers, { partitionCount, replicationFactor, ...start });
  assert.ok(!isRefusal(placed));
  return placed;
}

function countOf(items: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

function spread(brokers: readonly PlacementBroker[], items: readonly number[]): number {
  const counts = countOf(items);
  const all = brokers.map(({ id }) => counts.get(id) ?? 0);
  return Math.max(...all) - Math.min(...all);
}

const brokersWithoutRacks = fc.integer({ min: 1, max: 8 })
  .map((count) => Array.from({ length: count }, (_, id) => ({ id, rack: null })));
const start = fc.record({ startIndex: fc.nat({ max: 100 }), startShift: fc.nat({ max: 100 }) });

Deno.test("placeReplicas() shifts the followers against the leaders from round to round", () => {
  const brokers = [0, 1, 2].map((id) => ({ id, rack: null }));
  assert.deepEqual(place(brokers, 6, 2), [[0, 1], [1, 2], [2, 0], [0, 2], [1, 0], [2, 1]]);
});

Deno.test("placeReplicas() alternates racks, and fills one twice only when all have one", () => {
  const brokers = ["a", "a", "b", "b", "c", "c"].map((rack, id) => ({ id, rack }));
  for (const replicas of place(brokers, 24, 3)) {
    assert.deepEqual(replicas.map((id) => brokers[id]!.rack).sort(), ["a", "b", "c"]);
  }
  for (const replicas of place(brokers, 24, 4)) {
    const racks = new Set(replicas.map((id) => brokers[id]!.rack));
    assert.equal(racks.size, 3);
    assert.equal(new Set(replicas).size, 4);
  }
});

Deno.test("placeReplicas() refuses more replicas than there are brokers", () => {
  const placed = placeReplicas([{ id: 1, rack: null }], {
    partitionCount: 1,
    replicationFactor: 2,
    startIndex: 0,
    startShift: 0,
  });
  assert.ok(isRefusal(placed));
  assert.equal(placed.errorCode, ErrorCode.INVALID_REPLICATION_FACTOR);
});

Deno.test("placeReplicas() gives no broker two replicas and balances leaders to within one", () => {
  const partitionCount = fc.integer({ min: 1, max: 60 });
  fc.assert(fc.property(
    brokersWithoutRacks,
    partitionCount,
    fc.nat({ max: 7 }),
    start,
    (brokers, count, extra, at) => {
      const replicationFactor = 1 + extra % brokers.length;
      const placed = place(brokers, count, replicationFactor, at);
      for (const replicas of placed) {
        assert.equal(replicas.length, replicationFactor);
        assert.equal(new Set(replicas).size, replicationFactor);
      }
      assert.ok(spread(brokers, placed.map(([leader]) => leader!)) <= 1);
    },
  ));
});

Deno.test("placeReplicas() gives no broker two replicas and covers racks, however uneven", () => {
  const racks = fc.array(fc.constantFrom("a", "b", "c", null), { minLength: 1, maxLength: 8 });
  fc.assert(fc.property(racks, fc.nat({ max: 7 }), start, (rackOfId, extra, at) => {
    const brokers = rackOfId.map((rack, id) => ({ id, rack }));
    const replicationFactor = 1 + extra % brokers.length;
    const rackCount = new Set(rackOfId).size;
    for (const replicas of place(brokers, 20, replicationFactor, at)) {
      assert.equal(new Set(replicas).size, replicationFactor);
      const covered = new Set(replicas.map((id) => rackOfId[id])).size;
      assert.equal(covered, Math.min(replicationFactor, rackCount));
    }
  }));
});

Deno.test("placeReplicas() balances all replicas over whole rounds of the brokers", () => {
  fc.assert(fc.property(
    brokersWithoutRacks,
    fc.integer({ min: 1, max: 5 }),
    fc.nat({ max: 7 }),
    start,
    (brokers, rounds, extra, at) => {
      const replicationFactor = 1 + extra % brokers.length;
      const placed = place(brokers, rounds * brokers.length, replicationFactor, at);
      assert.equal(spread(brokers, placed.flat()), 0);
    },
  ));
});

Deno.test("placeReplicas() gives fenced brokers what the others can't take, and never leads there", () => {
  const brokers = [1, 2, 3, 4].map((id) => ({ id, rack: null, fenced: id > 2 }));
  for (const [leader] of place(brokers, 8, 2)) assert.ok(leader! <= 2);
  assert.deepEqual(place(brokers, 4, 2).flat().filter((id) => id > 2), []);
  for (const replicas of place(brokers, 8, 3)) {
    assert.equal(new Set(replicas).size, 3);
    assert.deepEqual(replicas.slice(0, 2).sort(), [1, 2]);
  }
  assert.deepEqual(
    countOf(place(brokers, 8, 3).map((replicas) => replicas[2]!)),
    new Map([[3, 4], [4, 4]]),
  );
  const none = placeReplicas(brokers.map((each) => ({ ...each, fenced: true })), {
    partitionCount: 1,
    replicationFactor: 1,
    startIndex: 0,
    startShift: 0,
  });
  assert.ok(isRefusal(none));
  assert.equal(none.errorCode, ErrorCode.INVALID_REPLICATION_FACTOR);
});
