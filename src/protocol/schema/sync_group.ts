import { api, arrayOf, bytes, int16, int32, string } from "./dsl.ts";

/** SyncGroup, API key 14. */
export const syncGroupSchema = api(14, "SyncGroup", {
  request: {
    versions: "0-5",
    flexible: "4+",
    fields: {
      groupId: string("0+"),
      generationId: int32("0+"),
      memberId: string("0+"),
      groupInstanceId: string("3+", { nullable: true, default: null }),
      protocolType: string("5+", { nullable: true, default: null, ignorable: true }),
      protocolName: string("5+", { nullable: true, default: null, ignorable: true }),
      assignments: arrayOf("SyncGroupRequestAssignment", "0+", {
        fields: {
          memberId: string("0+"),
          assignment: bytes("0+"),
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
      protocolType: string("5+", { nullable: true, default: null, ignorable: true }),
      protocolName: string("5+", { nullable: true, default: null, ignorable: true }),
      assignment: bytes("0+"),
    },
  },
});
