import { api, arrayOf, bool, int16, int32, string, uint16, uuid } from "./dsl.ts";

/** AddRaftVoter, API key 80. */
export const addRaftVoterSchema = api(80, "AddRaftVoter", {
  request: {
    versions: "0-1",
    flexible: "0+",
    fields: {
      clusterId: string("0+", { nullable: true }),
      timeoutMs: int32("0+"),
      voterId: int32("0+"),
      voterDirectoryId: uuid("0+"),
      listeners: arrayOf("Listener", "0+", {
        fields: {
          name: string("0+", { mapKey: true }),
          host: string("0+"),
          port: uint16("0+"),
        },
      }),
      ackWhenCommitted: bool("1+", { default: true }),
    },
  },
  response: {
    versions: "0-1",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      errorMessage: string("0+", { nullable: true, ignorable: true }),
    },
  },
});
