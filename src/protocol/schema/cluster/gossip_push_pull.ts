import { api, arrayOf, int32, int64, int8, string } from "../dsl.ts";

const members = arrayOf("GossipMember", "0+", {
  fields: {
    name: string("0+"),
    host: string("0+"),
    port: int32("0+"),
    // Unique to one run of the broker's process.
    bootId: string("0+"),
    incarnation: int64("0+"),
    // 0 alive, 1 suspect, 2 failed, 3 left.
    state: int8("0+"),
    tags: arrayOf("GossipTag", "0+", {
      fields: {
        key: string("0+"),
        value: string("0+"),
      },
    }),
  },
});

/**
 * GossipPushPull, private API key 20020: two brokers tell each other of all the members that they
 * know, the one that asks first.
 */
export const gossipPushPullSchema = api(20020, "GossipPushPull", {
  request: { versions: "0", flexible: "0+", fields: { members } },
  response: { versions: "0", flexible: "0+", fields: { members } },
});
