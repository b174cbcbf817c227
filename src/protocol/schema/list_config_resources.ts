import { api, arrayOf, int16, int32, int8, string } from "./dsl.ts";

/** ListConfigResources, API key 74. */
export const listConfigResourcesSchema = api(74, "ListConfigResources", {
  request: {
    versions: "0-1",
    flexible: "0+",
    fields: {
      resourceTypes: arrayOf("int8", "1+"),
    },
  },
  response: {
    versions: "0-1",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      configResources: arrayOf("ConfigResource", "0+", {
        fields: {
          resourceName: string("0+"),
          resourceType: int8("1+", { default: 16, ignorable: true }),
        },
      }),
    },
  },
});
