import { api, arrayOf, int16, int32, int64, int8, uuid } from "./dsl.ts";

/** AlterPartition, API key 56. */
export const alterPartitionSchema = api(56, "AlterPartition", {
  request: {
    versions: "2-3",
    flexible: "0+",
    fields: {
      brokerId: int32("0+"),
      brokerEpoch: int64("0+", { default: -1 }),
      topics: arrayOf("TopicData", "0+", {
        fields: {
          topicId: uuid("2+", { ignorable: true }),
          partitions: arrayOf("PartitionData", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              leaderEpoch: int32("0+"),
              newIsr: arrayOf("int32", "0-2"),
              newIsrWithEpochs: arrayOf("BrokerState", "3+", {
                fields: {
                  brokerId: int32("3+"),
                  brokerEpoch: int64("3+", { default: -1 }),
                },
              }),
              leaderRecoveryState: int8("1+", { default: 0 }),
              partitionEpoch: int32("0+"),
            },
          }),
        },
      }),
    },
  },
  response: {
    versions: "2-3",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      topics: arrayOf("TopicData", "0+", {
        fields: {
          topicId: uuid("2+", { ignorable: true }),
          partitions: arrayOf("PartitionData", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              errorCode: int16("0+"),
              leaderId: int32("0+"),
              leaderEpoch: int32("0+"),
              isr: arrayOf("int32", "0+"),
              leaderRecoveryState: int8("1+", { default: 0, ignorable: true }),
              partitionEpoch: int32("0+"),
            },
          }),
        },
      }),
    },
  },
});
