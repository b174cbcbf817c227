import assert from "node:assert/strict";
import type { Uuid } from "../../../src/base/uuid.ts";
import type { ClusterImage } from "../../../src/metadata/cluster_image.ts";
import { electLeaders } from "../../../src/metadata/leader_election.ts";
import type { MetadataRecordInit } from "../../../src/metadata/records.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { brokerRecord, commit, describeRecords, imageOf } from "./fixtures.ts";

const PREFERRED = 0;
const UNCLEAN = 1;
const TOPIC_ID = "AAAAAQAAAAAAAAAAAAAAAA" as Uuid;

function partition(
  partitionId: number,
  replicas: readonly number[],
  isr: readonly number[],
  leader: number,
): MetadataRecordInit {
  return {
    type: "PartitionRecord",
    value: {
      partitionId,
      topicId: TOPIC_ID,
      replicas,
      isr,
      removingReplicas: [],
      addingReplicas: [],
      leader,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: replicas.map(() => "AAAAAAAAAAAAAAAAAAAAAA" as Uuid),
    },
  };
}

/** Brokers 1 and 2 live, 3 is fenced; a partition for every state of leadership. */
function cluster(): ClusterImage {
  return imageOf([
    brokerRecord(1),
    brokerRecord(2),
    brokerRecord(3, { fenced: true }),
    { type: "TopicRecord", value: { name: "t", topicId: TOPIC_ID } },
    partition(0, [1, 2], [1, 2], 1),
    partition(1, [1, 2], [1, 2], 2),
    partition(2, [1, 2], [2], 2),
    partition(3, [3, 2], [3, 2], -1),
    partition(4, [3, 1], [3], -1),
    partition(5, [3], [3], -1),
  ]);
}

function elect(electionType: number, partitions: readonly number[] | null, apiVersion = 2) {
  const image = cluster();
  const topicPartitions = partitions === null ? null : [{ topic: "t", partitions }];
  const request = { electionType, topicPartitions, timeoutMs: 1000 };
  const { records, response } = electLeaders(image, request, apiVersion);
  commit(image, records);
  const results = response.replicaElectionResults.flatMap(({ partitionResult }) =>
    partitionResult.map(({ partitionId, errorCode, errorMessage }) => {
      assert.equal(errorMessage === null, errorCode === 0);
      return [partitionId, errorCode];
    })
  );
  return { results, topLevel: response.errorCode, records: describeRecords(records) };
}

Deno.test("electLeaders() hands leadership to the preferred replica that is in sync", () => {
  const { results, records } = elect(PREFERRED, [0, 1, 2, 5, 6]);
  assert.deepEqual(results, [
    [0, ErrorCode.ELECTION_NOT_NEEDED],
    [1, 0],
    [2, ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE],
    [5, ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE],
    [6, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  ]);
  assert.deepEqual(records, [`PartitionChange partitionId=1 topicId="${TOPIC_ID}" leader=1`]);
});

Deno.test("electLeaders() gives a leaderless partition any live replica when unclean", () => {
  const { results, records } = elect(UNCLEAN, [0, 3, 4, 5]);
  assert.deepEqual(results, [
    [0, ErrorCode.ELECTION_NOT_NEEDED],
    [3, 0],
    [4, 0],
    [5, ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE],
  ]);
  const change = (id: number, rest: string) =>
    `PartitionChange partitionId=${id} topicId="${TOPIC_ID}" ${rest}`;
  assert.deepEqual(records, [
    change(3, "leader=2 isr=[2]"),
    change(4, "leader=1 isr=[1] leaderRecoveryState=1"),
  ]);
});

Deno.test("electLeaders() leaves out what needs no election when all are asked for", () => {
  assert.deepEqual(elect(UNCLEAN, null).results, [
    [3, 0],
    [4, 0],
    [5, ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE],
  ]);
});

Deno.test("electLeaders() refuses an unknown type, on top from version 1 on", () => {
  const { INVALID_REQUEST } = ErrorCode;
  assert.deepEqual(elect(2, [0]), {
    results: [[0, INVALID_REQUEST]],
    topLevel: INVALID_REQUEST,
    records: [],
  });
  assert.equal(elect(2, [0], 0).topLevel, 0);
  assert.deepEqual(elect(2, null).results, []);
});
