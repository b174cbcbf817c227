import assert from "node:assert/strict";
import fc from "fast-check";
import {
  nextVoterChange,
  type UpkeepNode,
  type UpkeepView,
} from "../../../src/raft/quorum_upkeep.ts";

/** `1`, `2a` in rack a, `3!` unhealthy, `4!!` given up, `5x` gone for good. */
function nodeOf(text: string): UpkeepNode {
  const [, id = "", rack = "", state = ""] = /^(\d+)([a-w]?)(x|!*)$/.exec(text)!;
  return {
    node: `n${id}`,
    brokerId: Number(id),
    rack: rack === "" ? undefined : rack,
    isHealthy: state === "",
    isGivenUp: state === "!!",
    isGone: state === "x",
  };
}

function nodes(text: string): UpkeepNode[] {
  return text.split(" ").filter((word) => word !== "").map(nodeOf);
}

/** Broker 1 leads. */
function decide(voters: string, candidates: string, votersMax = 5): string {
  const view: UpkeepView = {
    leader: "n1",
    voters: nodes(voters),
    candidates: nodes(candidates),
    votersMax,
  };
  const change = nextVoterChange(view);
  return change === undefined ? "nothing" : `${change.kind} ${change.node.slice(1)}`;
}

Deno.test("nextVoterChange() grows to the next odd number, and no further than there are brokers", () => {
  assert.equal(decide("1", ""), "nothing");
  assert.equal(decide("1", "2"), "nothing");
  assert.equal(decide("1", "3 2"), "add 2");
  assert.equal(decide("1 2", "3"), "add 3");
  assert.equal(decide("1 2 3", "4"), "nothing");
  assert.equal(decide("1 2 3", "4 5"), "add 4");
  assert.equal(decide("1 2 3 4", "5"), "add 5");
  assert.equal(decide("1 2 3 4 5", "6 7"), "nothing");
  assert.equal(decide("1 2 3", "4 5", 3), "nothing");
});

Deno.test("nextVoterChange() goes back to an odd number, and to the most that is wanted", () => {
  assert.equal(decide("1 2", ""), "remove 2");
  assert.equal(decide("1 2 3 4", ""), "remove 4");
  assert.equal(decide("1 2 3 4 5", "", 3), "remove 5");
  assert.equal(decide("1 2 3 4", "", 1), "remove 4");
});

Deno.test("nextVoterChange() replaces a voter that was given up, the new one first", () => {
  assert.equal(decide("1 2 3!", "4"), "nothing");
  assert.equal(decide("1 2 3!!", "4"), "add 4");
  assert.equal(decide("1 2 3!! 4", ""), "remove 3");
  // It may come back, and a quorum of fewer tolerates no more.
  assert.equal(decide("1 2 3!!", ""), "nothing");
});

Deno.test("nextVoterChange() removes at once what never returns", () => {
  assert.equal(decide("1 2 3x", ""), "remove 3");
  assert.equal(decide("1 2 3x", "4 5"), "remove 3");
});

Deno.test("nextVoterChange() does nothing that the healthy voters could not commit", () => {
  assert.equal(decide("1 2! 3!", "4 5"), "nothing");
  assert.equal(decide("1 2! 3! 4 5", "6 7 8"), "nothing");
  assert.equal(decide("1 2! 3x", ""), "nothing");
});

Deno.test("nextVoterChange() spreads voters over racks", () => {
  assert.equal(decide("1a", "2a 3b"), "add 3");
  assert.equal(decide("1a 2a 3b", "4c"), "add 4");
  assert.equal(decide("1a 2a 3b", "4b"), "nothing");
  assert.equal(decide("1a 2b 3c", "4a"), "nothing");
  assert.equal(decide("1a 2a 3a", "4b"), "add 4");
  assert.equal(decide("1a 2a 3a 4b", ""), "remove 3");
  assert.equal(decide("1 2 3", "4b"), "nothing");
});

Deno.test("nextVoterChange() comes to an end, with an odd number of voters and without losing the leader", () => {
  const broker = fc.record({
    rack: fc.constantFrom("a", "b", "c", ""),
    state: fc.constantFrom("", "", "", "!", "!!"),
  });
  fc.assert(
    fc.property(
      fc.array(broker, { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 7 }),
      (brokers, voterCount, votersMax) => {
        const all = brokers.map(({ rack, state }, i) =>
          nodeOf(i === 0 ? `1${rack}` : `${i + 1}${rack}${state}`)
        );
        let voters = all.slice(0, voterCount);
        for (let steps = 0;; steps++) {
          assert.ok(steps < 40, "it never ends");
          const candidates = all.filter((node) => node.isHealthy && !voters.includes(node));
          const change = nextVoterChange({ leader: "n1", voters, candidates, votersMax });
          if (change === undefined) break;
          const node = all.find((other) => other.node === change.node)!;
          voters = change.kind === "add"
            ? [...voters, node]
            : voters.filter((other) => other !== node);
          const healthy = voters.filter(({ isHealthy }) => isHealthy).length;
          assert.ok(healthy > voters.length / 2, "the change can't be committed");
        }
        assert.ok(voters.some(({ node }) => node === "n1"));
        const healthy = all.filter(({ isHealthy }) => isHealthy).length;
        if (healthy === all.length) {
          assert.equal(voters.length % 2, 1);
          const wanted = Math.min(votersMax, all.length);
          assert.equal(voters.length, wanted % 2 === 1 ? wanted : wanted - 1);
        }
      },
    ),
  );
});
