import { api, arrayOf, int16, int32, string, struct, uint16, uuid } from "./dsl.ts";

/** UpdateRaftVoter, API key 82. */
export const updateRaftVoterSchema = api(82, "UpdateRaftVoter", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      clusterId: string("0+", { nullable: true }),
      currentLeaderEpoch: int32("0+"),
      voterId: int32("0+"),
      voterDirectoryId: uuid("0+"),
      listeners: arrayOf("Listener", "0+", {
        fields: {
          name: string("0+", { mapKey: true }),
          host: string("0+"),
          port: uint16("0+"),
        },
      }),
      kRaftVersionFeature: struct("KRaftVersionFeature", "0+", {
        fields: {
          minSupportedVersion: int16("0+"),
          maxSupportedVersion: int16("0+"),
        },
      }),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      currentLeader: struct("CurrentLeader", "0+", {
        tag: 0,
        fields: {
          leaderId: int32("0+", { default: -1 }),
          leaderEpoch: int32("0+", { default: -1 }),
          host: string("0+"),
          port: int32("0+"),
        },
      }),
    },
  },
});
