import { bytes, int32, int8, message, string } from "../dsl.ts";

/** UserScramCredentialRecord, record type 11. */
export const userScramCredentialRecordSchema = message("metadata", "UserScramCredentialRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    name: string("0+"),
    mechanism: int8("0+"),
    salt: bytes("0+"),
    storedKey: bytes("0+"),
    serverKey: bytes("0+"),
    iterations: int32("0+"),
  },
}, 11);
