import { int32, message } from "../dsl.ts";

/** EndTxnMarker. */
export const endTxnMarkerSchema = message("data", "EndTxnMarker", {
  versions: "0",
  fields: {
    coordinatorEpoch: int32("0+"),
  },
});
