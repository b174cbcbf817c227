import { api, arrayOf, int16, int32, int64, records, string, struct, uuid } from "./dsl.ts";

/** Produce, API key 0. */
export const produceSchema = api(0, "Produce", {
  request: {
    versions: "3-13",
    flexible: "9+",
    fields: {
      transactionalId: string("3+", { nullable: true, default: null }),
      acks: int16("0+"),
      timeoutMs: int32("0+"),
      topicData: arrayOf("TopicProduceData", "0+", {
        fields: {
          name: string("0-12", { ignorable: true, mapKey: true }),
          topicId: uuid("13+", { ignorable: true, mapKey: true }),
          partitionData: arrayOf("PartitionProduceData", "0+", {
            fields: {
              index: int32("0+"),
              records: records("0+", { nullable: true }),
            },
          }),
        },
      }),
    },
  },
  response: {
    versions: "3-13",
    flexible: "9+",
    fields: {
      responses: arrayOf("TopicProduceResponse", "0+", {
        fields: {
          name: string("0-12", { ignorable: true, mapKey: true }),
          topicId: uuid("13+", { ignorable: true, mapKey: true }),
          partitionResponses: arrayOf("PartitionProduceResponse", "0+", {
            fields: {
              index: int32("0+"),
              errorCode: int16("0+"),
              baseOffset: int64("0+"),
              logAppendTimeMs: int64("2+", { default: -1, ignorable: true }),
              logStartOffset: int64("5+", { default: -1, ignorable: true }),
              recordErrors: arrayOf("BatchIndexAndErrorMessage", "8+", {
                ignorable: true,
                fields: {
                  batchIndex: int32("8+"),
                  batchIndexErrorMessage: string("8+", { nullable: true, default: null }),
                },
              }),
              errorMessage: string("8+", { nullable: true, default: null, ignorable: true }),
              currentLeader: struct("LeaderIdAndEpoch", "10+", {
                tag: 0,
                fields: {
                  leaderId: int32("10+", { default: -1 }),
                  leaderEpoch: int32("10+", { default: -1 }),
                },
              }),
            },
          }),
        },
      }),
      throttleTimeMs: int32("1+", { default: 0, ignorable: true }),
      nodeEndpoints: arrayOf("NodeEndpoint", "10+", {
        tag: 0,
        fields: {
          nodeId: int32("10+", { mapKey: true }),
          host: string("10+"),
          port: int32("10+"),
          rack: string("10+", { nullable: true, default: null }),
        },
      }),
    },
  },
});
