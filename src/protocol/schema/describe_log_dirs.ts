import { api, arrayOf, bool, int16, int32, int64, string } from "./dsl.ts";

/** DescribeLogDirs, API key 35. */
export const describeLogDirsSchema = api(35, "DescribeLogDirs", {
  request: {
    versions: "1-4",
    flexible: "2+",
    fields: {
      topics: arrayOf("DescribableLogDirTopic", "0+", {
        nullable: true,
        fields: {
          topic: string("0+", { mapKey: true }),
          partitions: arrayOf("int32", "0+"),
        },
      }),
    },
  },
  response: {
    versions: "1-4",
    flexible: "2+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("3+", { ignorable: true }),
      results: arrayOf("DescribeLogDirsResult", "0+", {
        fields: {
          errorCode: int16("0+"),
          logDir: string("0+"),
          topics: arrayOf("DescribeLogDirsTopic", "0+", {
            fields: {
              name: string("0+"),
              partitions: arrayOf("DescribeLogDirsPartition", "0+", {
                fields: {
                  partitionIndex: int32("0+"),
                  partitionSize: int64("0+"),
                  offsetLag: int64("0+"),
                  isFutureKey: bool("0+"),
                },
              }),
            },
          }),
          totalBytes: int64("4+", { default: -1, ignorable: true }),
          usableBytes: int64("4+", { default: -1, ignorable: true }),
        },
      }),
    },
  },
});
