import { api, arrayOf, bytes, int16, int32, int64, string } from "./dsl.ts";

/** CreateDelegationToken, API key 38. */
export const createDelegationTokenSchema = api(38, "CreateDelegationToken", {
  request: {
    versions: "1-3",
    flexible: "2+",
    fields: {
      ownerPrincipalType: string("3+", { nullable: true }),
      ownerPrincipalName: string("3+", { nullable: true }),
      renewers: arrayOf("CreatableRenewers", "0+", {
        fields: {
          principalType: string("0+"),
          principalName: string("0+"),
        },
      }),
      maxLifetimeMs: int64("0+"),
    },
  },
  response: {
    versions: "1-3",
    flexible: "2+",
    fields: {
      errorCode: int16("0+"),
      principalType: string("0+"),
      principalName: string("0+"),
      tokenRequesterPrincipalType: string("3+"),
      tokenRequesterPrincipalName: string("3+"),
      issueTimestampMs: int64("0+"),
      expiryTimestampMs: int64("0+"),
      maxTimestampMs: int64("0+"),
      tokenId: string("0+"),
      hmac: bytes("0+"),
      throttleTimeMs: int32("0+"),
    },
  },
});
