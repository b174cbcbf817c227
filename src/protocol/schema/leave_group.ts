import { api, arrayOf, int16, int32, string } from "./dsl.ts";

/** LeaveGroup, API key 13. */
export const leaveGroupSchema = api(13, "LeaveGroup", {
  request: {
    versions: "0-5",
    flexible: "4+",
    fields: {
      groupId: string("0+"),
      memberId: string("0-2"),
      members: arrayOf("MemberIdentity", "3+", {
        fields: {
          memberId: string("3+"),
          groupInstanceId: string("3+", { nullable: true, default: null }),
          reason: string("5+", { nullable: true, default: null, ignorable: true }),
        },
      }),
    },
  },
  response: {
    versions: "0-5",
    flexible: "4+",
    fields: {
      throttleTimeMs: int32("1+", { ignorable: true }),
      errorCode: int16("0+"),
      members: arrayOf("MemberResponse", "3+", {
        fields: {
          memberId: string("3+"),
          groupInstanceId: string("3+", { nullable: true }),
          errorCode: int16("3+"),
        },
      }),
    },
  },
});
