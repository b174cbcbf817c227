import { int8, message, string } from "../dsl.ts";

/** RemoveUserScramCredentialRecord, record type 22. */
export const removeUserScramCredentialRecordSchema = message(
  "metadata",
  "RemoveUserScramCredentialRecord",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      name: string("0+"),
      mechanism: int8("0+"),
    },
  },
  22,
);
