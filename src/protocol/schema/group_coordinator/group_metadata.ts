import { arrayOf, bytes, int32, int64, message, shared, string } from "../dsl.ts";

/** GroupMetadataKey, record type 2. */
export const groupMetadataKeySchema = message("coordinatorKey", "GroupMetadataKey", {
  versions: "0",
  fields: {
    group: string("0"),
  },
}, 2);

const memberMetadata = shared("MemberMetadata", {
  memberId: string("0+"),
  groupInstanceId: string("3+", { nullable: true, default: null, ignorable: true }),
  clientId: string("0+"),
  clientHost: string("0+"),
  rebalanceTimeout: int32("1+", { default: -1, ignorable: true }),
  sessionTimeout: int32("0+"),
  subscription: bytes("0+"),
  assignment: bytes("0+"),
});

/** GroupMetadataValue, record type 2. */
export const groupMetadataValueSchema = message("coordinatorValue", "GroupMetadataValue", {
  versions: "0-4",
  flexible: "4+",
  fields: {
    protocolType: string("0+"),
    generation: int32("0+"),
    protocol: string("0+", { nullable: true }),
    leader: string("0+", { nullable: true }),
    currentStateTimestamp: int64("2+", { default: -1, ignorable: true }),
    members: arrayOf(memberMetadata, "0+"),
  },
}, 2);
