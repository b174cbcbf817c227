import { api, arrayOf, int16, int32, int8, string } from "./dsl.ts";

/** FindCoordinator, API key 10. */
export const findCoordinatorSchema = api(10, "FindCoordinator", {
  request: {
    versions: "0-6",
    flexible: "3+",
    fields: {
      key: string("0-3"),
      keyType: int8("1+", { default: 0 }),
      coordinatorKeys: arrayOf("string", "4+"),
    },
  },
  response: {
    versions: "0-6",
    flexible: "3+",
    fields: {
      throttleTimeMs: int32("1+", { ignorable: true }),
      errorCode: int16("0-3"),
      errorMessage: string("1-3", { nullable: true, ignorable: true }),
      nodeId: int32("0-3"),
      host: string("0-3"),
      port: int32("0-3"),
      coordinators: arrayOf("Coordinator", "4+", {
        fields: {
          key: string("4+"),
          nodeId: int32("4+"),
          host: string("4+"),
          port: int32("4+"),
          errorCode: int16("4+"),
          errorMessage: string("4+", { nullable: true, ignorable: true }),
        },
      }),
    },
  },
});
