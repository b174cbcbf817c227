import { api, arrayOf, bool, int16, int32, int64, int8, string } from "./dsl.ts";

/** WriteTxnMarkers, API key 27. */
export const writeTxnMarkersSchema = api(27, "WriteTxnMarkers", {
  request: {
    versions: "1-2",
    flexible: "1+",
    fields: {
      markers: arrayOf("WritableTxnMarker", "0+", {
        fields: {
          producerId: int64("0+"),
          producerEpoch: int16("0+"),
          transactionResult: bool("0+"),
          topics: arrayOf("WritableTxnMarkerTopic", "0+", {
            fields: {
              name: string("0+"),
              partitionIndexes: arrayOf("int32", "0+"),
            },
          }),
          coordinatorEpoch: int32("0+"),
          transactionVersion: int8("2+", { default: 0, ignorable: true }),
        },
      }),
    },
  },
  response: {
    versions: "1-2",
    flexible: "1+",
    fields: {
      markers: arrayOf("WritableTxnMarkerResult", "0+", {
        fields: {
          producerId: int64("0+"),
          topics: arrayOf("WritableTxnMarkerTopicResult", "0+", {
            fields: {
              name: string("0+"),
              partitions: arrayOf("WritableTxnMarkerPartitionResult", "0+", {
                fields: {
                  partitionIndex: int32("0+"),
                  errorCode: int16("0+"),
                },
              }),
            },
          }),
        },
      }),
    },
  },
});
