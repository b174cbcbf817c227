import type { Partition } from "../partition.ts";
import type { FollowedPartition } from "./followed_partition.ts";
import { type FetcherEnvironment, ReplicaFetcher } from "./replica_fetcher.ts";

/** The fetchers of this broker: some for each broker that it follows in any partition. */
export class ReplicaFetchers {
  readonly #environment: FetcherEnvironment;
  readonly #fetchers = new Map<string, ReplicaFetcher>();
  readonly #fetcherOf = new Map<Partition, ReplicaFetcher>();
  #isStopped = false;

  /** @param perLeader `num.replica.fetchers` */
  constructor(environment: FetcherEnvironment, private readonly perLeader: number) {
    this.#environment = environment;
  }

  /** Begins to fetch the partition from the leader that it follows now, or ceases to. */
  follow(partition: Partition): void {
    const { leaderId, isLeader } = partition;
    const isFollower = !isLeader && leaderId >= 0 && partition.isOnline && !this.#isStopped;
    if (!isFollower) return this.forget(partition);
    const fetcher = this.#fetcherFor(leaderId, laneOf(partition, this.perLeader));
    if (this.#fetcherOf.get(partition) !== fetcher) this.forget(partition);
    this.#fetcherOf.set(partition, fetcher);
    fetcher.add(partition);
  }

  forget(partition: Partition): void {
    const fetcher = this.#fetcherOf.get(partition);
    if (fetcher === undefined) return;
    this.#fetcherOf.delete(partition);
    fetcher.remove(partition);
    if (fetcher.size > 0) return;
    for (const [key, each] of this.#fetchers) {
      if (each === fetcher) this.#fetchers.delete(key);
    }
  }

  /** All partitions that are followed. */
  *followed(): Generator<FollowedPartition> {
    for (const fetcher of this.#fetchers.values()) yield* fetcher.followed();
  }

  #fetcherFor(leaderId: number, lane: number): ReplicaFetcher {
    const key = `${leaderId}/${lane}`;
    let fetcher = this.#fetchers.get(key);
    if (fetcher === undefined) {
      fetcher = new ReplicaFetcher(leaderId, this.#environment);
      this.#fetchers.set(key, fetcher);
    }
    return fetcher;
  }

  stop(): void {
    this.#isStopped = true;
    for (const fetcher of this.#fetchers.values()) fetcher.stop();
    this.#fetchers.clear();
    this.#fetcherOf.clear();
  }
}

/** Partitions of a topic take turns, so that a large topic is spread over all fetchers. */
function laneOf({ topic: { name }, index }: Partition, lanes: number): number {
  if (lanes === 1) return 0;
  let hash = index;
  for (let i = 0; i < name.length; i++) hash = (Math.imul(31, hash) + name.charCodeAt(i)) | 0;
  return (hash >>> 0) % lanes;
}
