import { arrayOf, bool, float64, message, string } from "../dsl.ts";

/** ClientQuotaRecord, record type 14. */
export const clientQuotaRecordSchema = message("metadata", "ClientQuotaRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    entity: arrayOf("EntityData", "0+", {
      fields: {
        entityType: string("0+"),
        entityName: string("0+", { nullable: true }),
      },
    }),
    key: string("0+"),
    value: float64("0+"),
    remove: bool("0+"),
  },
}, 14);
