import { api, arrayOf, bool, int16, int32, int64, string } from "../dsl.ts";

/**
 * StorageReport, private API key 20070: a broker tells another how its disk stands, what it leads of
 * topics with a limit on their total, and how far logs are to be trimmed that the other leads.
 */
export const storageReportSchema = api(20070, "StorageReport", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      brokerId: int32("0+"),
      // What the logs of the broker may take; -1 where it does not know.
      budgetBytes: int64("0+", { default: -1 }),
      // Producers are refused.
      isClosed: bool("0+"),
      // Partitions that the broker leads, of topics with a limit.
      uses: arrayOf("StorageUse", "0+", {
        fields: {
          topic: string("0+"),
          partition: int32("0+"),
          sizeBytes: int64("0+"),
          bytesPerSecond: int64("0+"),
        },
      }),
      // Partitions that the broker follows and has no room for.
      trims: arrayOf("StorageTrim", "0+", {
        fields: {
          topic: string("0+"),
          partition: int32("0+"),
          // Records before it may go.
          startOffset: int64("0+"),
        },
      }),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      errorCode: int16("0+"),
    },
  },
});
