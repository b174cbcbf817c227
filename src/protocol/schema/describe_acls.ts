import { api, arrayOf, int16, int32, int8, string } from "./dsl.ts";

/** DescribeAcls, API key 29. */
export const describeAclsSchema = api(29, "DescribeAcls", {
  request: {
    versions: "1-3",
    flexible: "2+",
    fields: {
      resourceTypeFilter: int8("0+"),
      resourceNameFilter: string("0+", { nullable: true }),
      patternTypeFilter: int8("1+", { default: 3 }),
      principalFilter: string("0+", { nullable: true }),
      hostFilter: string("0+", { nullable: true }),
      operation: int8("0+"),
      permissionType: int8("0+"),
    },
  },
  response: {
    versions: "1-3",
    flexible: "2+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      errorMessage: string("0+", { nullable: true }),
      resources: arrayOf("DescribeAclsResource", "0+", {
        fields: {
          resourceType: int8("0+"),
          resourceName: string("0+"),
          patternType: int8("1+", { default: 3 }),
          acls: arrayOf("AclDescription", "0+", {
            fields: {
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
