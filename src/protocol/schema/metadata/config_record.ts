import { int8, message, string } from "../dsl.ts";

/** ConfigRecord, record type 4. */
export const configRecordSchema = message("metadata", "ConfigRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    resourceType: int8("0+"),
    resourceName: string("0+"),
    name: string("0+"),
    value: string("0+", { nullable: true }),
  },
}, 4);
