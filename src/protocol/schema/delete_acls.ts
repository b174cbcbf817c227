import { api, arrayOf, int16, int32, int8, string } from "./dsl.ts";

/** DeleteAcls, API key 31. */
export const deleteAclsSchema = api(31, "DeleteAcls", {
  request: {
    versions: "1-3",
    flexible: "2+",
    fields: {
      filters: arrayOf("DeleteAclsFilter", "0+", {
        fields: {
          resourceTypeFilter: int8("0+"),
          resourceNameFilter: string("0+", { nullable: true }),
          patternTypeFilter: int8("1+", { default: 3 }),
          principalFilter: string("0+", { nullable: true }),
          hostFilter: string("0+", { nullable: true }),
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
      filterResults: arrayOf("DeleteAclsFilterResult", "0+", {
        fields: {
          errorCode: int16("0+"),
          errorMessage: string("0+", { nullable: true }),
          matchingAcls: arrayOf("DeleteAclsMatchingAcl", "0+", {
            fields: {
              errorCode: int16("0+"),
              errorMessage: string("0+", { nullable: true }),
              resourceType: int8("0+"),
              resourceName: string("0+"),
              patternType: int8("1+", { default: 3 }),
              principal: string("0+"),
              host: string("0+"),
              operation: int8("0+"),
              permissionType: int8("0+"),
            },
          }),
        },
      }),
    },
  },
});
