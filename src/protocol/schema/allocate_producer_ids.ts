import { api, int16, int32, int64 } from "./dsl.ts";

/** AllocateProducerIds, API key 67. */
export const allocateProducerIdsSchema = api(67, "AllocateProducerIds", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      brokerId: int32("0+"),
      brokerEpoch: int64("0+", { default: -1 }),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      producerIdStart: int64("0+"),
      producerIdLen: int32("0+"),
    },
  },
});
