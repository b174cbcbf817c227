import assert from "node:assert/strict";
import { type Uuid, ZERO_UUID } from "../../../src/base/uuid.ts";
import {
  type FetchPlan,
  FetchSessions,
  type FetchTarget,
  type PartitionOutcome,
  type SessionRequest,
} from "../../../src/broker/fetch_sessions.ts";

const LIMITS = { sessions: 2, partitions: 10, evictionAgeMs: 1000 };

function sessions(limits = LIMITS): FetchSessions {
  let id = 100;
  return new FetchSessions(limits, () => ++id);
}

function target(partition: number, fetchOffset = 0, topic = "t"): FetchTarget {
  return {
    topic,
    topicId: ZERO_UUID,
    partition,
    currentLeaderEpoch: -1,
    fetchOffset,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    partitionMaxBytes: 1000,
  };
}

function ask(
  sessionId: number,
  sessionEpoch: number,
  targets: FetchTarget[] = [],
  rest: Partial<SessionRequest> = {},
): SessionRequest {
  return { sessionId, sessionEpoch, targets, usesTopicIds: false, forgotten: [], ...rest };
}

function outcome(rest: Partial<PartitionOutcome> = {}): PartitionOutcome {
  const idle = { errorCode: 0, recordBytes: 0, highWatermark: 5, logStartOffset: 0 };
  return { ...idle, redirects: false, ...rest };
}

function text(plan: FetchPlan): string {
  if (plan.kind === "refused") return `error ${plan.errorCode}`;
  const targets = plan.targets.map((t) => `${t.topic}-${t.partition}@${t.fetchOffset}`).join(" ");
  return `session ${plan.sessionId} ${plan.incremental ? "incremental" : "full"} [${targets}]`;
}

Deno.test("FetchSessions.plan() opens a session at epoch 0 and goes on incrementally", () => {
  const cache = sessions();
  assert.equal(
    text(cache.plan(ask(0, 0, [target(0), target(1)]), 0)),
    "session 101 full [t-0@0 t-1@0]",
  );
  assert.equal(text(cache.plan(ask(101, 1), 1)), "session 101 incremental [t-0@0 t-1@0]");
  assert.equal(
    text(cache.plan(ask(101, 2, [target(1, 9), target(2)]), 2)),
    "session 101 incremental [t-0@0 t-1@9 t-2@0]",
  );
  const forgotten = [{ topic: "t", topicId: ZERO_UUID, partitions: [0] }];
  assert.equal(
    text(cache.plan(ask(101, 3, [], { forgotten }), 3)),
    "session 101 incremental [t-1@9 t-2@0]",
  );
});

Deno.test("FetchSessions.plan() serves without a session at epoch -1 and closes the one named", () => {
  const cache = sessions();
  cache.plan(ask(0, 0, [target(0)]), 0);
  assert.equal(text(cache.plan(ask(101, -1, [target(0)]), 0)), "session 0 full [t-0@0]");
  assert.equal(text(cache.plan(ask(101, 1), 0)), "error 70");
  assert.equal(cache.partitionCount, 0);
});

Deno.test("FetchSessions.plan() refuses an epoch that is not the next one", () => {
  const cache = sessions();
  cache.plan(ask(0, 0, [target(0)]), 0);
  assert.equal(text(cache.plan(ask(101, 2), 0)), "error 71");
  assert.equal(text(cache.plan(ask(101, 1), 0)), "session 101 incremental [t-0@0]");
  assert.equal(text(cache.plan(ask(101, 1), 0)), "error 71");
});

Deno.test("FetchSessions.plan() refuses a session that changes between names and ids", () => {
  const cache = sessions();
  cache.plan(ask(0, 0, [target(0)]), 0);
  assert.equal(text(cache.plan(ask(101, 1, [], { usesTopicIds: true }), 0)), "error 106");
});

Deno.test("FetchSessions.plan() ends the session when its last partition is forgotten", () => {
  const cache = sessions();
  cache.plan(ask(0, 0, [target(0)]), 0);
  const forgotten = [{ topic: "t", topicId: ZERO_UUID, partitions: [0] }];
  assert.equal(text(cache.plan(ask(101, 1, [], { forgotten }), 0)), "session 0 full []");
  assert.equal(cache.sessionCount, 0);
});

Deno.test("FetchSessions.plan() gives the place of a session unused for the eviction age", () => {
  const cache = sessions();
  cache.plan(ask(0, 0, [target(0)]), 0);
  cache.plan(ask(0, 0, [target(0)]), 10);
  cache.plan(ask(101, 1), 500);
  assert.equal(text(cache.plan(ask(0, 0, [target(1)]), 900)), "session 0 full [t-1@0]");
  assert.equal(text(cache.plan(ask(0, 0, [target(1)]), 1200)), "session 103 full [t-1@0]");
  assert.equal(text(cache.plan(ask(102, 1), 1200)), "error 70");
  assert.equal(text(cache.plan(ask(101, 2), 1200)), "session 101 incremental [t-0@0]");
  assert.equal(cache.evictionCount, 1);
});

Deno.test("FetchSessions.plan() keeps the partitions of all sessions within their bound", () => {
  const cache = sessions({ ...LIMITS, partitions: 3 });
  const many = [0, 1, 2, 3].map((partition) => target(partition));
  assert.match(text(cache.plan(ask(0, 0, many), 0)), /^session 0 full/);
  cache.plan(ask(0, 0, many.slice(0, 2)), 0);
  assert.equal(text(cache.plan(ask(101, 1, many.slice(2)), 0)), "error 70");
  assert.equal(cache.partitionCount, 0);
});

Deno.test("FetchSessions.mustReport() names a partition only when there is news of it", () => {
  const cache = sessions();
  cache.plan(ask(0, 0, [target(0)]), 0);
  const report = (o: Partial<PartitionOutcome>) => cache.mustReport(101, target(0), outcome(o));
  assert.equal(report({}), true, "the first answer");
  assert.equal(report({}), false, "nothing new");
  assert.equal(report({ highWatermark: 6 }), true, "the high watermark moved");
  assert.equal(report({ highWatermark: 6, logStartOffset: 1 }), true, "the log start moved");
  assert.equal(report({ highWatermark: 6, logStartOffset: 1, recordBytes: 70 }), true, "records");
  assert.equal(report({ highWatermark: 6, logStartOffset: 1, redirects: true }), true);
  assert.equal(report({ errorCode: 6, highWatermark: -1, logStartOffset: -1 }), true, "an error");
  assert.equal(report({ highWatermark: 6, logStartOffset: -1 }), true, "recovery from it");
});

Deno.test("FetchSessions.mustReport() sends partitions that had records to the back", () => {
  const cache = sessions();
  cache.plan(ask(0, 0, [target(0), target(1)]), 0);
  cache.mustReport(101, target(0), outcome({ recordBytes: 10 }));
  assert.equal(text(cache.plan(ask(101, 1), 0)), "session 101 incremental [t-1@0 t-0@0]");
});

Deno.test("FetchSessions.plan() keeps topics apart by id when the request names ids", () => {
  const cache = sessions();
  const a = { ...target(0), topic: "", topicId: "AAAAAAAAAAAAAAAAAAAAAQ" as Uuid };
  const b = { ...target(0), topic: "", topicId: "AAAAAAAAAAAAAAAAAAAAAg" as Uuid };
  const plan = cache.plan(ask(0, 0, [a, b], { usesTopicIds: true }), 0);
  assert.equal(plan.kind === "planned" && plan.targets.length, 2);
  assert.equal(cache.partitionCount, 2);
});

Deno.test("FetchSessions.plan() replaces and forgets by id what a request named by id", () => {
  const cache = sessions();
  const topicId = "AAAAAAAAAAAAAAAAAAAAAQ" as Uuid;
  const byId = { usesTopicIds: true };
  const first = { ...target(0), topic: "", topicId };
  const plan = cache.plan(ask(0, 0, [first, { ...first, partition: 1 }], byId), 0);
  assert.ok(plan.kind === "planned");
  const moved = { ...first, topic: "known by now", fetchOffset: 7 };
  const next = cache.plan(ask(plan.sessionId, 1, [moved], byId), 0);
  assert.ok(next.kind === "planned");
  assert.deepEqual(next.targets.map(({ partition, fetchOffset }) => [partition, fetchOffset]), [
    [0, 7],
    [1, 0],
  ]);
  const forgotten = [{ topic: "", topicId, partitions: [0] }];
  const rest = cache.plan(ask(plan.sessionId, 2, [], { ...byId, forgotten }), 0);
  assert.ok(rest.kind === "planned");
  assert.deepEqual(rest.targets.map(({ partition }) => partition), [1]);
  assert.equal(cache.partitionCount, 1);
});
