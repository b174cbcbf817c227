import { api, arrayOf, bool, int16, int32, int64 } from "./dsl.ts";

/** BrokerHeartbeat, API key 63. */
export const brokerHeartbeatSchema = api(63, "BrokerHeartbeat", {
  request: {
    versions: "0-1",
    flexible: "0+",
    fields: {
      brokerId: int32("0+"),
      brokerEpoch: int64("0+", { default: -1 }),
      currentMetadataOffset: int64("0+"),
      wantFence: bool("0+"),
      wantShutDown: bool("0+"),
      offlineLogDirs: arrayOf("uuid", "1+", { tag: 0 }),
    },
  },
  response: {
    versions: "0-1",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      isCaughtUp: bool("0+", { default: false }),
      isFenced: bool("0+", { default: true }),
      shouldShutDown: bool("0+"),
    },
  },
});
