import { api, bytes, int16, int64, string } from "./dsl.ts";

/** SaslAuthenticate, API key 36. */
export const saslAuthenticateSchema = api(36, "SaslAuthenticate", {
  request: {
    versions: "0-2",
    flexible: "2+",
    fields: {
      authBytes: bytes("0+"),
    },
  },
  response: {
    versions: "0-2",
    flexible: "2+",
    fields: {
      errorCode: int16("0+"),
      errorMessage: string("0+", { nullable: true }),
      authBytes: bytes("0+"),
      sessionLifetimeMs: int64("1+", { default: 0, ignorable: true }),
    },
  },
});
