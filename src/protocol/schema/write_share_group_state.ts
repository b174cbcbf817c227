import { api, arrayOf, int16, int32, int64, int8, string, uuid } from "./dsl.ts";

/** WriteShareGroupState, API key 85. */
export const writeShareGroupStateSchema = api(85, "WriteShareGroupState", {
  request: {
    versions: "0-1",
    flexible: "0+",
    fields: {
      groupId: string("0+"),
      topics: arrayOf("WriteStateData", "0+", {
        fields: {
          topicId: uuid("0+"),
          partitions: arrayOf("PartitionData", "0+", {
            fields: {
              partition: int32("0+"),
              stateEpoch: int32("0+"),
              leaderEpoch: int32("0+"),
              startOffset: int64("0+"),
              deliveryCompleteCount: int32("1+", { default: -1 }),
              stateBatches: arrayOf("StateBatch", "0+", {
                fields: {
                  firstOffset: int64("0+"),
                  lastOffset: int64("0+"),
                  deliveryState: int8("0+"),
                  deliveryCount: int16("0+"),
                },
              }),
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
      results: arrayOf("WriteStateResult", "0+", {
        fields: {
          topicId: uuid("0+"),
          partitions: arrayOf("PartitionResult", "0+", {
            fields: {
              partition: int32("0+"),
              errorCode: int16("0+"),
              errorMessage: string("0+", { nullable: true, default: null }),
            },
          }),
        },
      }),
    },
  },
});
