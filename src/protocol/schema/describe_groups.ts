import { api, arrayOf, bool, bytes, int16, int32, string } from "./dsl.ts";

/** DescribeGroups, API key 15. */
export const describeGroupsSchema = api(15, "DescribeGroups", {
  request: {
    versions: "0-6",
    flexible: "5+",
    fields: {
      groups: arrayOf("string", "0+"),
      includeAuthorizedOperations: bool("3+"),
    },
  },
  response: {
    versions: "0-6",
    flexible: "5+",
    fields: {
      throttleTimeMs: int32("1+", { ignorable: true }),
      groups: arrayOf("DescribedGroup", "0+", {
        fields: {
          errorCode: int16("0+"),
          errorMessage: string("6+", { nullable: true, default: null }),
          groupId: string("0+"),
          groupState: string("0+"),
          protocolType: string("0+"),
          protocolData: string("0+"),
          members: arrayOf("DescribedGroupMember", "0+", {
            fields: {
              memberId: string("0+"),
              groupInstanceId: string("4+", { nullable: true, default: null, ignorable: true }),
              clientId: string("0+"),
              clientHost: string("0+"),
              memberMetadata: bytes("0+"),
              memberAssignment: bytes("0+"),
            },
          }),
          authorizedOperations: int32("3+", { default: -2147483648 }),
        },
      }),
    },
  },
});
