import type { Logger } from "../../base/logger.ts";
import { HeldAllotment } from "../../metadata/storage/held_allotment.ts";
import type { TopicState } from "../topic_state.ts";
import type { LogTrims } from "./log_trims.ts";
import type { LedgerEntry, LedgerTopic } from "./partition_ledger.ts";

/** How shrunken limits are held; see {@link HeldAllotment}. */
export interface Hold {
  readonly nowMs: number;
  readonly graceMs: number;
  readonly isUnderPressure: boolean;
}

/** Keeps topics to `retention.topic.bytes`. */
export class TopicLimits {
  readonly #held = new WeakMap<TopicState, HeldAllotment>();
  readonly #warned = new WeakSet<TopicState>();

  #hasWarnedOfSum = false;

  constructor(private readonly logger: Logger, private readonly trims: LogTrims) {}

  /**
   * Deletes what topics have above their limits.
   *
   * @param entries of all partitions of `topics`, in their order
   * @returns what the topic that is nearest to its limit may still get
   */
  enforce(topics: readonly LedgerTopic[], entries: readonly LedgerEntry[], hold: Hold): number {
    let roomBytes = Infinity;
    let at = 0;
    for (const topic of topics) {
      const own = entries.slice(at, at += topic.partitions.length);
      const { limitBytes: newestBytes, isSpared } = topic.use.budget;
      const limitBytes = this.#hold(topic.state, newestBytes, hold);
      if (limitBytes === Infinity) continue;
      if (isSpared) this.#warn(topic, limitBytes);
      else roomBytes = Math.min(roomBytes, this.#enforce(topic, own, limitBytes));
    }
    return roomBytes;
  }

  /** Limits that can't all be used up are scaled by weight in the end; says so once. */
  warnOfMaximums(topics: readonly LedgerTopic[], capacityBytes: number): void {
    const sumBytes = topics.reduce((sum, topic) => sum + maximumOf(topic), 0);
    const isTooMuch = sumBytes > capacityBytes;
    if (isTooMuch && !this.#hasWarnedOfSum) {
      const fields = { sumBytes, capacityBytes };
      this.logger.warn("topics may have more together than the disk can take", fields);
    }
    this.#hasWarnedOfSum = isTooMuch;
  }

  /** A topic that has had no limit until now has a shrunken one as well. */
  #hold(state: TopicState, newestBytes: number, hold: Hold): number {
    let held = this.#held.get(state);
    if (held === undefined) this.#held.set(state, held = new HeldAllotment(newestBytes));
    return held.update(newestBytes, hold.nowMs, hold.graceMs, hold.isUnderPressure);
  }

  #enforce(
    { partitions, remoteBytes }: LedgerTopic,
    entries: readonly LedgerEntry[],
    limitBytes: number,
  ): number {
    const sizeBytes = () => partitions.reduce((sum, { log }) => sum + log.sizeBytes, remoteBytes);
    const overBytes = sizeBytes() - limitBytes;
    if (overBytes <= 0) return -overBytes;
    this.trims.trim(overBytes, entries, "topic", ({ topicShareBytes }) => topicShareBytes);
    return Math.max(0, limitBytes - sizeBytes());
  }

  #warn({ state, partitions }: LedgerTopic, limitBytes: number): void {
    const sizeBytes = partitions.reduce((sum, { log }) => sum + log.sizeBytes, 0);
    if (sizeBytes <= limitBytes) this.#warned.delete(state);
    else if (!this.#warned.has(state)) {
      this.#warned.add(state);
      const fields = { topic: state.name, sizeBytes, limitBytes };
      this.logger.warn("a compacted topic is above its limit, and is not trimmed", fields);
    }
  }
}

/** What the limits of a topic let it have here; 0 where it has none. */
function maximumOf({ partitions, use: { budget } }: LedgerTopic): number {
  const { limitBytes, partitionLimitBytes } = budget;
  const bytes = Math.min(limitBytes, partitionLimitBytes * partitions.length);
  return bytes === Infinity ? 0 : bytes;
}
