import { int16, message, string } from "../dsl.ts";

/** FeatureLevelRecord, record type 12. */
export const featureLevelRecordSchema = message("metadata", "FeatureLevelRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    name: string("0+"),
    featureLevel: int16("0+"),
  },
}, 12);
