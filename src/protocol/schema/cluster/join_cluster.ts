import { api, int16, int32, string, uuid } from "../dsl.ts";

/**
 * JoinCluster, private API key 20040: a data directory that belongs to no cluster asks for a place
 * in this one. Any broker takes it and hands it to the active controller. Asking again with the
 * same directory id gets the same answer.
 */
export const joinClusterSchema = api(20040, "JoinCluster", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      directoryId: uuid("0+"),
      // The broker id that the operator wants; -1 lets the cluster choose.
      requestedBrokerId: int32("0+", { default: -1 }),
      rack: string("0+", { nullable: true }),
      // Where the broker listens for the cluster.
      host: string("0+"),
      port: int32("0+"),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      errorCode: int16("0+"),
      errorMessage: string("0+", { nullable: true, ignorable: true }),
      clusterId: string("0+"),
      brokerId: int32("0+", { default: -1 }),
    },
  },
});
