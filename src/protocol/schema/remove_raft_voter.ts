import { api, int16, int32, string, uuid } from "./dsl.ts";

/** RemoveRaftVoter, API key 81. */
export const removeRaftVoterSchema = api(81, "RemoveRaftVoter", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      clusterId: string("0+", { nullable: true }),
      voterId: int32("0+"),
      voterDirectoryId: uuid("0+"),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      errorMessage: string("0+", { nullable: true, ignorable: true }),
    },
  },
});
