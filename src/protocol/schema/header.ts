import { int16, int32, message, string } from "./dsl.ts";

/** RequestHeader. */
export const requestHeaderSchema = message("header", "RequestHeader", {
  versions: "1-2",
  flexible: "2+",
  fields: {
    requestApiKey: int16("0+"),
    requestApiVersion: int16("0+"),
    correlationId: int32("0+"),
    clientId: string("1+", { nullable: true, flexible: "none" }),
  },
});

/** ResponseHeader. */
export const responseHeaderSchema = message("header", "ResponseHeader", {
  versions: "0-1",
  flexible: "1+",
  fields: {
    correlationId: int32("0+"),
  },
});
