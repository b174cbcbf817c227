import assert from "node:assert/strict";
import fc from "fast-check";
import { FetchSession } from "../../../../src/client/consumer/fetch_session.ts";
import { assignRanges } from "../../../../src/client/consumer/range_assignor.ts";
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from "../../../../src/client/consumer/subscription_bytes.ts";
import {
  endOffsetOf,
  forEachVisibleBatch,
} from "../../../../src/client/consumer/visible_batches.ts";
import type { Uuid } from "../../../../src/base/uuid.ts";
import { buildBatch } from "../../../../src/protocol/records/batch_builder.ts";
import { baseOffset } from "../../../../src/protocol/records/batch_layout.ts";
import { buildTransactionMarker } from "../../../../src/protocol/records/control_record.ts";
import { CorruptBatchError } from "../../../../src/protocol/records/corrupt_batch_error.ts";

const TOPIC_ID = "AAAAAAAAAAAAAAAAAAAAAQ" as Uuid;
const at = (partition: number, offset: number, leaderEpoch = 0) => ({
  topic: "t",
  topicId: TOPIC_ID,
  partition,
  leaderEpoch,
  offset,
});
const asked = (session: FetchSession, ...positions: ReturnType<typeof at>[]) => {
  const { sessionId, sessionEpoch, topics, forgottenTopicsData } = session.request(positions);
  return {
    session: `${sessionId}/${sessionEpoch}`,
    partitions: topics.flatMap(({ partitions }) =>
      partitions.map(({ partition, fetchOffset }) => `${partition}@${fetchOffset}`)
    ),
    forgotten: forgottenTopicsData.flatMap(({ partitions }) => [...partitions]),
  };
};

Deno.test("FetchSession tells only what changes after the first request", () => {
  const session = new FetchSession(1_000);
  assert.deepEqual(asked(session, at(0, 5), at(1, 6)), {
    session: "0/0",
    partitions: ["0@5", "1@6"],
    forgotten: [],
  });
  session.answered(42);
  assert.deepEqual(asked(session, at(0, 5), at(1, 9)), {
    session: "42/1",
    partitions: ["1@9"],
    forgotten: [],
  });
  session.answered(42);
  assert.deepEqual(asked(session, at(0, 5, 1)), {
    session: "42/2",
    partitions: ["0@5"],
    forgotten: [1],
  });
});

Deno.test("FetchSession begins anew when it is reset, or the broker keeps none", () => {
  const session = new FetchSession(1_000);
  asked(session, at(0, 5));
  session.answered(0);
  assert.deepEqual(asked(session, at(0, 5)).partitions, ["0@5"]);
  session.answered(7);
  session.reset();
  assert.deepEqual(asked(session, at(0, 5)), {
    session: "0/0",
    partitions: ["0@5"],
    forgotten: [],
  });
});

Deno.test("assignRanges() gives neighbouring partitions, the first members one more", () => {
  const members = [
    { memberId: "c", topics: ["t", "u"] },
    { memberId: "a", topics: ["t"] },
    { memberId: "b", topics: ["t"] },
  ];
  const assignment = assignRanges(members, new Map([["t", 5], ["u", 2]]));
  const text = [...assignment].map(([member, partitions]) =>
    `${member}: ${partitions.map(({ topic, partition }) => `${topic}${partition}`).join(" ")}`
  );
  assert.deepEqual(text, ["a: t0 t1", "b: t2 t3", "c: t4 u0 u1"]);
});

Deno.test("assignRanges() gives each partition to one member that wants it", () => {
  const member = fc.record({
    memberId: fc.string({ minLength: 1, maxLength: 3 }),
    topics: fc.uniqueArray(fc.constantFrom("t", "u", "v")),
  });
  const members = fc.uniqueArray(member, { selector: ({ memberId }) => memberId, maxLength: 6 });
  fc.assert(fc.property(members, fc.nat(9), (members, count) => {
    const assignment = assignRanges(members, new Map([["t", count], ["u", 1]]));
    const wanted = new Set(members.flatMap(({ topics }) => topics));
    const given = [...assignment].flatMap(([memberId, partitions]) => {
      const topics: string[] = members.find((member) => member.memberId === memberId)!.topics;
      for (const { topic } of partitions) assert(topics.includes(topic));
      return partitions.map(({ topic, partition }) => `${topic}${partition}`);
    });
    assert.equal(new Set(given).size, given.length);
    assert.equal(given.length, (wanted.has("t") ? count : 0) + (wanted.has("u") ? 1 : 0));
    assert.equal(assignment.size, members.length);
  }));
});

Deno.test("subscriptions and assignments are read back", () => {
  assert.deepEqual(decodeSubscription(encodeSubscription(["a", "b"])), ["a", "b"]);
  const partitions = [
    { topic: "a", partition: 0 },
    { topic: "a", partition: 2 },
    { topic: "b", partition: 1 },
  ];
  assert.deepEqual(decodeAssignment(encodeAssignment(partitions)), partitions);
  assert.deepEqual(decodeAssignment(new Uint8Array(0)), []);
});

function concatenated(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const plain = (base: number) => buildBatch([{ value: new Uint8Array(3) }], { baseOffset: base });
const inTransaction = (base: number, producerId: number) =>
  buildBatch([{ value: new Uint8Array(3) }], {
    baseOffset: base,
    producerId,
    producerEpoch: 0,
    baseSequence: 0,
    isTransactional: true,
  });
const marker = (base: number, producerId: number, committed: boolean) =>
  buildTransactionMarker({
    committed,
    producerId,
    producerEpoch: 0,
    coordinatorEpoch: 0,
    timestamp: 1,
    baseOffset: base,
  });

function visible(
  records: Uint8Array,
  aborted: Parameters<typeof forEachVisibleBatch>[1],
): number[] {
  const offsets: number[] = [];
  forEachVisibleBatch(records, aborted, true, (position) => {
    offsets.push(baseOffset(records, position));
  });
  return offsets;
}

Deno.test("forEachVisibleBatch() leaves out control batches and aborted transactions", () => {
  const records = concatenated(
    inTransaction(0, 1),
    inTransaction(1, 2),
    plain(2),
    marker(3, 1, false),
    inTransaction(4, 1),
    marker(5, 2, true),
    marker(6, 1, true),
    inTransaction(7, 1),
    marker(8, 1, false),
  );
  const aborted = [{ producerId: 1, firstOffset: 7 }, { producerId: 1, firstOffset: 0 }];
  assert.deepEqual(visible(records, aborted), [1, 2, 4]);
  assert.deepEqual(visible(records, null), [0, 1, 2, 4, 7]);
  assert.deepEqual(visible(records, []), [0, 1, 2, 4, 7]);
});

Deno.test("forEachVisibleBatch() stops at a batch that is cut off, and when it is told to", () => {
  const records = concatenated(plain(0), plain(1), plain(2)).slice(0, -1);
  assert.deepEqual(visible(records, null), [0, 1]);
  assert.equal(endOffsetOf(records), 2);
  assert.equal(endOffsetOf(records.subarray(0, 50)), undefined);
  const seen: number[] = [];
  forEachVisibleBatch(records, null, false, (position) => {
    seen.push(position);
    return false;
  });
  assert.deepEqual(seen, [0]);
});

Deno.test("forEachVisibleBatch() throws when bytes are no batch, or a CRC is wrong", () => {
  const damaged = concatenated(plain(0), plain(1));
  damaged[damaged.length - 1]! ^= 1;
  assert.throws(() => visible(damaged, null), CorruptBatchError);
  assert.doesNotThrow(() => forEachVisibleBatch(damaged, null, false, () => true));
  assert.throws(() => visible(new Uint8Array(100), null), CorruptBatchError);
});
