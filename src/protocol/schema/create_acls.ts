import { api, arrayOf, int16, int32, int8, string } from "./dsl.ts";

/** CreateAcls, API key 30. */
export const createAclsSchema = api(30, "CreateAcls", {
  request: {
    versions: "1-3",
    flexible: "2+",
    fields: {
      creations: arrayOf("AclCreation", "0+", {
        fields: {
          resourceType: int8("0+"),
          resourceName: string("0+"),
          resourcePatternType: int8("1+", { default: 3 }),
          principal: string("0+"),
          host: string("0+"),
          operation: int8("0+"),
          permissionType: int8("0+"),
        },
      }),
    },
  },
  response: {
    versions: "1-3",
    flexible: "2+",
    fields: {
      throttleTimeMs: int32("0+"),
      results: arrayOf("AclCreationResult", "0+", {
        fields: {
          errorCode: int16("0+"),
          errorMessage: string("0+", { nullable: true }),
        },
      }),
    },
  },
});
