import { api, arrayOf, bool, int16, int32, int64, string } from "./dsl.ts";

/** ApiVersions, API key 18. */
export const apiVersionsSchema = api(18, "ApiVersions", {
  request: {
    versions: "0-4",
    flexible: "3+",
    fields: {
      clientSoftwareName: string("3+", { ignorable: true }),
      clientSoftwareVersion: string("3+", { ignorable: true }),
    },
  },
  response: {
    versions: "0-4",
    flexible: "3+",
    fields: {
      errorCode: int16("0+"),
      apiKeys: arrayOf("ApiVersion", "0+", {
        fields: {
          apiKey: int16("0+", { mapKey: true }),
          minVersion: int16("0+"),
          maxVersion: int16("0+"),
        },
      }),
      throttleTimeMs: int32("1+", { ignorable: true }),
      supportedFeatures: arrayOf("SupportedFeatureKey", "3+", {
        tag: 0,
        ignorable: true,
        fields: {
          name: string("3+", { mapKey: true }),
          minVersion: int16("3+"),
          maxVersion: int16("3+"),
        },
      }),
      finalizedFeaturesEpoch: int64("3+", { tag: 1, default: -1, ignorable: true }),
      finalizedFeatures: arrayOf("FinalizedFeatureKey", "3+", {
        tag: 2,
        ignorable: true,
        fields: {
          name: string("3+", { mapKey: true }),
          maxVersionLevel: int16("3+"),
          minVersionLevel: int16("3+"),
        },
      }),
      zkMigrationReady: bool("3+", { tag: 3, default: false, ignorable: true }),
    },
  },
});
