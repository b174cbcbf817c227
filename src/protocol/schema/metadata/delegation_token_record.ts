import { arrayOf, int64, message, string } from "../dsl.ts";

/** DelegationTokenRecord, record type 10. */
export const delegationTokenRecordSchema = message("metadata", "DelegationTokenRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    owner: string("0+"),
    requester: string("0+"),
    renewers: arrayOf("string", "0+"),
    issueTimestamp: int64("0+"),
    maxTimestamp: int64("0+"),
    expirationTimestamp: int64("0+"),
    tokenId: string("0+"),
  },
}, 10);
