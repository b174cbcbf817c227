/**
 * FindCoordinator (key 10), versions 0 to 6.
 *
 * Which broker looks after a group (key type 0) or a transactional id (1). The internal topic is
 * made before the answer leaves when it is missing, where Kafka answers COORDINATOR_NOT_AVAILABLE
 * and lets the client ask again. Share groups (2) are not there yet: INVALID_REQUEST, as from a
 * broker on which they are switched off.
 */
import type { Broker } from "../broker/broker.ts";
import { NO_LEADER } from "../metadata/image/topics_image.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { findCoordinatorApi } from "../protocol/generated/apis/find_coordinator.ts";
import type { FindCoordinatorRequest } from "../protocol/generated/find_coordinator_request.ts";
import type {
  CoordinatorInit,
  FindCoordinatorResponseInit,
} from "../protocol/generated/find_coordinator_response.ts";
import { endpointFor } from "./endpoints.ts";
import { type Reply, type RequestContext, type Route, route } from "./route.ts";

/** From it on a request names a list of keys. */
const KEY_LIST_FROM = 4;
const GROUP = 0;
const TRANSACTION = 1;

export function findCoordinatorRoute(broker: Broker): Route {
  return route(findCoordinatorApi, (context, request) => findCoordinator(broker, context, request));
}

function findCoordinator(
  broker: Broker,
  context: RequestContext,
  request: FindCoordinatorRequest,
): Reply<FindCoordinatorResponseInit> {
  const { keyType } = request;
  const keys = context.apiVersion >= KEY_LIST_FROM ? request.coordinatorKeys : [request.key];
  const coordinators = keyType === GROUP
    ? broker.groups.topic
    : keyType === TRANSACTION
    ? broker.transactions.topic
    : undefined;
  if (coordinators === undefined) {
    return response(context, keys.map((key) => failed(key, ErrorCode.INVALID_REQUEST)));
  }
  const answer = () =>
    response(
      context,
      keys.map((key) => {
        const partition = coordinators.partitionFor(key);
        return partition === undefined
          ? failed(key, ErrorCode.COORDINATOR_NOT_AVAILABLE)
          : located(broker, context, key, { topic: coordinators.name, partition });
      }),
    );
  if (broker.quorum.image.topics.byName(coordinators.name) !== undefined) return answer();
  return coordinators.ensureTopic().then(answer);
}

function located(
  broker: Broker,
  context: RequestContext,
  key: string,
  { topic, partition }: { readonly topic: string; readonly partition: number },
): CoordinatorInit {
  const { image } = broker.quorum;
  const leader = image.topics.byName(topic)?.partitions[partition]?.leader ?? NO_LEADER;
  const registration = image.brokers.byId(leader);
  const endpoint = registration === undefined
    ? undefined
    : endpointFor(broker, context.connection, registration);
  if (endpoint === undefined) return failed(key, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  const { host, port } = endpoint;
  return { key, nodeId: leader, host, port, errorCode: ErrorCode.NONE, errorMessage: null };
}

function failed(key: string, errorCode: number): CoordinatorInit {
  const errorMessage = errorCode === ErrorCode.INVALID_REQUEST
    ? "There is no coordinator of this type."
    : "The coordinator is not available.";
  return { key, nodeId: -1, host: "", port: -1, errorCode, errorMessage };
}

function response(
  context: RequestContext,
  coordinators: readonly CoordinatorInit[],
): FindCoordinatorResponseInit {
  // From version 4 on these fields are not sent, and can have no other value.
  const none = { errorCode: ErrorCode.NONE, errorMessage: null, nodeId: 0, host: "", port: 0 };
  if (context.apiVersion >= KEY_LIST_FROM) return { throttleTimeMs: 0, ...none, coordinators };
  const { errorCode, errorMessage, nodeId, host, port } = coordinators[0]!;
  return {
    throttleTimeMs: 0,
    errorCode,
    errorMessage: errorMessage ?? null,
    nodeId,
    host,
    port,
    coordinators: [],
  };
}
