import type { Broker } from "../broker/broker.ts";
import type { Partition, ProduceOutcome } from "../broker/partition.ts";
import type { OffsetWait } from "../broker/replication/offset_waiters.ts";
import { ErrorCode } from "../protocol/error_codes.ts";

/** An append that is to be answered when it is durable, or replicated. */
interface Pending {
  readonly partition: Partition;
  /** Resolves with an error code. */
  readonly outcome: Promise<number>;
  /** Set where replicas are waited for: only they can take longer than the client allows. */
  readonly replication: OffsetWait | undefined;
}

/**
 * What the appends of one Produce request still wait for: the flush policy of the topic with
 * acks=1, and all in-sync replicas with acks=all. `Response` stands for the answer of an append.
 */
export class ProduceWaits<Response extends object> {
  readonly #pending = new Map<Response, Pending>();

  constructor(private readonly acks: number) {}

  get isEmpty(): boolean {
    return this.#pending.size === 0;
  }

  /** Notes what `response` waits for after `outcome`, if anything. */
  add(
    response: Response,
    partition: Partition,
    { lastOffset, durable }: Exclude<ProduceOutcome, { kind: "rejected" }>,
  ): void {
    if (this.acks === -1 && partition.replicaCount > 1) {
      const wait = partition.whenCommitted(lastOffset + 1);
      if (wait === undefined) return;
      this.#pending.set(response, { partition, outcome: wait.outcome, replication: wait });
    } else if (durable !== undefined && this.acks !== 0) {
      const outcome = durable.then(() => ErrorCode.NONE, () => ErrorCode.KAFKA_STORAGE_ERROR);
      this.#pending.set(response, { partition, outcome, replication: undefined });
    }
  }

  /** The error codes of the appends that came to nothing, once all have ended. */
  async failures(
    clock: Broker["clock"],
    timeoutMs: number,
  ): Promise<ReadonlyMap<Response, number>> {
    const failures = new Map<Response, number>();
    const timer = clock.schedule(timeoutMs, () => this.#giveUp());
    for (const [response, { outcome }] of this.#pending) {
      const errorCode = await outcome;
      if (errorCode !== ErrorCode.NONE) failures.set(response, errorCode);
    }
    timer.cancel();
    return failures;
  }

  #giveUp(): void {
    for (const { partition, replication } of this.#pending.values()) {
      replication?.giveUp(
        partition.isUnderMinInSync
          ? ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND
          : ErrorCode.REQUEST_TIMED_OUT,
      );
    }
  }
}

/** What a producer is told with an error of {@link ProduceWaits.failures}. */
export function messageFor(errorCode: number): string {
  switch (errorCode) {
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return "The records could not be flushed.";
    case ErrorCode.REQUEST_TIMED_OUT:
      return "The in-sync replicas did not have the records in time.";
    case ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
      return "The records were appended, but too few replicas are in sync.";
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
      return "This broker ceased to lead the partition before the records were replicated.";
    default:
      return "The partition is gone.";
  }
}
