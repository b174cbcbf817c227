/**
 * InitProducerId (key 22), versions 0 to 5.
 *
 * Gives an idempotent producer its id. Left out until transactions are there: a transactional id
 * is refused, as is a producer that wants its epoch bumped on the broker.
 */
import type { Broker } from "../broker/broker.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { initProducerIdApi } from "../protocol/generated/apis/init_producer_id.ts";
import type { InitProducerIdRequest } from "../protocol/generated/init_producer_id_request.ts";
import type { InitProducerIdResponseInit } from "../protocol/generated/init_producer_id_response.ts";
import { type Route, route } from "./route.ts";

export function initProducerIdRoute(broker: Broker): Route {
  return route(initProducerIdApi, (_context, request) => initProducerId(broker, request));
}

async function initProducerId(
  broker: Broker,
  request: InitProducerIdRequest,
): Promise<InitProducerIdResponseInit> {
  if (request.transactionalId === "") return failed(ErrorCode.INVALID_REQUEST);
  if (request.transactionalId !== null) return failed(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    producerId: await broker.producerIds.next(),
    producerEpoch: 0,
  };
}

function failed(errorCode: number): InitProducerIdResponseInit {
  return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 };
}
