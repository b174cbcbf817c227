import { api, bool, int16, int32, int64, string } from "./dsl.ts";

/** EndTxn, API key 26. */
export const endTxnSchema = api(26, "EndTxn", {
  request: {
    versions: "0-5",
    flexible: "3+",
    fields: {
      transactionalId: string("0+"),
      producerId: int64("0+"),
      producerEpoch: int16("0+"),
      committed: bool("0+"),
    },
  },
  response: {
    versions: "0-5",
    flexible: "3+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      producerId: int64("5+", { default: -1, ignorable: true }),
      producerEpoch: int16("5+", { default: -1, ignorable: true }),
    },
  },
});
