import { api, arrayOf, bytes, int16, int32, int64, string } from "./dsl.ts";

/** DescribeDelegationToken, API key 41. */
export const describeDelegationTokenSchema = api(41, "DescribeDelegationToken", {
  request: {
    versions: "1-3",
    flexible: "2+",
    fields: {
      owners: arrayOf("DescribeDelegationTokenOwner", "0+", {
        nullable: true,
        fields: {
          principalType: string("0+"),
          principalName: string("0+"),
        },
      }),
    },
  },
  response: {
    versions: "1-3",
    flexible: "2+",
    fields: {
      errorCode: int16("0+"),
      tokens: arrayOf("DescribedDelegationToken", "0+", {
        fields: {
          principalType: string("0+"),
          principalName: string("0+"),
          tokenRequesterPrincipalType: string("3+"),
          tokenRequesterPrincipalName: string("3+"),
          issueTimestamp: int64("0+"),
          expiryTimestamp: int64("0+"),
          maxTimestamp: int64("0+"),
          tokenId: string("0+"),
          hmac: bytes("0+"),
          renewers: arrayOf("DescribedDelegationTokenRenewer", "0+", {
            fields: {
              principalType: string("0+"),
              principalName: string("0+"),
            },
          }),
        },
      }),
      throttleTimeMs: int32("0+"),
    },
  },
});
