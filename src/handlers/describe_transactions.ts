/**
 * DescribeTransactions (key 65), version 0 (KIP-664).
 *
 * Where each of some transactional ids stands, with the partitions of its transaction.
 */
import type { Broker } from "../broker/broker.ts";
import { STATUS_NAMES } from "../coordinator/transaction/transaction.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { describeTransactionsApi } from "../protocol/generated/apis/describe_transactions.ts";
import type { TransactionStateInit } from "../protocol/generated/describe_transactions_response.ts";
import { type Route, route } from "./route.ts";

export function describeTransactionsRoute(broker: Broker): Route {
  return route(describeTransactionsApi, async (_context, request) => {
    const transactionStates = [];
    for (const id of request.transactionalIds) transactionStates.push(await describe(broker, id));
    return { throttleTimeMs: 0, transactionStates };
  });
}

async function describe(broker: Broker, transactionalId: string): Promise<TransactionStateInit> {
  if (transactionalId === "") return failed(transactionalId, ErrorCode.INVALID_REQUEST);
  const found = await broker.transactions.describe(transactionalId);
  if (typeof found === "number") return failed(transactionalId, found);
  if (found === undefined) {
    return failed(transactionalId, ErrorCode.TRANSACTIONAL_ID_NOT_FOUND);
  }
  const { status, timeoutMs, startMs, producerId, producerEpoch, partitions } = found;
  return {
    errorCode: ErrorCode.NONE,
    transactionalId,
    transactionState: STATUS_NAMES[status],
    transactionTimeoutMs: timeoutMs,
    transactionStartTimeMs: startMs,
    producerId,
    producerEpoch,
    topics: [...partitions].map(([topic, indexes]) => ({
      topic,
      partitions: [...indexes].sort((a, b) => a - b),
    })),
  };
}

function failed(transactionalId: string, errorCode: number): TransactionStateInit {
  return {
    errorCode,
    transactionalId,
    transactionState: "",
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  };
}
