import { arrayOf, message, string } from "../dsl.ts";

/** ShareGroupMemberMetadataKey, record type 10. */
export const shareGroupMemberMetadataKeySchema = message(
  "coordinatorKey",
  "ShareGroupMemberMetadataKey",
  {
    versions: "0",
    fields: {
      groupId: string("0"),
      memberId: string("0"),
    },
  },
  10,
);

/** ShareGroupMemberMetadataValue, record type 10. */
export const shareGroupMemberMetadataValueSchema = message(
  "coordinatorValue",
  "ShareGroupMemberMetadataValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      rackId: string("0+", { nullable: true }),
      clientId: string("0+"),
      clientHost: string("0+"),
      subscribedTopicNames: arrayOf("string", "0+"),
    },
  },
  10,
);
