/** A replica that a consumer could read from. */
export interface ReadableReplica {
  readonly brokerId: number;
  /** Empty when it has none. */
  readonly rack: string;
  readonly logEndOffset: number;
  /** Milliseconds since it had all that the leader had. */
  readonly lagMs: number;
}

/**
 * The replica that a consumer in `rack` is to read from (KIP-392): one in its rack, the leader
 * before others, then the one that is furthest. The leader when there is none.
 */
export function replicaNearest(
  rack: string,
  leader: ReadableReplica,
  followers: readonly ReadableReplica[],
): number {
  if (rack === "" || leader.rack === rack) return leader.brokerId;
  let best: ReadableReplica | undefined;
  for (const replica of followers) {
    if (replica.rack !== rack) continue;
    if (best === undefined || isFurther(replica, best)) best = replica;
  }
  return best?.brokerId ?? leader.brokerId;
}

function isFurther(a: ReadableReplica, b: ReadableReplica): boolean {
  if (a.logEndOffset !== b.logEndOffset) return a.logEndOffset > b.logEndOffset;
  if (a.lagMs !== b.lagMs) return a.lagMs < b.lagMs;
  return a.brokerId < b.brokerId;
}
