import { arrayOf, int32, int64, message, string, uuid } from "../dsl.ts";

/** QuorumStateData. */
export const quorumStateDataSchema = message("data", "QuorumStateData", {
  versions: "0-1",
  flexible: "0+",
  fields: {
    clusterId: string("0"),
    leaderId: int32("0+", { default: -1 }),
    leaderEpoch: int32("0+", { default: -1 }),
    votedId: int32("0+", { default: -1 }),
    votedDirectoryId: uuid("1+"),
    appliedOffset: int64("0"),
    currentVoters: arrayOf("Voter", "0", {
      nullable: true,
      fields: {
        voterId: int32("0"),
      },
    }),
  },
});
