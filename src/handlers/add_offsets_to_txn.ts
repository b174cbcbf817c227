/**
 * AddOffsetsToTxn (key 25), versions 0 to 4.
 *
 * Adds the partition that keeps a group's offsets to a transaction of the first generation, before
 * the producer commits offsets in it.
 */
import type { Broker } from "../broker/broker.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { addOffsetsToTxnApi } from "../protocol/generated/apis/add_offsets_to_txn.ts";
import type { AddOffsetsToTxnRequest } from "../protocol/generated/add_offsets_to_txn_request.ts";
import { fencedCode } from "./fenced_code.ts";
import { type Route, route } from "./route.ts";

/** From this version on clients know PRODUCER_FENCED. */
const PRODUCER_FENCED_FROM = 2;

export function addOffsetsToTxnRoute(broker: Broker): Route {
  return route(addOffsetsToTxnApi, async ({ apiVersion }, request) => {
    const errorCode = fencedCode(await add(broker, request), apiVersion, PRODUCER_FENCED_FROM);
    return { throttleTimeMs: 0, errorCode };
  });
}

async function add(broker: Broker, request: AddOffsetsToTxnRequest): Promise<number> {
  const { transactionalId, groupId, producerId, producerEpoch } = request;
  if (transactionalId === "") return ErrorCode.INVALID_REQUEST;
  const { topic } = broker.groups;
  const unavailable = await topic.ensureTopic();
  if (unavailable !== ErrorCode.NONE) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
  const partition = topic.partitionFor(groupId);
  if (partition === undefined) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
  return await broker.transactions.addPartitions({
    transactionalId,
    producerId,
    producerEpoch,
    partitions: new Map([[topic.name, [partition]]]),
    clientVersion: 0,
  });
}
