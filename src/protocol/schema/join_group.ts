import { api, arrayOf, bool, bytes, int16, int32, string } from "./dsl.ts";

/** JoinGroup, API key 11. */
export const joinGroupSchema = api(11, "JoinGroup", {
  request: {
    versions: "0-9",
    flexible: "6+",
    fields: {
      groupId: string("0+"),
      sessionTimeoutMs: int32("0+"),
      rebalanceTimeoutMs: int32("1+", { default: -1, ignorable: true }),
      memberId: string("0+"),
      groupInstanceId: string("5+", { nullable: true, default: null }),
      protocolType: string("0+"),
      protocols: arrayOf("JoinGroupRequestProtocol", "0+", {
        fields: {
          name: string("0+", { mapKey: true }),
          metadata: bytes("0+"),
        },
      }),
      reason: string("8+", { nullable: true, default: null, ignorable: true }),
    },
  },
  response: {
    versions: "0-9",
    flexible: "6+",
    fields: {
      throttleTimeMs: int32("2+", { ignorable: true }),
      errorCode: int16("0+"),
      generationId: int32("0+", { default: -1 }),
      protocolType: string("7+", { nullable: true, default: null, ignorable: true }),
      protocolName: string("0+", { nullable: "7+" }),
      leader: string("0+"),
      skipAssignment: bool("9+", { default: false }),
      memberId: string("0+"),
      members: arrayOf("JoinGroupResponseMember", "0+", {
        fields: {
          memberId: string("0+"),
          groupInstanceId: string("5+", { nullable: true, default: null, ignorable: true }),
          metadata: bytes("0+"),
        },
      }),
    },
  },
});
