import assert from "node:assert/strict";
import { FollowerProgress } from "../../../../src/broker/replication/follower_progress.ts";
import { Leadership } from "../../../../src/broker/replication/leadership.ts";
import type { PartitionRegistration } from "../../../../src/metadata/image/topics_image.ts";

const LAG_MS = 1000;

function registration(isr: readonly number[], partitionEpoch = 0): PartitionRegistration {
  return {
    partitionId: 0,
    replicas: [1, 2, 3],
    isr,
    removingReplicas: [],
    addingReplicas: [],
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    directories: [],
    leader: 1,
    leaderEpoch: 5,
    partitionEpoch,
    leaderRecoveryState: 0,
  };
}

/** The leadership of broker 1 with followers 2 and 3, as of time 0. */
class Bench {
  readonly ineligible = new Set<number>();
  readonly leadership: Leadership;

  constructor(isr: readonly number[], epochStartOffset = 0) {
    this.leadership = new Leadership(1, 5, epochStartOffset, {
      lagMaxMs: LAG_MS,
      isEligible: (id) => !this.ineligible.has(id),
      registeredEpoch: () => 0,
    });
    this.leadership.adopt(registration(isr), 0);
  }

  fetched(id: number, offset: number, leaderEnd: number, nowMs = 0): void {
    const fetch = { brokerId: id, brokerEpoch: 10 + id, fetchOffset: offset, logStartOffset: 0 };
    assert.ok(this.leadership.fetched(fetch, leaderEnd, nowMs));
  }

  committed(end: number, nowMs = 0): number {
    return this.leadership.committedOffset(end, end, nowMs);
  }
}

Deno.test("Leadership.committedOffset() is the least of those in sync", () => {
  const bench = new Bench([1, 2, 3]);
  assert.equal(bench.committed(10), -1, "nobody has been heard of yet");
  bench.fetched(2, 7, 10);
  bench.fetched(3, 4, 10);
  assert.equal(bench.committed(10), 4);
  assert.equal(bench.leadership.committedOffset(3, 10, 0), 3, "no more than counts of our own log");
});

Deno.test("Leadership.committedOffset() waits for a follower that is about to join", () => {
  const bench = new Bench([1, 2]);
  bench.fetched(2, 10, 10);
  bench.fetched(3, 6, 6);
  assert.equal(bench.committed(10, LAG_MS), 6);
  assert.equal(bench.committed(10, LAG_MS + 1), 10, "it has lagged for too long");
  bench.ineligible.add(3);
  assert.equal(bench.committed(10, LAG_MS), 10, "it may not join");
});

Deno.test("Leadership.committedOffset() counts on those who are proposed, however they lag", () => {
  const bench = new Bench([1, 2]);
  bench.fetched(2, 10, 10);
  bench.fetched(3, 6, 6);
  const proposal = bench.leadership.propose([1, 2, 3]);
  assert.equal(bench.committed(10, 9 * LAG_MS), 6);
  bench.leadership.withdraw(proposal);
  assert.equal(bench.committed(10, 9 * LAG_MS), 10);
});

Deno.test("Leadership.committedOffset() counts on those who are to be dropped, until they are", () => {
  const bench = new Bench([1, 2, 3]);
  bench.fetched(2, 10, 10);
  bench.fetched(3, 6, 10);
  bench.leadership.propose([1, 2]);
  assert.equal(bench.committed(10, 9 * LAG_MS), 6);
  bench.leadership.commitIsr([1, 2], 1);
  assert.equal(bench.committed(10, 9 * LAG_MS), 10);
  assert.equal(bench.leadership.proposal, undefined);
});

Deno.test("Leadership.mayJoin() wants the high watermark, the epoch's start and a sound broker", () => {
  const bench = new Bench([1, 2], 5);
  const { leadership } = bench;
  assert.equal(leadership.mayJoin(3, 0), false, "it has not been heard of");
  bench.fetched(3, 4, 10);
  assert.equal(leadership.mayJoin(3, 4), false, "below the start of the epoch");
  bench.fetched(3, 6, 10);
  assert.equal(leadership.mayJoin(3, 7), false, "below the high watermark");
  assert.equal(leadership.mayJoin(3, 6), true);
  bench.ineligible.add(3);
  assert.equal(leadership.mayJoin(3, 6), false);
  bench.ineligible.clear();
  leadership.propose([1]);
  assert.equal(leadership.mayJoin(3, 6), false, "another change is under way");
  assert.equal(leadership.mayJoin(2, 0), false, "it is in");
});

Deno.test("Leadership.laggards() are members that have not caught up for too long", () => {
  const bench = new Bench([1, 2, 3]);
  assert.deepEqual(bench.leadership.laggards(10, LAG_MS), []);
  assert.deepEqual(bench.leadership.laggards(10, LAG_MS + 1), [2, 3]);
  bench.fetched(2, 10, 10, 500);
  assert.deepEqual(
    bench.leadership.laggards(10, 9 * LAG_MS),
    [3],
    "an idle leader is caught up with",
  );
  assert.deepEqual(bench.leadership.laggards(11, 500 + LAG_MS), [3]);
  assert.deepEqual(bench.leadership.laggards(11, 501 + LAG_MS), [2, 3]);
});

Deno.test("Leadership.adopt() passes over older news and settles proposals by newer", () => {
  const { leadership } = new Bench([1, 2, 3]);
  leadership.commitIsr([1, 2], 4);
  leadership.adopt(registration([1, 2, 3], 3), 0);
  leadership.commitIsr([1], 3);
  assert.deepEqual(leadership.isr, [1, 2]);
  leadership.propose([1, 2, 3]);
  leadership.adopt(registration([1, 2], 4), 0);
  assert.ok(leadership.proposal !== undefined, "the log tells what is known already");
  leadership.adopt(registration([1], 5), 0);
  assert.deepEqual([leadership.isr, leadership.proposal], [[1], undefined]);
});

Deno.test("Leadership.adopt() forgets followers that hold no replica any more", () => {
  const { leadership } = new Bench([1, 2, 3]);
  leadership.adopt({ ...registration([1, 2], 1), replicas: [1, 2, 4] }, 0);
  assert.deepEqual([...leadership.followers.keys()], [2, 4]);
  const fetch = { brokerId: 3, brokerEpoch: -1, fetchOffset: 0, logStartOffset: 0 };
  assert.equal(leadership.fetched(fetch, 0, 0), false);
});

Deno.test("FollowerProgress takes a busy follower for caught up with where the leader was", () => {
  const progress = new FollowerProgress(0, false);
  const fetch = (fetchOffset: number) => ({
    brokerId: 2,
    brokerEpoch: 1,
    fetchOffset,
    logStartOffset: 0,
  });
  assert.equal(progress.isCaughtUp(0, 0, LAG_MS), false);
  progress.fetched(fetch(0), 10, 100);
  assert.equal(progress.lastCaughtUpMs, -Infinity);
  progress.fetched(fetch(10), 20, 200);
  assert.equal(progress.lastCaughtUpMs, 100, "it has what the leader had at its last fetch");
  progress.fetched(fetch(15), 30, 300);
  assert.equal(progress.lastCaughtUpMs, 100);
  progress.fetched(fetch(30), 30, 400);
  assert.equal(progress.lastCaughtUpMs, 400);
});
