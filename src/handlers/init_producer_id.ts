/**
 * InitProducerId (key 22), versions 0 to 5.
 *
 * Without a transactional id: an id for an idempotent producer, epoch 0. With one: the next epoch
 * of the id, which fences every producer that had it before. A transaction that is under way is
 * aborted first; until that is done the answer is CONCURRENT_TRANSACTIONS and the client comes
 * again. From version 3 on the client may say who it is, and is fenced when it no longer is (KIP-360).
 *
 * Left out on purpose: version 6, two-phase commit (KIP-939), which is unstable in Kafka 4.2.
 */
import type { Broker } from "../broker/broker.ts";
import { isMetadataDiskFull } from "../broker/metadata_log/decisions.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { initProducerIdApi } from "../protocol/generated/apis/init_producer_id.ts";
import type { InitProducerIdRequest } from "../protocol/generated/init_producer_id_request.ts";
import type { InitProducerIdResponseInit } from "../protocol/generated/init_producer_id_response.ts";
import { fencedCode } from "./fenced_code.ts";
import { type Route, route } from "./route.ts";

/** From this version on clients know PRODUCER_FENCED. */
const PRODUCER_FENCED_FROM = 4;

export function initProducerIdRoute(broker: Broker): Route {
  return route(initProducerIdApi, async (context, request) => {
    const response = await initProducerId(broker, request).catch((error) => {
      if (!isMetadataDiskFull(error)) throw error;
      return failed(ErrorCode.KAFKA_STORAGE_ERROR);
    });
    const errorCode = fencedCode(response.errorCode, context.apiVersion, PRODUCER_FENCED_FROM);
    return { ...response, errorCode };
  });
}

async function initProducerId(
  broker: Broker,
  request: InitProducerIdRequest,
): Promise<InitProducerIdResponseInit> {
  const { transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch } = request;
  if (transactionalId === "" || (producerId < 0) !== (producerEpoch < 0)) {
    return failed(ErrorCode.INVALID_REQUEST);
  }
  if (transactionalId === null) {
    const fresh = await broker.producerIds.next();
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, producerId: fresh, producerEpoch: 0 };
  }
  const expected = producerId < 0 ? undefined : { producerId, producerEpoch };
  const result = await broker.transactions.initProducer({ transactionalId, timeoutMs, expected });
  return {
    throttleTimeMs: 0,
    errorCode: result.errorCode,
    producerId: result.producerId,
    producerEpoch: result.producerEpoch,
  };
}

function failed(errorCode: number): InitProducerIdResponseInit {
  return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 };
}
