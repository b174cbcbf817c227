import type { RecordProducer } from "../../coordinator/coordinator.ts";
import { bumpsEpochs, type ProducerIdentity } from "../../coordinator/transaction/transaction.ts";
import type { Clock } from "../../io/clock.ts";
import type { ProducerState } from "../../log/producer_states.ts";
import { CONSUMER_OFFSETS_TOPIC } from "../../metadata/topic_names.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import { buildTransactionMarker } from "../../protocol/records/control_record.ts";
import type { Partition } from "../partition.ts";
import type { Partitions } from "../partitions.ts";

/** The end of a transaction, as each of its partitions is told. */
export interface EndMarker extends ProducerIdentity {
  readonly committed: boolean;
  /** Leader epoch of the coordinator's partition. */
  readonly coordinatorEpoch: number;
  /** 2 when {@link producerEpoch} is above the one that the records were written with. */
  readonly clientVersion: number;
}

/** A partition by name. */
export interface PartitionName {
  readonly topic: string;
  readonly partition: number;
}

/** How markers reach the leaders of partitions. */
export interface TransactionMarkers {
  /**
   * Writes a marker to one partition, durably by the policy of its topic. Writing it again does no
   * harm. An error code, at once where that is possible.
   */
  write(marker: EndMarker, to: PartitionName): number | Promise<number>;
}

/** What a marker in `__consumer_offsets` means to those who look after that partition. */
export interface OffsetsShard {
  readonly state: string;
  markerAppended(producer: RecordProducer, committed: boolean): void;
}

/** What {@link LocalMarkerWriter} works with. */
export interface MarkerWriterOptions {
  readonly clock: Clock;
  readonly partitions: Partitions;
  /** The shard that keeps the offsets of a partition of `__consumer_offsets`. */
  offsetsShard(partition: number): OffsetsShard | undefined;
}

/** Appends markers to the partitions that this broker leads. */
export class LocalMarkerWriter implements TransactionMarkers {
  constructor(private readonly options: MarkerWriterOptions) {}

  write(marker: EndMarker, { topic, partition: index }: PartitionName): number | Promise<number> {
    const { partitions, offsetsShard } = this.options;
    const partition = partitions.find(topic, index);
    if (partition === undefined) return partitions.whyMissing(topic, index);
    const unavailable = partition.leaderAvailability();
    if (unavailable !== ErrorCode.NONE) return unavailable;
    if (partition.isUnderMinInSync) return ErrorCode.NOT_ENOUGH_REPLICAS;
    const shard = topic === CONSUMER_OFFSETS_TOPIC ? offsetsShard(index) : undefined;
    // A shard that loads might just have read past the place that the marker goes to.
    if (shard?.state === "loading") return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
    const verdict = judge(marker, partition.log.producers.get(marker.producerId));
    if (verdict === ErrorCode.NONE) return whenCommitted(partition);
    if (verdict !== undefined) return verdict;
    const outcome = partition.append(this.#batch(marker));
    if (outcome.kind === "rejected") return outcome.errorCode;
    const { producerId, producerEpoch, committed } = marker;
    shard?.markerAppended({ producerId, producerEpoch }, committed);
    return whenCommitted(partition);
  }

  #batch(marker: EndMarker): Uint8Array {
    const { producerId, producerEpoch, committed, coordinatorEpoch } = marker;
    return buildTransactionMarker({
      producerId,
      producerEpoch,
      committed,
      coordinatorEpoch,
      timestamp: this.options.clock.wallMs(),
    });
  }
}

/** NONE once all that is in the partition is committed, or why it is not known to be. */
function whenCommitted(partition: Partition): number | Promise<number> {
  const wait = partition.whenCommitted(partition.log.endOffset);
  if (wait === undefined) return announced(partition);
  return wait.outcome.then((errorCode) =>
    errorCode === ErrorCode.NONE ? announced(partition) : errorCode
  );
}

/** The last stable offset has moved: readers of committed records look again. */
function announced(partition: Partition): number {
  partition.waiters.changed();
  return ErrorCode.NONE;
}

/** What to answer without writing; undefined when the marker is to be written. */
function judge(marker: EndMarker, state: ProducerState | undefined): number | undefined {
  if (!bumpsEpochs(marker.clientVersion) || state?.epoch !== marker.producerEpoch) return undefined;
  // Records of the epoch that the marker itself begins are the next transaction's (KIP-1228).
  if (state.txnFirstOffset >= 0) return ErrorCode.INVALID_PRODUCER_EPOCH;
  return state.coordinatorEpoch >= 0 && state.batches.length === 0 ? ErrorCode.NONE : undefined;
}
