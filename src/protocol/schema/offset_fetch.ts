import { api, arrayOf, bool, int16, int32, int64, string, uuid } from "./dsl.ts";

/** OffsetFetch, API key 9. */
export const offsetFetchSchema = api(9, "OffsetFetch", {
  request: {
    versions: "1-10",
    flexible: "6+",
    fields: {
      groupId: string("0-7"),
      topics: arrayOf("OffsetFetchRequestTopic", "0-7", {
        nullable: "2-7",
        fields: {
          name: string("0-7"),
          partitionIndexes: arrayOf("int32", "0-7"),
        },
      }),
      groups: arrayOf("OffsetFetchRequestGroup", "8+", {
        fields: {
          groupId: string("8+"),
          memberId: string("9+", { nullable: true, default: null, ignorable: true }),
          memberEpoch: int32("9+", { default: -1, ignorable: true }),
          topics: arrayOf("OffsetFetchRequestTopics", "8+", {
            nullable: true,
            fields: {
              name: string("8-9", { ignorable: true }),
              topicId: uuid("10+", { ignorable: true }),
              partitionIndexes: arrayOf("int32", "8+"),
            },
          }),
        },
      }),
      requireStable: bool("7+", { default: false }),
    },
  },
  response: {
    versions: "1-10",
    flexible: "6+",
    fields: {
      throttleTimeMs: int32("3+", { ignorable: true }),
      topics: arrayOf("OffsetFetchResponseTopic", "0-7", {
        fields: {
          name: string("0-7"),
          partitions: arrayOf("OffsetFetchResponsePartition", "0-7", {
            fields: {
              partitionIndex: int32("0-7"),
              committedOffset: int64("0-7"),
              committedLeaderEpoch: int32("5-7", { default: -1, ignorable: true }),
              metadata: string("0-7", { nullable: true }),
              errorCode: int16("0-7"),
            },
          }),
        },
      }),
      errorCode: int16("2-7", { default: 0, ignorable: true }),
      groups: arrayOf("OffsetFetchResponseGroup", "8+", {
        fields: {
          groupId: string("8+"),
          topics: arrayOf("OffsetFetchResponseTopics", "8+", {
            fields: {
              name: string("8-9", { ignorable: true }),
              topicId: uuid("10+", { ignorable: true }),
              partitions: arrayOf("OffsetFetchResponsePartitions", "8+", {
                fields: {
                  partitionIndex: int32("8+"),
                  committedOffset: int64("8+"),
                  committedLeaderEpoch: int32("8+", { default: -1, ignorable: true }),
                  metadata: string("8+", { nullable: true }),
                  errorCode: int16("8+"),
                },
              }),
            },
          }),
          errorCode: int16("8+", { default: 0 }),
        },
      }),
    },
  },
});
