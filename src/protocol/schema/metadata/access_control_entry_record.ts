import { int8, message, string, uuid } from "../dsl.ts";

/** AccessControlEntryRecord, record type 18. */
export const accessControlEntryRecordSchema = message("metadata", "AccessControlEntryRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    id: uuid("0+"),
    resourceType: int8("0+"),
    resourceName: string("0+"),
    patternType: int8("0+"),
    principal: string("0+"),
    host: string("0+"),
    operation: int8("0+"),
    permissionType: int8("0+"),
  },
}, 18);
