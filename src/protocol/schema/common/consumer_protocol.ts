import { arrayOf, bytes, int32, message, string } from "../dsl.ts";

/** ConsumerProtocolAssignment. */
export const consumerProtocolAssignmentSchema = message("data", "ConsumerProtocolAssignment", {
  versions: "0-3",
  fields: {
    assignedPartitions: arrayOf("TopicPartition", "0+", {
      fields: {
        topic: string("0+", { mapKey: true }),
        partitions: arrayOf("int32", "0+"),
      },
    }),
    userData: bytes("0+", { nullable: true, default: null }),
  },
});

/** ConsumerProtocolSubscription. */
export const consumerProtocolSubscriptionSchema = message("data", "ConsumerProtocolSubscription", {
  versions: "0-3",
  fields: {
    topics: arrayOf("string", "0+"),
    userData: bytes("0+", { nullable: true, default: null }),
    ownedPartitions: arrayOf("TopicPartition", "1+", {
      ignorable: true,
      fields: {
        topic: string("1+", { mapKey: true }),
        partitions: arrayOf("int32", "1+"),
      },
    }),
    generationId: int32("2+", { default: -1, ignorable: true }),
    rackId: string("3+", { nullable: true, default: null, ignorable: true }),
  },
});
