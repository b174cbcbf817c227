import { api, arrayOf, int16, int32, int64, string } from "./dsl.ts";

/** DeleteRecords, API key 21. */
export const deleteRecordsSchema = api(21, "DeleteRecords", {
  request: {
    versions: "0-2",
    flexible: "2+",
    fields: {
      topics: arrayOf("DeleteRecordsTopic", "0+", {
        fields: {
          name: string("0+"),
          partitions: arrayOf("DeleteRecordsPartition", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              offset: int64("0+"),
            },
          }),
        },
      }),
      timeoutMs: int32("0+"),
    },
  },
  response: {
    versions: "0-2",
    flexible: "2+",
    fields: {
      throttleTimeMs: int32("0+"),
      topics: arrayOf("DeleteRecordsTopicResult", "0+", {
        fields: {
          name: string("0+", { mapKey: true }),
          partitions: arrayOf("DeleteRecordsPartitionResult", "0+", {
            fields: {
              partitionIndex: int32("0+", { mapKey: true }),
              lowWatermark: int64("0+"),
              errorCode: int16("0+"),
            },
          }),
        },
      }),
    },
  },
});
