import assert from "node:assert/strict";
import type { Uuid } from "../../../../src/base/uuid.ts";
import {
  type FetchPosition,
  FetchSession,
  positionKey,
} from "../../../../src/broker/replication/fetch_session.ts";
import type { FetchResponse } from "../../../../src/protocol/generated/fetch_response.ts";

const TOPIC = "pxiBR9QKTEWZ2YNOnmlQyA" as Uuid;

function wanted(offsets: Readonly<Record<number, number>>): Map<string, FetchPosition> {
  const positions = new Map<string, FetchPosition>();
  for (const [index, fetchOffset] of Object.entries(offsets)) {
    positions.set(positionKey(TOPIC, Number(index)), {
      topicId: TOPIC,
      partition: Number(index),
      currentLeaderEpoch: 0,
      fetchOffset,
      lastFetchedEpoch: 0,
      logStartOffset: 0,
      partitionMaxBytes: 100,
    });
  }
  return positions;
}

function answer(sessionId: number, errorCode = 0): FetchResponse {
  return { throttleTimeMs: 0, errorCode, sessionId, responses: [], nodeEndpoints: [] };
}

/** `7/1 0@3 -1` for session 7, epoch 1, partition 0 from offset 3 on, partition 1 forgotten. */
function request(session: FetchSession, offsets: Readonly<Record<number, number>>): string {
  const { sessionId, sessionEpoch, topics, forgottenTopicsData } = session.request(wanted(offsets));
  const asked = topics.flatMap(({ partitions }) =>
    partitions.map(({ partition, fetchOffset }) => `${partition}@${fetchOffset}`)
  );
  const forgotten = forgottenTopicsData.flatMap(({ partitions }) => partitions.map((p) => `-${p}`));
  return [`${sessionId}/${sessionEpoch}`, ...asked, ...forgotten].join(" ");
}

Deno.test("FetchSession names what has changed since the last request", () => {
  const session = new FetchSession();
  assert.equal(request(session, { 0: 0, 1: 5 }), "0/0 0@0 1@5");
  assert.ok(session.answered(answer(7)));
  assert.equal(request(session, { 0: 3, 1: 5 }), "7/1 0@3");
  assert.ok(session.answered(answer(7)));
  assert.equal(request(session, { 0: 3, 2: 1 }), "7/2 2@1 -1");
  assert.ok(session.answered(answer(7)));
  assert.equal(request(session, { 0: 3, 2: 1 }), "7/3");
});

Deno.test("FetchSession begins anew when the leader does not know it, or had no room", () => {
  const session = new FetchSession();
  request(session, { 0: 0 });
  session.answered(answer(7));
  request(session, { 0: 1 });
  assert.equal(session.answered(answer(0, 70)), false);
  assert.equal(request(session, { 0: 1 }), "0/0 0@1");
  session.answered(answer(8));
  request(session, { 0: 2 });
  assert.equal(session.answered(answer(0, 71)), false);
  assert.equal(request(session, { 0: 2 }), "8/0 0@2", "the old session is to be dropped");
  session.answered(answer(0));
  assert.equal(request(session, { 0: 2 }), "0/0 0@2");
});
