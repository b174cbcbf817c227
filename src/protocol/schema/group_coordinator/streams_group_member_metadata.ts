import { arrayOf, int32, message, shared, string, struct, uint16 } from "../dsl.ts";

/** StreamsGroupMemberMetadataKey, record type 19. */
export const streamsGroupMemberMetadataKeySchema = message(
  "coordinatorKey",
  "StreamsGroupMemberMetadataKey",
  {
    versions: "0",
    fields: {
      groupId: string("0"),
      memberId: string("0"),
    },
  },
  19,
);

const endpoint = shared("Endpoint", {
  host: string("0+"),
  port: uint16("0+"),
});

const keyValue = shared("KeyValue", {
  key: string("0+"),
  value: string("0+"),
});

/** StreamsGroupMemberMetadataValue, record type 19. */
export const streamsGroupMemberMetadataValueSchema = message(
  "coordinatorValue",
  "StreamsGroupMemberMetadataValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      instanceId: string("0+", { nullable: true }),
      rackId: string("0+", { nullable: true }),
      clientId: string("0+"),
      clientHost: string("0+"),
      rebalanceTimeoutMs: int32("0+", { default: -1 }),
      topologyEpoch: int32("0+"),
      processId: string("0+"),
      userEndpoint: struct(endpoint, "0+", { nullable: true, default: null }),
      clientTags: arrayOf(keyValue, "0+"),
    },
  },
  19,
);
