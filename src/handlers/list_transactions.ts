/**
 * ListTransactions (key 66), versions 0 to 2 (KIP-664).
 *
 * The transactional ids of this broker, filtered by state, by producer id, from version 1 on by how
 * long the transaction has been running (KIP-994), from version 2 on by a pattern of RE2's that the
 * whole id must match (KIP-1152). Names of states that do not exist are told back.
 */
import { LinearRegex } from "../base/linear_regex.ts";
import type { Broker } from "../broker/broker.ts";
import { STATUS_NAMES } from "../coordinator/transaction/transaction.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { listTransactionsApi } from "../protocol/generated/apis/list_transactions.ts";
import type { ListTransactionsRequest } from "../protocol/generated/list_transactions_request.ts";
import type { ListTransactionsResponseInit } from "../protocol/generated/list_transactions_response.ts";
import { type Route, route } from "./route.ts";

const KNOWN_STATES: ReadonlySet<string> = new Set(STATUS_NAMES);

export function listTransactionsRoute(broker: Broker): Route {
  return route(listTransactionsApi, (_context, request) => listTransactions(broker, request));
}

async function listTransactions(
  broker: Broker,
  request: ListTransactionsRequest,
): Promise<ListTransactionsResponseInit> {
  const { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern } = request;
  const unknownStateFilters = stateFilters.filter((name) => !KNOWN_STATES.has(name));
  const wantsAll = transactionalIdPattern === null || transactionalIdPattern === "";
  const idPattern = wantsAll ? undefined : LinearRegex.parse(transactionalIdPattern);
  if (!wantsAll && idPattern === undefined) return failed(ErrorCode.INVALID_REGULAR_EXPRESSION);
  // Filters that match nothing must not be taken for no filter.
  const nothingMatches = stateFilters.length > 0 &&
    unknownStateFilters.length === stateFilters.length;
  const found = nothingMatches ? [] : await broker.transactions.list({
    states: new Set(stateFilters),
    producerIds: new Set(producerIdFilters),
    longerThanMs: durationFilter,
    idPattern,
  });
  if (typeof found === "number") return failed(found);
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    unknownStateFilters,
    transactionStates: found.map(({ transactionalId, producerId, status }) => ({
      transactionalId,
      producerId,
      transactionState: STATUS_NAMES[status],
    })),
  };
}

function failed(errorCode: number): ListTransactionsResponseInit {
  return { throttleTimeMs: 0, errorCode, unknownStateFilters: [], transactionStates: [] };
}
