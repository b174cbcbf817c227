import { api, int16, int32, int64, string } from "./dsl.ts";

/** AddOffsetsToTxn, API key 25. */
export const addOffsetsToTxnSchema = api(25, "AddOffsetsToTxn", {
  request: {
    versions: "0-4",
    flexible: "3+",
    fields: {
      transactionalId: string("0+"),
      producerId: int64("0+"),
      producerEpoch: int16("0+"),
      groupId: string("0+"),
    },
  },
  response: {
    versions: "0-4",
    flexible: "3+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
    },
  },
});
