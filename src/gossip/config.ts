/**
 * The times and sizes of the gossip, and what follows from them for a cluster of a given size. The
 * defaults are those of a local network, as memberlist has them, except where it says so.
 */
export interface GossipConfig {
  /** From one probe to the next. Shorter finds failures sooner and costs two packets each. */
  readonly probeIntervalMs: number;
  /** How long a probe waits for its answer before others are asked to try: about the 99th round trip. */
  readonly probeTimeoutMs: number;
  /** Members that are asked to probe for us when one does not answer. */
  readonly indirectProbes: number;
  /** From one round of news to the next. */
  readonly gossipIntervalMs: number;
  /** Members that get the news in one round. */
  readonly gossipFanout: number;
  /** For how long a failed member is still sent news, so that it can refute. */
  readonly gossipToTheFailedMs: number;
  /** Multiplier of {@link retransmitLimit}. More spreads news surer and costs packets. */
  readonly retransmitMultiplier: number;
  /** Multiplier of {@link suspicionMinMs}. More gives a slow member longer to refute. */
  readonly suspicionMultiplier: number;
  /** How much longer than the shortest a suspicion lasts that nobody else confirms. */
  readonly suspicionMaxMultiplier: number;
  /** Steps of the local health; the worst stretches all times of a probe by this much. */
  readonly healthSteps: number;
  /** From one exchange of everything to the next; see {@link pushPullIntervalMs}. */
  readonly pushPullIntervalMs: number;
  /**
   * When a member has come back, everything is exchanged within this time: two sides that were cut
   * off each spread news while the other could not hear it.
   */
  readonly resyncWithinMs: number;
  /** From one attempt to reach a failed member, or a seed that never answered, to the next. */
  readonly reconnectIntervalMs: number;
  /** From one attempt to find a cluster to the next, while nobody else is present. */
  readonly joinRetryMs: number;
  /** For how long members that failed or left are remembered. */
  readonly forgetAfterMs: number;
  /** Members that are remembered at most. */
  readonly membersMax: number;
  /** Bytes of the content of a packet at most. */
  readonly payloadBytesMax: number;
}

/** Bytes of a packet with all that is around its content; fits in one Ethernet frame. */
export const PACKET_BYTES_MAX = 1400;

export const DEFAULT_GOSSIP_CONFIG: GossipConfig = {
  probeIntervalMs: 1000,
  probeTimeoutMs: 500,
  indirectProbes: 3,
  gossipIntervalMs: 200,
  gossipFanout: 3,
  gossipToTheFailedMs: 30_000,
  retransmitMultiplier: 4,
  suspicionMultiplier: 4,
  suspicionMaxMultiplier: 6,
  healthSteps: 8,
  pushPullIntervalMs: 30_000,
  resyncWithinMs: 3000,
  // Serf waits 30 s; brokers that were cut off are to be one cluster again within ten.
  reconnectIntervalMs: 5000,
  joinRetryMs: 1000,
  forgetAfterMs: 24 * 3600 * 1000,
  membersMax: 1024,
  payloadBytesMax: 1350,
};

/** Members up to which {@link pushPullIntervalMs} is not stretched. */
const PUSH_PULL_MEMBERS_FREE = 32;

/**
 * How often one piece of news is sent: multiplier times the digits of the number of members, which
 * reaches all of them with high probability (SWIM, section 4.1).
 */
export function retransmitLimit(config: GossipConfig, members: number): number {
  return config.retransmitMultiplier * Math.ceil(Math.log10(members + 1));
}

/** How long a suspicion lasts that enough others share: grows with the logarithm of the members. */
export function suspicionMinMs(config: GossipConfig, members: number): number {
  const scale = Math.max(1, Math.log10(Math.max(1, members)));
  return config.suspicionMultiplier * scale * config.probeIntervalMs;
}

/** How many others have to share a suspicion for it to last the shortest (Lifeguard, 4.2). */
export function suspicionConfirmations(config: GossipConfig, members: number): number {
  const wanted = config.suspicionMultiplier - 2;
  // Neither we nor the suspect can confirm; in a small cluster nobody may be left to.
  return members - 2 < wanted ? 0 : wanted;
}

/** Each doubling of the members beyond 32 adds one interval, so that the load stays the same. */
export function pushPullIntervalMs(config: GossipConfig, members: number): number {
  if (members <= PUSH_PULL_MEMBERS_FREE) return config.pushPullIntervalMs;
  const doublings = Math.ceil(Math.log2(members) - Math.log2(PUSH_PULL_MEMBERS_FREE));
  return config.pushPullIntervalMs * (doublings + 1);
}
