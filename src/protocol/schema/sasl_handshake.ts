import { api, arrayOf, int16, string } from "./dsl.ts";

/** SaslHandshake, API key 17. */
export const saslHandshakeSchema = api(17, "SaslHandshake", {
  request: {
    versions: "0-1",
    fields: {
      mechanism: string("0+"),
    },
  },
  response: {
    versions: "0-1",
    fields: {
      errorCode: int16("0+"),
      mechanisms: arrayOf("string", "0+"),
    },
  },
});
