import { arrayOf, bool, int16, int32, message, string, uint16, uuid } from "../dsl.ts";

/** RegisterControllerRecord, record type 27. */
export const registerControllerRecordSchema = message("metadata", "RegisterControllerRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    controllerId: int32("0+"),
    incarnationId: uuid("0+"),
    zkMigrationReady: bool("0+"),
    endPoints: arrayOf("ControllerEndpoint", "0+", {
      fields: {
        name: string("0+", { mapKey: true }),
        host: string("0+"),
        port: uint16("0+"),
        securityProtocol: int16("0+"),
      },
    }),
    features: arrayOf("ControllerFeature", "0+", {
      fields: {
        name: string("0+", { mapKey: true }),
        minSupportedVersion: int16("0+"),
        maxSupportedVersion: int16("0+"),
      },
    }),
  },
}, 27);
