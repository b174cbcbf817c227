import { api, bytes, int16, int32, int64, string } from "../dsl.ts";

/**
 * Forward, private API key 20042: a request that the active controller has to decide, from the
 * broker that a client sent it to, in the client's version (as Envelope of KIP-590).
 */
export const forwardSchema = api(20042, "Forward", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      apiKey: int16("0+"),
      apiVersion: int16("0+"),
      // As the client named itself.
      clientId: string("0+"),
      clientHost: string("0+"),
      listenerName: string("0+"),
      // The request without its header.
      requestBytes: bytes("0+"),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      // NOT_CONTROLLER, or why the request could not be handled at all.
      errorCode: int16("0+"),
      // An image that holds everything below this offset shows what the request did.
      metadataOffset: int64("0+", { default: -1 }),
      // For how long the client's connection is to be muted.
      muteMs: int32("0+"),
      // The response without its header; empty with an error.
      responseBytes: bytes("0+"),
    },
  },
});
