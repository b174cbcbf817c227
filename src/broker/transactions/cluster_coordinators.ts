import type { ProducerIdentity } from "../../coordinator/transaction/transaction.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import { NO_LEADER } from "../../metadata/image/topics_image.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { AddPartitionsToTxnTransaction } from "../../protocol/generated/add_partitions_to_txn_request.ts";
import type { AddPartitionsToTxnResult } from "../../protocol/generated/add_partitions_to_txn_response.ts";
import { addPartitionsToTxnApi } from "../../protocol/generated/apis/add_partitions_to_txn.ts";
import type { SharedPeers } from "../replication/cluster_calls.ts";
import type { PartitionName } from "./marker_writer.ts";
import { PeerBatches } from "./peer_batches.ts";
import type { PartitionsToAdd, TransactionCoordinators, Transactions } from "./transactions.ts";

/** What {@link ClusterCoordinators} works with. */
export interface ClusterCoordinatorsOptions {
  readonly brokerId: number;
  readonly image: ClusterImage;
  /** The coordinators on this broker. */
  readonly local: Transactions;
  readonly peers: SharedPeers;
}

/** From this version on the answer may tell that the transaction is to be aborted (KIP-890). */
const ADMISSION_VERSION = 5;

/**
 * The coordinators of all transactions, on whichever broker: those of others are asked by
 * AddPartitionsToTxn, many transactions in one request.
 */
export class ClusterCoordinators implements TransactionCoordinators {
  readonly #remote: PeerBatches<AddPartitionsToTxnTransaction, readonly number[]>;

  constructor(private readonly options: ClusterCoordinatorsOptions) {
    this.#remote = new PeerBatches(
      (brokerId, transactions) => this.#send(brokerId, transactions),
      ({ topics }) =>
        topics.flatMap(({ partitions }) =>
          partitions.map(() => ErrorCode.COORDINATOR_NOT_AVAILABLE)
        ),
    );
  }

  verify(
    transactionalId: string,
    writer: ProducerIdentity,
    names: readonly PartitionName[],
  ): readonly number[] | Promise<readonly number[]> {
    const { local, brokerId } = this.options;
    const leader = this.#leaderFor(transactionalId);
    if (leader === brokerId) return local.verify(transactionalId, writer, names);
    if (leader === NO_LEADER) return names.map(() => ErrorCode.COORDINATOR_NOT_AVAILABLE);
    const { producerId, producerEpoch } = writer;
    const topics = names.map(({ topic, partition }) => ({ name: topic, partitions: [partition] }));
    const asked = { transactionalId, producerId, producerEpoch, verifyOnly: true, topics };
    return this.#remote.ask(leader, asked);
  }

  async addPartitions(request: PartitionsToAdd): Promise<number> {
    const { local, brokerId } = this.options;
    const { transactionalId, producerId, producerEpoch, partitions } = request;
    const leader = this.#leaderFor(transactionalId);
    if (leader === brokerId) return await local.addPartitions(request);
    if (leader === NO_LEADER) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    const topics = Array.from(
      partitions,
      ([name, indexes]) => ({ name, partitions: [...indexes] }),
    );
    const asked = { transactionalId, producerId, producerEpoch, verifyOnly: false, topics };
    const codes = await this.#remote.ask(leader, asked);
    return codes.find((code) => code !== ErrorCode.NONE) ?? ErrorCode.NONE;
  }

  #leaderFor(transactionalId: string): number {
    const { local, image } = this.options;
    const index = local.topic.partitionFor(transactionalId);
    if (index === undefined) return NO_LEADER;
    return image.topics.byName(local.topic.name)?.partitions[index]?.leader ?? NO_LEADER;
  }

  async #send(
    brokerId: number,
    transactions: readonly AddPartitionsToTxnTransaction[],
  ): Promise<(readonly number[])[]> {
    const connection = await this.options.peers.shared(brokerId, "admission");
    const response = await connection.send(addPartitionsToTxnApi, ADMISSION_VERSION, {
      transactions,
      v3AndBelowTransactionalId: "",
      v3AndBelowProducerId: 0,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: [],
    });
    return response.resultsByTransaction.map(codesOf);
  }
}

/** In the order of the request. */
function codesOf({ topicResults }: AddPartitionsToTxnResult): number[] {
  return topicResults.flatMap(({ resultsByPartition }) =>
    resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode)
  );
}
