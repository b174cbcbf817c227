import { arrayOf, int32, int8, message, uuid } from "../dsl.ts";

/** PartitionChangeRecord, record type 5. */
export const partitionChangeRecordSchema = message("metadata", "PartitionChangeRecord", {
  versions: "0-2",
  flexible: "0+",
  fields: {
    partitionId: int32("0+", { default: -1 }),
    topicId: uuid("0+"),
    isr: arrayOf("int32", "0+", { tag: 0, nullable: true, default: null }),
    leader: int32("0+", { tag: 1, default: -2 }),
    replicas: arrayOf("int32", "0+", { tag: 2, nullable: true, default: null }),
    removingReplicas: arrayOf("int32", "0+", { tag: 3, nullable: true, default: null }),
    addingReplicas: arrayOf("int32", "0+", { tag: 4, nullable: true, default: null }),
    leaderRecoveryState: int8("0+", { tag: 5, default: -1 }),
    directories: arrayOf("uuid", "1+", { tag: 8, nullable: true, default: null }),
    eligibleLeaderReplicas: arrayOf("int32", "2+", { tag: 6, nullable: true, default: null }),
    lastKnownElr: arrayOf("int32", "2+", { tag: 7, nullable: true, default: null }),
  },
}, 5);
