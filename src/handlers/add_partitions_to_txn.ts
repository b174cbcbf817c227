/**
 * AddPartitionsToTxn (key 24), versions 0 to 5.
 *
 * Versions 0 to 3 come from clients of the first generation: one transaction, and one partition
 * that does not exist fails all (the others are told OPERATION_NOT_ATTEMPTED). Versions 4 and 5 come
 * from brokers: many transactions, which are added to or only looked at.
 */
import type { Broker } from "../broker/broker.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { addPartitionsToTxnApi } from "../protocol/generated/apis/add_partitions_to_txn.ts";
import type {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnTopic,
  AddPartitionsToTxnTransaction,
} from "../protocol/generated/add_partitions_to_txn_request.ts";
import type {
  AddPartitionsToTxnResponseInit,
  AddPartitionsToTxnTopicResultInit,
} from "../protocol/generated/add_partitions_to_txn_response.ts";
import { fencedCode } from "./fenced_code.ts";
import { type Route, route } from "./route.ts";

/** From this version on clients know PRODUCER_FENCED. */
const PRODUCER_FENCED_FROM = 2;
/** From this version on a request holds many transactions. */
const BATCHED_FROM = 4;
/** From this version on the sender knows TRANSACTION_ABORTABLE. */
const ABORTABLE_FROM = 5;

export function addPartitionsToTxnRoute(broker: Broker): Route {
  return route(
    addPartitionsToTxnApi,
    ({ apiVersion }, request) =>
      apiVersion < BATCHED_FROM
        ? addForClient(broker, request, apiVersion)
        : addForBroker(broker, request, apiVersion),
  );
}

async function addForClient(
  broker: Broker,
  request: AddPartitionsToTxnRequest,
  apiVersion: number,
): Promise<AddPartitionsToTxnResponseInit> {
  const transaction: AddPartitionsToTxnTransaction = {
    transactionalId: request.v3AndBelowTransactionalId,
    producerId: request.v3AndBelowProducerId,
    producerEpoch: request.v3AndBelowProducerEpoch,
    verifyOnly: false,
    topics: request.v3AndBelowTopics,
  };
  const topics = await add(broker, transaction, 0);
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    resultsByTransaction: [],
    resultsByTopicV3AndBelow: topics.map(({ name, resultsByPartition }) => ({
      name,
      resultsByPartition: resultsByPartition.map(({ partitionIndex, partitionErrorCode }) => ({
        partitionIndex,
        partitionErrorCode: fencedCode(partitionErrorCode, apiVersion, PRODUCER_FENCED_FROM),
      })),
    })),
  };
}

async function addForBroker(
  broker: Broker,
  { transactions }: AddPartitionsToTxnRequest,
  apiVersion: number,
): Promise<AddPartitionsToTxnResponseInit> {
  // None waits for another's records to be replicated.
  const resultsByTransaction = await Promise.all(transactions.map(async (transaction) => ({
    transactionalId: transaction.transactionalId,
    topicResults: transaction.verifyOnly
      ? verify(broker, transaction, apiVersion)
      : await add(broker, transaction, 2),
  })));
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    resultsByTransaction,
    resultsByTopicV3AndBelow: [],
  };
}

async function add(
  broker: Broker,
  transaction: AddPartitionsToTxnTransaction,
  clientVersion: number,
): Promise<AddPartitionsToTxnTopicResultInit[]> {
  const { transactionalId, producerId, producerEpoch, topics } = transaction;
  if (transactionalId === "") return answerAll(topics, () => ErrorCode.INVALID_REQUEST);
  const isKnown = (topic: string, index: number) =>
    broker.partitions.registration(topic, index) !== undefined;
  if (topics.some(({ name, partitions }) => partitions.some((index) => !isKnown(name, index)))) {
    return answerAll(
      topics,
      (topic, index) =>
        isKnown(topic, index)
          ? ErrorCode.OPERATION_NOT_ATTEMPTED
          : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    );
  }
  const errorCode = await broker.transactions.addPartitions({
    transactionalId,
    producerId,
    producerEpoch,
    partitions: new Map(topics.map(({ name, partitions }) => [name, partitions])),
    clientVersion,
  });
  return answerAll(topics, () => errorCode);
}

function verify(
  broker: Broker,
  { transactionalId, producerId, producerEpoch, topics }: AddPartitionsToTxnTransaction,
  apiVersion: number,
): AddPartitionsToTxnTopicResultInit[] {
  if (transactionalId === "") return answerAll(topics, () => ErrorCode.INVALID_REQUEST);
  const writer = { producerId, producerEpoch };
  return answerAll(topics, (topic, partition) => {
    const [errorCode] = broker.transactions.verify(transactionalId, writer, [{ topic, partition }]);
    return errorCode === ErrorCode.TRANSACTION_ABORTABLE && apiVersion < ABORTABLE_FROM
      ? ErrorCode.INVALID_TXN_STATE
      : errorCode!;
  });
}

function answerAll(
  topics: readonly AddPartitionsToTxnTopic[],
  code: (topic: string, partition: number) => number,
): AddPartitionsToTxnTopicResultInit[] {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: code(name, partitionIndex),
    })),
  }));
}
