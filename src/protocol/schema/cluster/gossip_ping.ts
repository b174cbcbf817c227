import { api, string } from "../dsl.ts";

/**
 * GossipPing, private API key 20021: the probe over a stream, for a member whose packets get lost.
 */
export const gossipPingSchema = api(20021, "GossipPing", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      // The name of the member that is looked for.
      target: string("0+"),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      // The name of the member that answers.
      name: string("0+"),
    },
  },
});
