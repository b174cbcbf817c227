/**
 * DescribeCluster (key 60), versions 0 to 2.
 *
 * The brokers of the cluster. There are no controller endpoints to describe: every broker takes
 * part in the quorum over its cluster port.
 */
import type { Broker } from "../broker/broker.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { describeClusterApi } from "../protocol/generated/apis/describe_cluster.ts";
import type { DescribeClusterRequest } from "../protocol/generated/describe_cluster_request.ts";
import type {
  DescribeClusterBrokerInit,
  DescribeClusterResponseInit,
} from "../protocol/generated/describe_cluster_response.ts";
import { CLUSTER_OPERATIONS, OPERATIONS_NOT_REQUESTED } from "./authorized_operations.ts";
import { controllerId } from "./cluster_facts.ts";
import { endpointFor } from "./endpoints.ts";
import { type RequestContext, type Route, route } from "./route.ts";

const BROKERS = 1;
const CONTROLLERS = 2;

export function describeClusterRoute(broker: Broker): Route {
  return route(describeClusterApi, (context, request) => {
    if (request.endpointType === BROKERS) return brokersOf(broker, context, request);
    const known = request.endpointType === CONTROLLERS;
    const unknown = context.apiVersion === 0
      ? ErrorCode.INVALID_REQUEST
      : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE;
    return {
      throttleTimeMs: 0,
      errorCode: known ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : unknown,
      errorMessage: known
        ? "Controllers can't be asked for on a broker's listener."
        : `There is no endpoint type ${request.endpointType}.`,
      endpointType: request.endpointType,
      clusterId: broker.identity.clusterId,
      brokers: [],
    };
  });
}

function brokersOf(
  broker: Broker,
  context: RequestContext,
  request: DescribeClusterRequest,
): DescribeClusterResponseInit {
  const brokers: DescribeClusterBrokerInit[] = [];
  for (const registration of broker.quorum.image.brokers.all()) {
    if (registration.fenced && !request.includeFencedBrokers) continue;
    const endpoint = endpointFor(broker, context.connection, registration);
    if (endpoint === undefined) continue;
    const { id: brokerId, rack, fenced: isFenced } = registration;
    brokers.push({ brokerId, host: endpoint.host, port: endpoint.port, rack, isFenced });
  }
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    endpointType: BROKERS,
    clusterId: broker.identity.clusterId,
    controllerId: controllerId(broker),
    brokers,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? CLUSTER_OPERATIONS
      : OPERATIONS_NOT_REQUESTED,
  };
}
