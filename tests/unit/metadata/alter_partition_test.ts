import assert from "node:assert/strict";
import { alterPartition } from "../../../src/metadata/alter_partition.ts";
import { DEFAULT_LAYERS } from "../../../src/metadata/config/effective.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import type { PartitionData } from "../../../src/protocol/generated/alter_partition_request.ts";
import {
  brokerRecord,
  commit,
  describePartition,
  idOf,
  imageOf,
  partitionRecord,
} from "./fixtures.ts";

/** Brokers 1 to 3 live with epochs 11 to 13, 4 is fenced, 5 shuts down. */
function cluster(fields: Parameters<typeof partitionRecord>[2] = {}, replicas = [1, 2, 3, 4, 5]) {
  return imageOf([
    brokerRecord(1, { brokerEpoch: 11 }),
    brokerRecord(2, { brokerEpoch: 12 }),
    brokerRecord(3, { brokerEpoch: 13 }),
    brokerRecord(4, { brokerEpoch: 14, fenced: true }),
    brokerRecord(5, { brokerEpoch: 15, inControlledShutdown: true }),
    { type: "TopicRecord", value: { name: "t", topicId: idOf(1) } },
    partitionRecord(0, replicas, { isr: [1, 2], ...fields }),
  ]);
}

interface Asked {
  readonly isr: readonly (readonly [brokerId: number, brokerEpoch: number])[];
  readonly partition?: Partial<PartitionData>;
  readonly broker?: readonly [brokerId: number, brokerEpoch: number];
  readonly topic?: number;
}

/** Asks in version 3; the error codes, top and partition, and how the partition stands then. */
function ask(image: ReturnType<typeof cluster>, { isr, partition, ...asked }: Asked): string {
  const [brokerId, brokerEpoch] = asked.broker ?? [1, 11];
  const one = {
    partitionIndex: 0,
    leaderEpoch: 3,
    newIsr: [],
    newIsrWithEpochs: isr.map(([id, epoch]) => ({ brokerId: id, brokerEpoch: epoch })),
    leaderRecoveryState: 0,
    partitionEpoch: 7,
    ...partition,
  };
  const topics = [{ topicId: idOf(asked.topic ?? 1), partitions: [one] }];
  const { records, response } = alterPartition(
    image,
    { brokerId, brokerEpoch, topics },
    3,
    DEFAULT_LAYERS,
  );
  commit(image, records);
  const code = response.topics[0]?.partitions[0]?.errorCode;
  return `${response.errorCode} ${code} ${describePartition(image, 0)}`;
}

const BEFORE = "leader=1 epochs=3/7 replicas=1,2,3,4,5 isr=1,2";
const ALL_LIVE = [[1, 11], [2, 12], [3, 13]] as const;
const { INVALID_REQUEST, INELIGIBLE_REPLICA } = ErrorCode;

for (
  const [when, code, asked] of [
    ["the topic is unknown", ErrorCode.UNKNOWN_TOPIC_ID, { isr: ALL_LIVE, topic: 2 }],
    [
      "the partition is unknown",
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      { isr: ALL_LIVE, partition: { partitionIndex: 1 } },
    ],
    [
      "the leader knows a leader epoch that is not known here",
      ErrorCode.NOT_CONTROLLER,
      { isr: ALL_LIVE, partition: { leaderEpoch: 4 } },
    ],
    [
      "the leader knows a partition epoch that is not known here",
      ErrorCode.NOT_CONTROLLER,
      { isr: ALL_LIVE, partition: { partitionEpoch: 8 } },
    ],
    [
      "the leader epoch is over",
      ErrorCode.FENCED_LEADER_EPOCH,
      { isr: ALL_LIVE, partition: { leaderEpoch: 2 } },
    ],
    [
      "the partition has changed since",
      ErrorCode.INVALID_UPDATE_VERSION,
      { isr: ALL_LIVE, partition: { partitionEpoch: 6 } },
    ],
    ["another broker leads", INVALID_REQUEST, { isr: ALL_LIVE, broker: [2, 12] }],
    ["a broker is named twice", INVALID_REQUEST, { isr: [...ALL_LIVE, [3, 13]] }],
    ["a broker has no replica", INVALID_REQUEST, { isr: [...ALL_LIVE, [9, 9]] }],
    ["the leader is left out", INVALID_REQUEST, { isr: [[2, 12]] }],
    ["nobody is left", INVALID_REQUEST, { isr: [] }],
    [
      "the recovery state is unknown",
      INVALID_REQUEST,
      { isr: ALL_LIVE, partition: { leaderRecoveryState: 2 } },
    ],
    [
      "a leader that has recovered falls back",
      INVALID_REQUEST,
      { isr: [[1, 11]], partition: { leaderRecoveryState: 1 } },
    ],
    ["a member is fenced", INELIGIBLE_REPLICA, { isr: [...ALL_LIVE, [4, 14]] }],
    ["a member shuts down", INELIGIBLE_REPLICA, { isr: [...ALL_LIVE, [5, 15]] }],
    ["a member has started again", INELIGIBLE_REPLICA, { isr: [[1, 11], [2, 11]] }],
  ] as readonly (readonly [string, number, Asked])[]
) {
  Deno.test(`alterPartition() refuses when ${when}`, () => {
    assert.equal(ask(cluster(), asked), `0 ${code} ${BEFORE}`);
  });
}

Deno.test("alterPartition() refuses a broker of another epoch, or of none", () => {
  const stale = `${ErrorCode.STALE_BROKER_EPOCH} undefined ${BEFORE}`;
  assert.equal(ask(cluster(), { isr: ALL_LIVE, broker: [1, 10] }), stale);
  assert.equal(ask(cluster(), { isr: ALL_LIVE, broker: [9, 10] }), stale);
});

Deno.test("alterPartition() grows and shrinks the in-sync set and answers how it stands", () => {
  const image = cluster();
  assert.equal(
    ask(image, { isr: ALL_LIVE }),
    "0 0 leader=1 epochs=3/8 replicas=1,2,3,4,5 isr=1,2,3",
  );
  const { records, response } = alterPartition(
    image,
    {
      brokerId: 1,
      brokerEpoch: 11,
      topics: [{
        topicId: idOf(1),
        partitions: [{
          partitionIndex: 0,
          leaderEpoch: 3,
          newIsr: [1, 3],
          newIsrWithEpochs: [],
          leaderRecoveryState: 0,
          partitionEpoch: 8,
        }],
      }],
    },
    2,
    DEFAULT_LAYERS,
  );
  assert.deepEqual(response.topics[0]!.partitions, [{
    partitionIndex: 0,
    errorCode: 0,
    leaderId: 1,
    leaderEpoch: 3,
    isr: [1, 3],
    leaderRecoveryState: 0,
    partitionEpoch: 9,
  }]);
  assert.equal(records.length, 1);
});

Deno.test("alterPartition() that changes nothing writes nothing", () => {
  assert.equal(ask(cluster(), { isr: [[1, 11], [2, -1]] }), `0 0 ${BEFORE}`);
});

Deno.test("alterPartition() lets a recovering leader recover, alone at first", () => {
  const recovering = { isr: [1], leaderRecoveryState: 1 };
  const asksRecovering = { leaderRecoveryState: 1 };
  const stays = "leader=1 epochs=3/7 replicas=1,2,3,4,5 isr=1 recovering";
  assert.equal(
    ask(cluster(recovering), { isr: [[1, 11], [2, 12]], partition: asksRecovering }),
    `0 ${INVALID_REQUEST} ${stays}`,
  );
  assert.equal(
    ask(cluster(recovering), { isr: [[1, 11], [2, 12]] }),
    "0 0 leader=1 epochs=3/8 replicas=1,2,3,4,5 isr=1,2",
  );
});

Deno.test("alterPartition() that ends a reassignment may take leadership from who asked", () => {
  const moving = { leader: 1, addingReplicas: [3], removingReplicas: [1] };
  assert.equal(
    ask(cluster(moving, [2, 3, 1]), { isr: ALL_LIVE }),
    `0 ${ErrorCode.NEW_LEADER_ELECTED} leader=2 epochs=4/8 replicas=2,3 isr=2,3`,
  );
});
