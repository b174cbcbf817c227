import { api, arrayOf, int16, int32, int64, string, uuid } from "./dsl.ts";

/** ReadShareGroupStateSummary, API key 87. */
export const readShareGroupStateSummarySchema = api(87, "ReadShareGroupStateSummary", {
  request: {
    versions: "0-1",
    flexible: "0+",
    fields: {
      groupId: string("0+"),
      topics: arrayOf("ReadStateSummaryData", "0+", {
        fields: {
          topicId: uuid("0+"),
          partitions: arrayOf("PartitionData", "0+", {
            fields: {
              partition: int32("0+"),
              leaderEpoch: int32("0+"),
            },
          }),
        },
      }),
    },
  },
  response: {
    versions: "0-1",
    flexible: "0+",
    fields: {
      results: arrayOf("ReadStateSummaryResult", "0+", {
        fields: {
          topicId: uuid("0+"),
          partitions: arrayOf("PartitionResult", "0+", {
            fields: {
              partition: int32("0+"),
              errorCode: int16("0+"),
              errorMessage: string("0+", { nullable: true, default: null }),
              stateEpoch: int32("0+"),
              leaderEpoch: int32("0+"),
              startOffset: int64("0+"),
              deliveryCompleteCount: int32("1+", { default: -1 }),
            },
          }),
        },
      }),
    },
  },
});
