import type { Logger } from "../base/logger.ts";
import type { Clock, Timer } from "../io/clock.ts";
import type { Partition } from "./partition.ts";
import type { Partitions } from "./partitions.ts";

/** So many partitions are looked after before the event loop gets its turn. */
const PARTITIONS_PER_TURN = 50;

/** What {@link Housekeeping} works with. */
export interface HousekeepingOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly partitions: Partitions;
  /** `log.retention.check.interval.ms`. */
  readonly retentionCheckMs: number;
}

/** Rolls segments by time, lets old ones go, and forgets producers that are gone. */
export class Housekeeping {
  #timer: Timer | undefined;

  constructor(private readonly options: HousekeepingOptions) {}

  start(): void {
    const { clock, partitions, retentionCheckMs } = this.options;
    this.#timer = clock.schedule(retentionCheckMs, () => this.#round(partitions.all()));
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #round(rest: Generator<Partition>): void {
    for (let count = 0; count < PARTITIONS_PER_TURN; count++) {
      const next = rest.next();
      if (next.done === true) return this.start();
      this.#lookAfter(next.value);
    }
    this.#timer = this.options.clock.schedule(0, () => this.#round(rest));
  }

  #lookAfter(partition: Partition): void {
    if (!partition.isOnline) return;
    const { logger, clock } = this.options;
    const { topic, index, log, highWatermark } = partition;
    const nowMs = clock.wallMs();
    try {
      log.expireProducers(nowMs);
      log.rollIfDue(nowMs);
      const { deletedSegments: segments, deletedBytes: bytes } = log.applyRetention(
        nowMs,
        highWatermark,
      );
      if (segments > 0) {
        logger.info("segments deleted by retention", {
          topic: topic.name,
          partition: index,
          segments,
          bytes,
          logStartOffset: log.startOffset,
        });
      }
    } catch (error) {
      // Who next asks for the partition is told; here only the round has to go on.
      partition.failedWith(error);
    }
  }
}
