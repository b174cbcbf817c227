import { ErrorCode } from "../../protocol/error_codes.ts";
import { describeProducersApi } from "../../protocol/generated/apis/describe_producers.ts";
import { describeTransactionsApi } from "../../protocol/generated/apis/describe_transactions.ts";
import { initProducerIdApi } from "../../protocol/generated/apis/init_producer_id.ts";
import { listTransactionsApi } from "../../protocol/generated/apis/list_transactions.ts";
import { writeTxnMarkersApi } from "../../protocol/generated/apis/write_txn_markers.ts";
import type { ProducerState } from "../../protocol/generated/describe_producers_response.ts";
import type {
  TransactionState as DescribedTransaction,
} from "../../protocol/generated/describe_transactions_response.ts";
import type {
  TransactionState as ListedTransaction,
} from "../../protocol/generated/list_transactions_response.ts";
import { type ClusterClient, CoordinatorKind, type Target } from "../cluster_client.ts";
import { BrokerError, expectNoError } from "../errors.ts";
import type { TopicPartition } from "../list_offsets.ts";
import { compareNames } from "./topics.ts";

function transactionCoordinator(transactionalId: string): Target {
  return { to: "coordinator", kind: CoordinatorKind.transaction, key: transactionalId };
}

/** The transactional ids that the coordinators of all brokers know (KIP-664). */
export async function listTransactions(client: ClusterClient): Promise<ListedTransaction[]> {
  const ids = await client.brokerIds();
  const lists = await Promise.all(ids.map((id) =>
    client.call(
      { to: "broker", id },
      listTransactionsApi,
      { stateFilters: [], producerIdFilters: [] },
      { check: ({ errorCode }) => expectNoError(errorCode, `transactions of broker ${id}`) },
    )
  ));
  return lists.flatMap(({ transactionStates }) => transactionStates)
    .sort((a, b) => compareNames(a.transactionalId, b.transactionalId));
}

/** @throws {BrokerError} TRANSACTIONAL_ID_NOT_FOUND */
export async function describeTransaction(
  client: ClusterClient,
  transactionalId: string,
): Promise<DescribedTransaction> {
  const target = transactionCoordinator(transactionalId);
  const response = await client.call(target, describeTransactionsApi, {
    transactionalIds: [transactionalId],
  }, {
    check: ({ transactionStates }) => {
      const code = transactionStates[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      expectNoError(code, `transactional id ${transactionalId}`);
    },
  });
  return response.transactionStates[0]!;
}

/**
 * Fences the producer of the transactional id, which aborts what it has open.
 * @throws {BrokerError} CONCURRENT_TRANSACTIONS when the abort takes longer than the operation may
 */
export async function fenceProducer(
  client: ClusterClient,
  transactionalId: string,
): Promise<{ readonly producerId: number; readonly producerEpoch: number }> {
  const target = transactionCoordinator(transactionalId);
  const response = await client.call(target, initProducerIdApi, {
    transactionalId,
    transactionTimeoutMs: 60_000,
  }, {
    check: ({ errorCode }) => expectNoError(errorCode, `transactional id ${transactionalId}`),
  });
  return response;
}

/** The producers that the leader of the partition remembers. @throws {BrokerError} */
export async function describeProducers(
  client: ClusterClient,
  { topic, partition }: TopicPartition,
): Promise<readonly ProducerState[]> {
  const response = await client.call({ to: "leader", topic, partition }, describeProducersApi, {
    topics: [{ name: topic, partitionIndexes: [partition] }],
  }, {
    check: ({ topics }) => {
      const answer = topics[0]?.partitions[0];
      const code = answer?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      expectNoError(code, `partition ${topic}-${partition}`, answer?.errorMessage);
    },
  });
  return response.topics[0]!.partitions[0]!.activeProducers;
}

/**
 * Ends a transaction that hangs in one partition, where no coordinator knows of it any more.
 * @throws {BrokerError}
 */
export async function abortHanging(
  client: ClusterClient,
  { topic, partition }: TopicPartition,
  producer: ProducerState,
): Promise<void> {
  await client.call({ to: "leader", topic, partition }, writeTxnMarkersApi, {
    markers: [{
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch,
      transactionResult: false,
      coordinatorEpoch: Math.max(0, producer.coordinatorEpoch),
      topics: [{ name: topic, partitionIndexes: [partition] }],
    }],
  }, {
    versionMax: 1,
    check: ({ markers }) => {
      const code = markers[0]?.topics[0]?.partitions[0]?.errorCode ??
        ErrorCode.UNKNOWN_SERVER_ERROR;
      if (code !== ErrorCode.NONE) {
        throw new BrokerError(code, `partition ${topic}-${partition}`);
      }
    },
  });
}
