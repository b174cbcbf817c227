import { api, arrayOf, bytes, int16, int32, int8, string } from "./dsl.ts";

/** AlterUserScramCredentials, API key 51. */
export const alterUserScramCredentialsSchema = api(51, "AlterUserScramCredentials", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      deletions: arrayOf("ScramCredentialDeletion", "0+", {
        fields: {
          name: string("0+"),
          mechanism: int8("0+"),
        },
      }),
      upsertions: arrayOf("ScramCredentialUpsertion", "0+", {
        fields: {
          name: string("0+"),
          mechanism: int8("0+"),
          iterations: int32("0+"),
          salt: bytes("0+"),
          saltedPassword: bytes("0+"),
        },
      }),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      results: arrayOf("AlterUserScramCredentialsResult", "0+", {
        fields: {
          user: string("0+"),
          errorCode: int16("0+"),
          errorMessage: string("0+", { nullable: true }),
        },
      }),
    },
  },
});
