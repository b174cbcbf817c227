import { api, int16, int32, string } from "./dsl.ts";

/** Heartbeat, API key 12. */
export const heartbeatSchema = api(12, "Heartbeat", {
  request: {
    versions: "0-4",
    flexible: "4+",
    fields: {
      groupId: string("0+"),
      generationId: int32("0+"),
      memberId: string("0+"),
      groupInstanceId: string("3+", { nullable: true, default: null }),
    },
  },
  response: {
    versions: "0-4",
    flexible: "4+",
    fields: {
      throttleTimeMs: int32("1+", { ignorable: true }),
      errorCode: int16("0+"),
    },
  },
});
