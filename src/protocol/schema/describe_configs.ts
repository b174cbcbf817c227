import { api, arrayOf, bool, int16, int32, int8, string } from "./dsl.ts";

/** DescribeConfigs, API key 32. */
export const describeConfigsSchema = api(32, "DescribeConfigs", {
  request: {
    versions: "1-4",
    flexible: "4+",
    fields: {
      resources: arrayOf("DescribeConfigsResource", "0+", {
        fields: {
          resourceType: int8("0+"),
          resourceName: string("0+"),
          configurationKeys: arrayOf("string", "0+", { nullable: true }),
        },
      }),
      includeSynonyms: bool("1+", { default: false }),
      includeDocumentation: bool("3+", { default: false }),
    },
  },
  response: {
    versions: "1-4",
    flexible: "4+",
    fields: {
      throttleTimeMs: int32("0+"),
      results: arrayOf("DescribeConfigsResult", "0+", {
        fields: {
          errorCode: int16("0+"),
          errorMessage: string("0+", { nullable: true }),
          resourceType: int8("0+"),
          resourceName: string("0+"),
          configs: arrayOf("DescribeConfigsResourceResult", "0+", {
            fields: {
              name: string("0+"),
              value: string("0+", { nullable: true }),
              readOnly: bool("0+"),
              configSource: int8("1+", { default: -1, ignorable: true }),
              isSensitive: bool("0+"),
              synonyms: arrayOf("DescribeConfigsSynonym", "1+", {
                ignorable: true,
                fields: {
                  name: string("1+"),
                  value: string("1+", { nullable: "0+" }),
                  source: int8("1+"),
                },
              }),
              configType: int8("3+", { default: 0, ignorable: true }),
              documentation: string("3+", { nullable: "0+", ignorable: true }),
            },
          }),
        },
      }),
    },
  },
});
