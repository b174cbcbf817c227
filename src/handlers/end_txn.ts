/**
 * EndTxn (key 26), versions 0 to 5.
 *
 * Commits or aborts. Answered when the decision is durable; the markers follow. From version 5 on
 * the answer holds the producer id and epoch of the producer's next transaction (KIP-890 part 2).
 */
import type { Broker } from "../broker/broker.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { endTxnApi } from "../protocol/generated/apis/end_txn.ts";
import type { EndTxnRequest } from "../protocol/generated/end_txn_request.ts";
import type { EndTxnResponseInit } from "../protocol/generated/end_txn_response.ts";
import { fencedCode } from "./fenced_code.ts";
import { type Route, route } from "./route.ts";

/** From this version on clients know PRODUCER_FENCED. */
const PRODUCER_FENCED_FROM = 2;
/** From this version on every end comes with a new epoch. */
const NEW_EPOCH_FROM = 5;

export function endTxnRoute(broker: Broker): Route {
  return route(endTxnApi, ({ apiVersion }, request) => endTxn(broker, request, apiVersion));
}

async function endTxn(
  broker: Broker,
  request: EndTxnRequest,
  apiVersion: number,
): Promise<EndTxnResponseInit> {
  if (request.transactionalId === "") {
    return { throttleTimeMs: 0, errorCode: ErrorCode.INVALID_REQUEST };
  }
  const bumps = apiVersion >= NEW_EPOCH_FROM;
  const result = await broker.transactions.endTransaction({
    ...request,
    clientVersion: bumps ? 2 : 0,
  });
  const errorCode = fencedCode(result.errorCode, apiVersion, PRODUCER_FENCED_FROM);
  if (!bumps) return { throttleTimeMs: 0, errorCode };
  const { producerId, producerEpoch } = result;
  return { throttleTimeMs: 0, errorCode, producerId, producerEpoch };
}
