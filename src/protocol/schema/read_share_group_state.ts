import { api, arrayOf, int16, int32, int64, int8, string, uuid } from "./dsl.ts";

/** ReadShareGroupState, API key 84. */
export const readShareGroupStateSchema = api(84, "ReadShareGroupState", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      groupId: string("0+"),
      topics: arrayOf("ReadStateData", "0+", {
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
    versions: "0",
    flexible: "0+",
    fields: {
      results: arrayOf("ReadStateResult", "0+", {
        fields: {
          topicId: uuid("0+"),
          partitions: arrayOf("PartitionResult", "0+", {
            fields: {
              partition: int32("0+"),
              errorCode: int16("0+"),
              errorMessage: string("0+", { nullable: true, default: null }),
              stateEpoch: int32("0+"),
              startOffset: int64("0+"),
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
});
