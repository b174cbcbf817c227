import { arrayOf, int64, message, string } from "../dsl.ts";

/** ConsumerGroupRegularExpressionKey, record type 16. */
export const consumerGroupRegularExpressionKeySchema = message(
  "coordinatorKey",
  "ConsumerGroupRegularExpressionKey",
  {
    versions: "0",
    fields: {
      groupId: string("0"),
      regularExpression: string("0"),
    },
  },
  16,
);

/** ConsumerGroupRegularExpressionValue, record type 16. */
export const consumerGroupRegularExpressionValueSchema = message(
  "coordinatorValue",
  "ConsumerGroupRegularExpressionValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      topics: arrayOf("string", "0+"),
      version: int64("0+"),
      timestamp: int64("0+"),
    },
  },
  16,
);
