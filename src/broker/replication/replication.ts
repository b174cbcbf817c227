import type { Logger } from "../../base/logger.ts";
import type { Clock, Timer } from "../../io/clock.ts";
import type { Partition } from "../partition.ts";
import type { Partitions, ReplicaListener } from "../partitions.ts";
import type { ControllerCalls, PeerDialer } from "./cluster_calls.ts";
import { IsrUpdates } from "./isr_updates.ts";
import type { IsrProposal } from "./leadership.ts";
import { ReplicaFetchers } from "./replica_fetchers.ts";

/** What {@link Replication} works with. */
export interface ReplicationOptions {
  readonly brokerId: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly partitions: Partitions;
  readonly controller: ControllerCalls;
  readonly peers: PeerDialer;
  /** The epoch of this broker's own registration; -1 before it is registered. */
  brokerEpoch(): number;
  /** The value of a broker setting. */
  setting(name: string): string | null;
}

/** How replication stands on this broker, for metrics. */
export interface ReplicationStatus {
  /** Partitions led here with fewer replicas in sync than there are. */
  readonly underReplicated: number;
  /** Partitions led here with fewer replicas in sync than `min.insync.replicas` asks for. */
  readonly underMinInSync: number;
  /** Partitions with a replica here that have no leader. */
  readonly leaderless: number;
  /** The most records that a replica here lacks of what its leader has committed. */
  readonly maxLag: number;
  /** Replicas here whose fetching rests after an error. */
  readonly failing: number;
  readonly isrShrinks: number;
  readonly isrExpands: number;
}

/**
 * Keeps the replicas of this broker in step with those of others: fetches for those that follow,
 * and takes changes of the in-sync sets of those that lead to the controller.
 */
export class Replication implements ReplicaListener {
  readonly #options: ReplicationOptions;
  readonly #fetchers: ReplicaFetchers;
  readonly #isrUpdates: IsrUpdates;
  readonly #lagCheckMs: number;
  #lagCheck: Timer | undefined;

  constructor(options: ReplicationOptions) {
    this.#options = options;
    const { brokerId, clock, logger, peers, partitions } = options;
    const number = (name: string) => Number(options.setting(name));
    const brokerEpoch = () => options.brokerEpoch();
    const settings = {
      minBytes: number("replica.fetch.min.bytes"),
      partitionMaxBytes: number("replica.fetch.max.bytes"),
      responseMaxBytes: number("replica.fetch.response.max.bytes"),
      maxWaitMs: number("replica.fetch.wait.max.ms"),
      backoffMs: number("replica.fetch.backoff.ms"),
      timeoutMs: number("replica.socket.timeout.ms"),
    };
    const throttle = partitions.followerThrottle;
    const environment = { brokerId, clock, logger, peers, settings, throttle, brokerEpoch };
    this.#fetchers = new ReplicaFetchers(environment, number("num.replica.fetchers"));
    const { controller } = options;
    this.#isrUpdates = new IsrUpdates({ brokerId, clock, logger, controller, brokerEpoch });
    // A follower is thus dropped between one and one and a half times the lag that it may have.
    this.#lagCheckMs = number("replica.lag.time.max.ms") / 2;
  }

  /** Begins to fetch, and to watch followers. The replicas must have their roles by now. */
  start(): void {
    this.#options.partitions.listen(this);
    this.#scheduleLagCheck();
  }

  stop(): void {
    this.#lagCheck?.cancel();
    this.#fetchers.stop();
    this.#isrUpdates.stop();
  }

  roleChanged(partition: Partition): void {
    this.#fetchers.follow(partition);
  }

  removed(partition: Partition): void {
    this.#fetchers.forget(partition);
  }

  isrProposed(partition: Partition, proposal: IsrProposal): void {
    this.#isrUpdates.submit(partition, proposal);
  }

  status(): ReplicationStatus {
    let underReplicated = 0;
    let underMinInSync = 0;
    let leaderless = 0;
    for (const partition of this.#options.partitions.all()) {
      if (partition.isLeader) {
        if (partition.inSyncReplicaCount < partition.replicaCount) underReplicated++;
        if (partition.isUnderMinInSync) underMinInSync++;
      } else if (partition.leaderId < 0) leaderless++;
    }
    let maxLag = 0;
    let failing = 0;
    for (const { lag, errorCode } of this.#fetchers.followed()) {
      if (lag > maxLag) maxLag = lag;
      if (errorCode !== 0) failing++;
    }
    const { shrinks: isrShrinks, expands: isrExpands } = this.#isrUpdates.counts;
    return { underReplicated, underMinInSync, leaderless, maxLag, failing, isrShrinks, isrExpands };
  }

  #scheduleLagCheck(): void {
    this.#lagCheck = this.#options.clock.schedule(this.#lagCheckMs, () => {
      for (const partition of this.#options.partitions.all()) partition.dropLaggards();
      this.#scheduleLagCheck();
    });
  }
}
