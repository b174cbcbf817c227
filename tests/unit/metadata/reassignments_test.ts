import assert from "node:assert/strict";
import type { Uuid } from "../../../src/base/uuid.ts";
import type { ClusterImage } from "../../../src/metadata/cluster_image.ts";
import { DEFAULT_LAYERS } from "../../../src/metadata/config/effective.ts";
import {
  alterPartitionReassignments,
  listPartitionReassignments,
} from "../../../src/metadata/reassignments.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import {
  brokerRecord,
  commit,
  describePartition,
  describeRecords,
  idOf,
  imageOf,
  partitionRecord,
} from "./fixtures.ts";

const TOPIC_ID = "AAAAAQAAAAAAAAAAAAAAAA" as Uuid;
const FIRST = "AAAAAgAAAAAAAAAAAAAAAA" as Uuid;
const SECOND = "AAAAAwAAAAAAAAAAAAAAAA" as Uuid;

function cluster(addingReplicas: readonly number[] = []): ClusterImage {
  return imageOf([
    brokerRecord(1),
    brokerRecord(2),
    brokerRecord(3),
    { type: "TopicRecord", value: { name: "t", topicId: TOPIC_ID } },
    {
      type: "PartitionRecord",
      value: {
        partitionId: 0,
        topicId: TOPIC_ID,
        replicas: [1, 2],
        isr: [1, 2],
        removingReplicas: [],
        addingReplicas,
        leader: 1,
        leaderEpoch: 0,
        partitionEpoch: 0,
        directories: [FIRST, SECOND],
      },
    },
  ]);
}

function alter(
  replicas: readonly number[] | null,
  { partitionIndex = 0, name = "t", allowReplicationFactorChange = true } = {},
): [errorCode: number, ...records: string[]] {
  const image = cluster();
  const topics = [{ name, partitions: [{ partitionIndex, replicas }] }];
  const request = { timeoutMs: 1000, allowReplicationFactorChange, topics };
  const { records, response } = alterPartitionReassignments(image, request, DEFAULT_LAYERS);
  commit(image, records);
  const [result] = response.responses[0]!.partitions;
  assert.equal(result!.errorMessage === null, result!.errorCode === 0);
  assert.equal(response.errorCode, 0);
  return [result!.errorCode, ...describeRecords(records)];
}

Deno.test("alterPartitionReassignments() puts replicas in another order", () => {
  assert.deepEqual(alter([1, 2]), [0]);
  const directories = JSON.stringify([SECOND, FIRST]);
  assert.deepEqual(alter([2, 1]), [
    0,
    `PartitionChange partitionId=0 topicId="${TOPIC_ID}" replicas=[2,1] directories=${directories}`,
  ]);
});

for (
  const [when, code, replicas, options] of [
    ["there is nothing to cancel", ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, null, {}],
    ["the topic is unknown", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, [1], { name: "u" }],
    ["the partition is unknown", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, null, { partitionIndex: 1 }],
    ["no replica is named", ErrorCode.INVALID_REPLICA_ASSIGNMENT, [], {}],
    ["a replica is named twice", ErrorCode.INVALID_REPLICA_ASSIGNMENT, [1, 1], {}],
    ["a broker is unknown", ErrorCode.INVALID_REPLICA_ASSIGNMENT, [1, 9], {}],
    [
      "the replication factor must stay",
      ErrorCode.INVALID_REPLICATION_FACTOR,
      [1],
      { allowReplicationFactorChange: false },
    ],
  ] as const
) {
  Deno.test(`alterPartitionReassignments() refuses when ${when}`, () => {
    assert.deepEqual(alter(replicas, options), [code]);
  });
}

Deno.test("listPartitionReassignments() lists what is going on, of all or of some", () => {
  const timeoutMs = 1000;
  const list = (image: ClusterImage, partitionIndexes: number[] | null) => {
    const topics = partitionIndexes === null ? null : [
      { name: "t", partitionIndexes },
      { name: "unknown", partitionIndexes: [0] },
    ];
    return listPartitionReassignments(image, { timeoutMs, topics }).topics;
  };
  const going = [{
    name: "t",
    partitions: [{
      partitionIndex: 0,
      replicas: [1, 2],
      addingReplicas: [2],
      removingReplicas: [],
    }],
  }];
  assert.deepEqual(list(cluster([2]), null), going);
  assert.deepEqual(list(cluster([2]), [0, 7]), going);
  assert.deepEqual(list(cluster([2]), [7]), []);
  assert.deepEqual(list(cluster(), null), []);
});

/** Brokers 1 to 4 live; the request of a partition of these replicas, and how it stands then. */
function move(
  replicas: readonly number[],
  fields: Parameters<typeof partitionRecord>[2],
  wanted: readonly number[] | null,
): string {
  const image = imageOf([
    ...[1, 2, 3, 4].map((id) => brokerRecord(id, { logDirs: [idOf(id + 20)] })),
    { type: "TopicRecord", value: { name: "t", topicId: idOf(1) } },
    partitionRecord(0, replicas, fields),
  ]);
  const topics = [{ name: "t", partitions: [{ partitionIndex: 0, replicas: wanted }] }];
  const request = { timeoutMs: 1000, allowReplicationFactorChange: true, topics };
  const { records, response } = alterPartitionReassignments(image, request, DEFAULT_LAYERS);
  commit(image, records);
  const { errorCode } = response.responses[0]!.partitions[0]!;
  return errorCode === 0 ? describePartition(image, 0) : `error ${errorCode}`;
}

const MOVES: Readonly<Record<string, readonly [Parameters<typeof move>, string]>> = {
  "replicas come, and others go when those are in sync": [
    [[1, 2], {}, [3, 4]],
    "leader=1 epochs=3/8 replicas=3,4,1,2 isr=1,2 adding=3,4 removing=1,2",
  ],
  "one replica comes": [
    [[1, 2], {}, [1, 2, 3]],
    "leader=1 epochs=3/8 replicas=1,2,3 isr=1,2 adding=3",
  ],
  "replicas only go": [
    [[1, 2, 3], {}, [2]],
    "leader=2 epochs=4/8 replicas=2 isr=2",
  ],
  "replicas only go, and who stays is not in sync": [
    [[1, 2], { isr: [1] }, [2]],
    "leader=1 epochs=3/8 replicas=2,1 isr=1 removing=1",
  ],
  "the partition is where it shall be": [
    [[1, 2], {}, [1, 2]],
    "leader=1 epochs=3/7 replicas=1,2 isr=1,2",
  ],
  "a move goes on to another place": [
    [[3, 1], { isr: [1], leader: 1, addingReplicas: [3], removingReplicas: [1] }, [4, 1]],
    "leader=1 epochs=4/8 replicas=4,1 isr=1 adding=4",
  ],
  "a move goes on, and who came is in sync by now": [
    [
      [3, 4, 1],
      { isr: [1, 3], leader: 1, addingReplicas: [3, 4], removingReplicas: [1] },
      [4, 2],
    ],
    "leader=1 epochs=3/8 replicas=4,2,3,1 isr=1,3 adding=4,2 removing=3,1",
  ],
  "a move is cancelled": [
    [[3, 1, 2], { isr: [1, 3], leader: 1, addingReplicas: [3], removingReplicas: [2] }, null],
    "leader=1 epochs=4/8 replicas=1,2 isr=1",
  ],
  "a move is cancelled and who came leads": [
    [[3, 1, 2], { isr: [1, 3], leader: 3, addingReplicas: [3] }, null],
    "leader=1 epochs=4/8 replicas=1,2 isr=1",
  ],
  "a move is cancelled and nobody from before is in sync": [
    [[3, 1], { isr: [3], leader: 3, addingReplicas: [3] }, null],
    `error ${ErrorCode.INVALID_REPLICA_ASSIGNMENT}`,
  ],
};

for (const [when, [given, then]] of Object.entries(MOVES)) {
  Deno.test(`alterPartitionReassignments() when ${when}`, () => {
    assert.equal(move(...given), then);
  });
}
