import { api, arrayOf, int16, int32, int64, string } from "./dsl.ts";

/** DescribeProducers, API key 61. */
export const describeProducersSchema = api(61, "DescribeProducers", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      topics: arrayOf("TopicRequest", "0+", {
        fields: {
          name: string("0+"),
          partitionIndexes: arrayOf("int32", "0+"),
        },
      }),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      topics: arrayOf("TopicResponse", "0+", {
        fields: {
          name: string("0+"),
          partitions: arrayOf("PartitionResponse", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              errorCode: int16("0+"),
              errorMessage: string("0+", { nullable: true, default: null }),
              activeProducers: arrayOf("ProducerState", "0+", {
                fields: {
                  producerId: int64("0+"),
                  producerEpoch: int32("0+"),
                  lastSequence: int32("0+", { default: -1 }),
                  lastTimestamp: int64("0+", { default: -1 }),
                  coordinatorEpoch: int32("0+"),
                  currentTxnStartOffset: int64("0+", { default: -1 }),
                },
              }),
            },
          }),
        },
      }),
    },
  },
});
