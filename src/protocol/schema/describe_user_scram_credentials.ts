import { api, arrayOf, int16, int32, int8, string } from "./dsl.ts";

/** DescribeUserScramCredentials, API key 50. */
export const describeUserScramCredentialsSchema = api(50, "DescribeUserScramCredentials", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      users: arrayOf("UserName", "0+", {
        nullable: true,
        fields: {
          name: string("0+"),
        },
      }),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      errorMessage: string("0+", { nullable: true }),
      results: arrayOf("DescribeUserScramCredentialsResult", "0+", {
        fields: {
          user: string("0+"),
          errorCode: int16("0+"),
          errorMessage: string("0+", { nullable: true }),
          credentialInfos: arrayOf("CredentialInfo", "0+", {
            fields: {
              mechanism: int8("0+"),
              iterations: int32("0+"),
            },
          }),
        },
      }),
    },
  },
});
