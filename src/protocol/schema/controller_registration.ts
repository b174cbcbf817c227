import { api, arrayOf, bool, int16, int32, string, uint16, uuid } from "./dsl.ts";

/** ControllerRegistration, API key 70. */
export const controllerRegistrationSchema = api(70, "ControllerRegistration", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      controllerId: int32("0+"),
      incarnationId: uuid("0+"),
      zkMigrationReady: bool("0+"),
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
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      errorMessage: string("0+", { nullable: true }),
    },
  },
});
