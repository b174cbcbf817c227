import { api, arrayOf, bool, int16, int32, int8, string } from "./dsl.ts";

/** DescribeCluster, API key 60. */
export const describeClusterSchema = api(60, "DescribeCluster", {
  request: {
    versions: "0-2",
    flexible: "0+",
    fields: {
      includeClusterAuthorizedOperations: bool("0+"),
      endpointType: int8("1+", { default: 1 }),
      includeFencedBrokers: bool("2+"),
    },
  },
  response: {
    versions: "0-2",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      errorMessage: string("0+", { nullable: true, default: null }),
      endpointType: int8("1+", { default: 1 }),
      clusterId: string("0+"),
      controllerId: int32("0+", { default: -1 }),
      brokers: arrayOf("DescribeClusterBroker", "0+", {
        fields: {
          brokerId: int32("0+", { mapKey: true }),
          host: string("0+"),
          port: int32("0+"),
          rack: string("0+", { nullable: true, default: null }),
          isFenced: bool("2+"),
        },
      }),
      clusterAuthorizedOperations: int32("0+", { default: -2147483648 }),
    },
  },
});
