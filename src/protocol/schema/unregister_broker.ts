import { api, int16, int32, string } from "./dsl.ts";

/** UnregisterBroker, API key 64. */
export const unregisterBrokerSchema = api(64, "UnregisterBroker", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      brokerId: int32("0+"),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      errorMessage: string("0+", { nullable: true }),
    },
  },
});
