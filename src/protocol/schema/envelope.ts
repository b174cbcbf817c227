import { api, bytes, int16 } from "./dsl.ts";

/** Envelope, API key 58. */
export const envelopeSchema = api(58, "Envelope", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      requestData: bytes("0+"),
      requestPrincipal: bytes("0+", { nullable: true }),
      clientHostAddress: bytes("0+"),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      responseData: bytes("0+", { nullable: true, default: null }),
      errorCode: int16("0+"),
    },
  },
});
