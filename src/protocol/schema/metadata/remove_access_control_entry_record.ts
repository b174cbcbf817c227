import { message, uuid } from "../dsl.ts";

/** RemoveAccessControlEntryRecord, record type 19. */
export const removeAccessControlEntryRecordSchema = message(
  "metadata",
  "RemoveAccessControlEntryRecord",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      id: uuid("0+"),
    },
  },
  19,
);
