import { arrayOf, int32, int8, message, uuid } from "../dsl.ts";

/** PartitionRecord, record type 3. */
export const partitionRecordSchema = message("metadata", "PartitionRecord", {
  versions: "0-2",
  flexible: "0+",
  fields: {
    partitionId: int32("0+", { default: -1 }),
    topicId: uuid("0+"),
    replicas: arrayOf("int32", "0+"),
    isr: arrayOf("int32", "0+"),
    removingReplicas: arrayOf("int32", "0+"),
    addingReplicas: arrayOf("int32", "0+"),
    leader: int32("0+", { default: -1 }),
    leaderRecoveryState: int8("0+", { tag: 0, default: 0 }),
    leaderEpoch: int32("0+", { default: -1 }),
    partitionEpoch: int32("0+", { default: -1 }),
    directories: arrayOf("uuid", "1+"),
    eligibleLeaderReplicas: arrayOf("int32", "2+", { tag: 1, nullable: true, default: null }),
    lastKnownElr: arrayOf("int32", "2+", { tag: 2, nullable: true, default: null }),
  },
}, 3);
