import { api, arrayOf, bool, float64, int16, int32, int8, string } from "./dsl.ts";

/** DescribeClientQuotas, API key 48. */
export const describeClientQuotasSchema = api(48, "DescribeClientQuotas", {
  request: {
    versions: "0-1",
    flexible: "1+",
    fields: {
      components: arrayOf("ComponentData", "0+", {
        fields: {
          entityType: string("0+"),
          matchType: int8("0+"),
          match: string("0+", { nullable: true }),
        },
      }),
      strict: bool("0+"),
    },
  },
  response: {
    versions: "0-1",
    flexible: "1+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      errorMessage: string("0+", { nullable: true }),
      entries: arrayOf("EntryData", "0+", {
        nullable: true,
        fields: {
          entity: arrayOf("EntityData", "0+", {
            fields: {
              entityType: string("0+"),
              entityName: string("0+", { nullable: true }),
            },
          }),
          values: arrayOf("ValueData", "0+", {
            fields: {
              key: string("0+"),
              value: float64("0+"),
            },
          }),
        },
      }),
    },
  },
});
