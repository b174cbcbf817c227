import { alterPartitionReassignmentsApi } from "../../../src/protocol/generated/apis/alter_partition_reassignments.ts";
import { electLeadersApi } from "../../../src/protocol/generated/apis/elect_leaders.ts";
import { TOPICS } from "../workload/topics.ts";
import type { Fault } from "./fault.ts";

const REASSIGN_VERSION = 0;
const ELECT_VERSION = 2;
const PREFERRED = 0;
const TIMEOUT_MS = 5000;
const REPLICAS_MAX = 3;

/** The replicas of some partition are to be on other brokers. */
export const move: Fault = (scene) => {
  const { random, operator } = scene;
  const topic = random.pick(TOPICS);
  const partitionIndex = random.below(topic.partitions);
  void operator.refresh([topic.name]).then(() => {
    const ids = operator.brokerIds();
    const replicas: number[] = [];
    while (ids.length > 0 && replicas.length < REPLICAS_MAX) {
      replicas.push(ids.splice(random.below(ids.length), 1)[0]!);
    }
    // An answer is not waited for: whatever comes of it must keep every promise.
    return operator.toAny(alterPartitionReassignmentsApi, REASSIGN_VERSION, {
      timeoutMs: TIMEOUT_MS,
      topics: [{ name: topic.name, partitions: [{ partitionIndex, replicas }] }],
    });
  });
  return undefined;
};

/** Leaders go back to where they are preferred. */
export const elect: Fault = ({ operator }) => {
  void operator.toAny(electLeadersApi, ELECT_VERSION, {
    electionType: PREFERRED,
    topicPartitions: null,
    timeoutMs: TIMEOUT_MS,
  });
  return undefined;
};

/** Another broker joins, and stays. */
export const grow: Fault = (scene) => {
  scene.addNode();
  return undefined;
};
