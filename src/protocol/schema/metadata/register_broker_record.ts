import { arrayOf, bool, int16, int32, int64, message, string, uint16, uuid } from "../dsl.ts";

/** RegisterBrokerRecord, record type 0. */
export const registerBrokerRecordSchema = message("metadata", "RegisterBrokerRecord", {
  versions: "0-3",
  flexible: "0+",
  fields: {
    brokerId: int32("0+"),
    isMigratingZkBroker: bool("2+", { default: false }),
    incarnationId: uuid("0+"),
    brokerEpoch: int64("0+"),
    endPoints: arrayOf("BrokerEndpoint", "0+", {
      fields: {
        name: string("0+", { mapKey: true }),
        host: string("0+"),
        port: uint16("0+"),
        securityProtocol: int16("0+"),
      },
    }),
    features: arrayOf("BrokerFeature", "0+", {
      fields: {
        name: string("0+", { mapKey: true }),
        minSupportedVersion: int16("0+"),
        maxSupportedVersion: int16("0+"),
      },
    }),
    rack: string("0+", { nullable: true }),
    fenced: bool("0+", { default: true }),
    inControlledShutdown: bool("1+", { default: false }),
    logDirs: arrayOf("uuid", "3+", { tag: 0 }),
  },
}, 0);
