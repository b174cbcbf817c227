import { api, arrayOf, bool, int16, int32, int64, string, uint16, uuid } from "./dsl.ts";

/** BrokerRegistration, API key 62. */
export const brokerRegistrationSchema = api(62, "BrokerRegistration", {
  request: {
    versions: "0-4",
    flexible: "0+",
    fields: {
      brokerId: int32("0+"),
      clusterId: string("0+"),
      incarnationId: uuid("0+"),
      listeners: arrayOf("Listener", "0+", {
        fields: {
          name: string("0+", { mapKey: true }),
          host: string("0+"),
          port: uint16("0+"),
          securityProtocol: int16("0+"),
        },
      }),
      features: arrayOf("Feature", "0+", {
        fields: {
          name: string("0+", { mapKey: true }),
          minSupportedVersion: int16("0+"),
          maxSupportedVersion: int16("0+"),
        },
      }),
      rack: string("0+", { nullable: true }),
      isMigratingZkBroker: bool("1+", { default: false }),
      logDirs: arrayOf("uuid", "2+", { ignorable: true }),
      previousBrokerEpoch: int64("3+", { default: -1, ignorable: true }),
    },
  },
  response: {
    versions: "0-4",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      brokerEpoch: int64("0+", { default: -1 }),
    },
  },
});
