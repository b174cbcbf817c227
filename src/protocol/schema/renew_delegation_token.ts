import { api, bytes, int16, int32, int64 } from "./dsl.ts";

/** RenewDelegationToken, API key 39. */
export const renewDelegationTokenSchema = api(39, "RenewDelegationToken", {
  request: {
    versions: "1-2",
    flexible: "2+",
    fields: {
      hmac: bytes("0+"),
      renewPeriodMs: int64("0+"),
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
