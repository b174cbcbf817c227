import { api, arrayOf, bool, float64, int16, int32, string } from "./dsl.ts";

/** AlterClientQuotas, API key 49. */
export const alterClientQuotasSchema = api(49, "AlterClientQuotas", {
  request: {
    versions: "0-1",
    flexible: "1+",
    fields: {
      entries: arrayOf("EntryData", "0+", {
        fields: {
          entity: arrayOf("EntityData", "0+", {
            fields: {
              entityType: string("0+"),
              entityName: string("0+", { nullable: true }),
            },
          }),
          ops: arrayOf("OpData", "0+", {
            fields: {
              key: string("0+"),
              value: float64("0+"),
              remove: bool("0+"),
            },
          }),
        },
      }),
      validateOnly: bool("0+"),
    },
  },
  response: {
    versions: "0-1",
    flexible: "1+",
    fields: {
      throttleTimeMs: int32("0+"),
      entries: arrayOf("EntryData", "0+", {
        fields: {
          errorCode: int16("0+"),
          errorMessage: string("0+", { nullable: true }),
          entity: arrayOf("EntityData", "0+", {
            fields: {
              entityType: string("0+"),
              entityName: string("0+", { nullable: true }),
            },
          }),
        },
      }),
    },
  },
});
