import { arrayOf, int16, int32, message, shared, uuid } from "../dsl.ts";

const voter = shared("Voter", {
  voterId: int32("0+"),
  voterDirectoryId: uuid("1+"),
});

/** LeaderChangeMessage. */
export const leaderChangeMessageSchema = message("data", "LeaderChangeMessage", {
  versions: "0-1",
  flexible: "0+",
  fields: {
    version: int16("0+"),
    leaderId: int32("0+"),
    voters: arrayOf(voter, "0+"),
    grantingVoters: arrayOf(voter, "0+"),
  },
});
