import { api, arrayOf, bool, int16, int32, int8, string } from "./dsl.ts";

/** IncrementalAlterConfigs, API key 44. */
export const incrementalAlterConfigsSchema = api(44, "IncrementalAlterConfigs", {
  request: {
    versions: "0-1",
    flexible: "1+",
    fields: {
      resources: arrayOf("AlterConfigsResource", "0+", {
        fields: {
          resourceType: int8("0+", { mapKey: true }),
          resourceName: string("0+", { mapKey: true }),
          configs: arrayOf("AlterableConfig", "0+", {
            fields: {
              name: string("0+", { mapKey: true }),
              configOperation: int8("0+", { mapKey: true }),
              value: string("0+", { nullable: true }),
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
      responses: arrayOf("AlterConfigsResourceResponse", "0+", {
        fields: {
          errorCode: int16("0+"),
          errorMessage: string("0+", { nullable: true }),
          resourceType: int8("0+"),
          resourceName: string("0+"),
        },
      }),
    },
  },
});
