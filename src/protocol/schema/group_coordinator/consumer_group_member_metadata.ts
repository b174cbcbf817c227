import { arrayOf, bytes, int32, message, string, struct } from "../dsl.ts";

/** ConsumerGroupMemberMetadataKey, record type 5. */
export const consumerGroupMemberMetadataKeySchema = message(
  "coordinatorKey",
  "ConsumerGroupMemberMetadataKey",
  {
    versions: "0",
    fields: {
      groupId: string("0"),
      memberId: string("0"),
    },
  },
  5,
);

/** ConsumerGroupMemberMetadataValue, record type 5. */
export const consumerGroupMemberMetadataValueSchema = message(
  "coordinatorValue",
  "ConsumerGroupMemberMetadataValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      instanceId: string("0+", { nullable: true }),
      rackId: string("0+", { nullable: true }),
      clientId: string("0+"),
      clientHost: string("0+"),
      subscribedTopicNames: arrayOf("string", "0+"),
      subscribedTopicRegex: string("0+", { nullable: true }),
      rebalanceTimeoutMs: int32("0+", { default: -1 }),
      serverAssignor: string("0+", { nullable: true }),
      classicMemberMetadata: struct("ClassicMemberMetadata", "0+", {
        tag: 0,
        nullable: true,
        fields: {
          sessionTimeoutMs: int32("0+"),
          supportedProtocols: arrayOf("ClassicProtocol", "0+", {
            fields: {
              name: string("0+"),
              metadata: bytes("0+"),
            },
          }),
        },
      }),
    },
  },
  5,
);
