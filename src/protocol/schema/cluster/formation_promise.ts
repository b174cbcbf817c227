import { api, bool, int16, int64, string, uuid } from "../dsl.ts";

/**
 * FormationPromise, private API key 20041: before a cluster is there, one broker asks the others
 * to let it form it, or gives back the promise that it was given.
 */
export const formationPromiseSchema = api(20041, "FormationPromise", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      // Directory id of the broker that wants to form the cluster.
      candidateId: uuid("0+"),
      // Rises with every attempt of the candidate; what belongs to an older one has no effect.
      ballot: int64("0+"),
      // False asks for the promise, true gives it back.
      release: bool("0+"),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      errorCode: int16("0+"),
      // Directory id of the broker that answers.
      voterId: uuid("0+"),
      granted: bool("0+"),
      // Whom the promise was given to; the zero id when to nobody.
      promisedTo: uuid("0+"),
      // Not empty when the broker that answers belongs to a cluster.
      clusterId: string("0+"),
    },
  },
});
