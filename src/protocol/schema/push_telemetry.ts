import { api, bool, bytes, int16, int32, int8, uuid } from "./dsl.ts";

/** PushTelemetry, API key 72. */
export const pushTelemetrySchema = api(72, "PushTelemetry", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      clientInstanceId: uuid("0+"),
      subscriptionId: int32("0+"),
      terminating: bool("0+"),
      compressionType: int8("0+"),
      metrics: bytes("0+"),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
    },
  },
});
