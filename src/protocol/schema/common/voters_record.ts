import { arrayOf, int16, int32, message, string, struct, uint16, uuid } from "../dsl.ts";

/** VotersRecord. */
export const votersRecordSchema = message("data", "VotersRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    version: int16("0+"),
    voters: arrayOf("Voter", "0+", {
      fields: {
        voterId: int32("0+"),
        voterDirectoryId: uuid("0+"),
        endpoints: arrayOf("Endpoint", "0+", {
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
    }),
  },
});
