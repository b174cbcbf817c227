import type { Clock } from "../../io/clock.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import type { Partition } from "../partition.ts";
import { type ReadableReplica, replicaNearest } from "./read_replica.ts";

/** Values of `replica.selector.class` that choose by rack; by the full name in Kafka's settings. */
const RACK_AWARE = /(^|\.)RackAwareReplicaSelector$/;

/** What {@link ReadReplicaSelector} works with. */
export interface SelectorOptions {
  readonly brokerId: number;
  readonly clock: Clock;
  readonly image: ClusterImage;
  /** `replica.selector.class`; null leaves all reads to leaders. */
  selectorClass(): string | null;
}

/** Sends consumers to the replica nearest to them, where the broker is set up to. */
export class ReadReplicaSelector {
  readonly #isOn: boolean;

  constructor(private readonly options: SelectorOptions) {
    this.#isOn = RACK_AWARE.test(options.selectorClass() ?? "");
  }

  /**
   * The broker that a consumer in `rack` is to fetch `offset` from; -1 when that is the leader,
   * which this broker is.
   */
  preferredFor(partition: Partition, rack: string, offset: number): number {
    const { leadership } = partition;
    if (!this.#isOn || rack === "" || leadership === undefined) return -1;
    const { brokerId, clock } = this.options;
    const nowMs = clock.monotonicMs();
    const { isr } = leadership;
    const followers: ReadableReplica[] = [];
    for (const [id, follower] of leadership.followers) {
      const { logEndOffset, logStartOffset, lastCaughtUpMs } = follower;
      // One that lags would hand out nothing, and be chosen again and again.
      if (!isr.includes(id) || logEndOffset < offset || logStartOffset > offset) continue;
      followers.push({
        brokerId: id,
        rack: this.#rackOf(id),
        logEndOffset,
        lagMs: nowMs - lastCaughtUpMs,
      });
    }
    const { endOffset } = partition.log;
    const rackOfLeader = this.#rackOf(brokerId);
    const leader = { brokerId, rack: rackOfLeader, logEndOffset: endOffset, lagMs: 0 };
    const chosen = replicaNearest(rack, leader, followers);
    return chosen === brokerId ? -1 : chosen;
  }

  #rackOf(brokerId: number): string {
    return this.options.image.brokers.byId(brokerId)?.rack ?? "";
  }
}
