import { api, arrayOf, bool, int16, int32, int8, string } from "./dsl.ts";

/** UpdateFeatures, API key 57. */
export const updateFeaturesSchema = api(57, "UpdateFeatures", {
  request: {
    versions: "0-2",
    flexible: "0+",
    fields: {
      timeoutMs: int32("0+", { default: 60000 }),
      featureUpdates: arrayOf("FeatureUpdateKey", "0+", {
        fields: {
          feature: string("0+", { mapKey: true }),
          maxVersionLevel: int16("0+"),
          allowDowngrade: bool("0"),
          upgradeType: int8("1+", { default: 1 }),
        },
      }),
      validateOnly: bool("1+", { default: false }),
    },
  },
  response: {
    versions: "0-2",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      errorMessage: string("0+", { nullable: true }),
      results: arrayOf("UpdatableFeatureResult", "0-1", {
        ignorable: true,
        fields: {
          feature: string("0+", { mapKey: true }),
          errorCode: int16("0+"),
          errorMessage: string("0+", { nullable: true }),
        },
      }),
    },
  },
});
