import { message, string } from "../dsl.ts";

/** RemoveDelegationTokenRecord, record type 26. */
export const removeDelegationTokenRecordSchema = message(
  "metadata",
  "RemoveDelegationTokenRecord",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      tokenId: string("0+"),
    },
  },
  26,
);
