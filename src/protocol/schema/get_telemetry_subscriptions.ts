import { api, arrayOf, bool, int16, int32, uuid } from "./dsl.ts";

/** GetTelemetrySubscriptions, API key 71. */
export const getTelemetrySubscriptionsSchema = api(71, "GetTelemetrySubscriptions", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      clientInstanceId: uuid("0+"),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      clientInstanceId: uuid("0+"),
      subscriptionId: int32("0+"),
      acceptedCompressionTypes: arrayOf("int8", "0+"),
      pushIntervalMs: int32("0+"),
      telemetryMaxBytes: int32("0+"),
      deltaTemporality: bool("0+"),
      requestedMetrics: arrayOf("string", "0+"),
    },
  },
});
