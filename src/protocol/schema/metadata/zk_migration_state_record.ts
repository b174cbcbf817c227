import { int8, message } from "../dsl.ts";

/** ZkMigrationStateRecord, record type 21. */
export const zkMigrationStateRecordSchema = message("metadata", "ZkMigrationStateRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    zkMigrationState: int8("0+"),
  },
}, 21);
