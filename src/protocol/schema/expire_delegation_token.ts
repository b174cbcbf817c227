import { api, bytes, int16, int32, int64 } from "./dsl.ts";

/** ExpireDelegationToken, API key 40. */
export const expireDelegationTokenSchema = api(40, "ExpireDelegationToken", {
  request: {
    versions: "1-2",
    flexible: "2+",
    fields: {
      hmac: bytes("0+"),
      expiryTimePeriodMs: int64("0+"),
    },
  },
  response: {
    versions: "1-2",
    flexible: "2+",
    fields: {
      errorCode: int16("0+"),
      expiryTimestampMs: int64("0+"),
      throttleTimeMs: int32("0+"),
    },
  },
});
