import type { Logger } from "../../base/logger.ts";
import type { Clock, Timer } from "../../io/clock.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import type { NodeId } from "../../raft/messages.ts";
import { nextVoterChange, type UpkeepNode, type UpkeepView } from "../../raft/quorum_upkeep.ts";
import type { RaftNode } from "../../raft/raft_node.ts";
import {
  MembershipChangeError,
  NotControllerError,
  type QuorumMembership,
} from "../metadata_quorum.ts";
import { peerOf } from "./raft_wire.ts";

/** Which voters an operator wants. */
export interface UpkeepSettings {
  /** `quorum.voters.max` */
  readonly votersMax: number;
  /** `quorum.voter.replacement.delay.ms` */
  readonly replacementDelayMs: number;
}

/** What a {@link QuorumUpkeep} works with. */
export interface QuorumUpkeepOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly node: RaftNode;
  readonly image: ClusterImage;
  readonly membership: QuorumMembership;
  /** Asked at each turn, so that they can change. */
  readonly settings: () => UpkeepSettings;
}

/** How often the leader looks after the voters, in milliseconds. */
const INTERVAL_MS = 500;
/** A node that was heard within this time is there, in milliseconds. */
const HEARD_WITHIN_MS = 2000;

/** On the leader: turns observers into voters and takes out those that are gone for good. */
export class QuorumUpkeep {
  #timer: Timer | undefined;
  #isLeading = false;
  #isChanging = false;
  /** By node, when it was first seen unhealthy, on the monotonic clock. */
  readonly #unhealthySince = new Map<NodeId, number>();

  constructor(private readonly options: QuorumUpkeepOptions) {}

  /** A new leader knows nothing of how long others have been away. */
  leadershipChanged(isLeader: boolean): void {
    this.#isLeading = isLeader;
    this.#unhealthySince.clear();
    this.#timer?.cancel();
    if (isLeader) this.#arm();
  }

  stop(): void {
    this.#isLeading = false;
    this.#timer?.cancel();
  }

  #arm(): void {
    this.#timer = this.options.clock.schedule(INTERVAL_MS, () => {
      if (!this.#isLeading) return;
      this.#arm();
      if (!this.#isChanging) void this.#look();
    });
  }

  async #look(): Promise<void> {
    const { logger, membership, image } = this.options;
    const change = nextVoterChange(this.#view());
    if (change === undefined) return;
    const { kind } = change;
    const peer = peerOf(change.node);
    this.#isChanging = true;
    try {
      if (kind === "add") await membership.addVoter(peer);
      else await membership.removeVoter(peer);
      const event = kind === "add" ? "broker votes in the quorum" : "broker votes no more";
      const rack = image.brokers.byId(peer.id)?.rack ?? null;
      logger.info(event, { brokerId: peer.id, directoryId: peer.directoryId, rack });
    } catch (error) {
      const isExpected = error instanceof MembershipChangeError ||
        error instanceof NotControllerError;
      const event = "voters not changed";
      const fields = { kind, brokerId: peer.id, error: String(error) };
      if (isExpected) logger.info(event, fields);
      else logger.error(event, fields);
    } finally {
      this.#isChanging = false;
    }
  }

  #view(): UpkeepView {
    const { node, settings } = this.options;
    const { membership, self, highWatermark } = node.state;
    const { votersMax } = settings();
    const voters = membership.voters.map((voter) => this.#describe(voter));
    const votingIds = new Set(voters.map(({ brokerId }) => brokerId));
    const candidates: UpkeepNode[] = [];
    for (const [observer, { matchOffset }] of node.leadership?.progress ?? []) {
      if (membership.isVoter(observer) || matchOffset < highWatermark) continue;
      const described = this.#describe(observer);
      if (!described.isHealthy || described.isGone) continue;
      if (!votingIds.has(described.brokerId)) candidates.push(described);
    }
    return { leader: self, voters, candidates, votersMax };
  }

  #describe(id: NodeId): UpkeepNode {
    const { node, image, clock, settings } = this.options;
    const { id: brokerId, directoryId } = peerOf(id);
    const registration = image.brokers.byId(brokerId);
    const isSelf = id === node.state.self;
    const nowMs = clock.monotonicMs();
    const heardMs = node.leadership?.progressOf(id)?.heardMs ?? -Infinity;
    const isHeard = isSelf || nowMs - heardMs < HEARD_WITHIN_MS;
    const isHealthy = isSelf || (isHeard && registration?.fenced === false);
    if (isHealthy) this.#unhealthySince.delete(id);
    else if (!this.#unhealthySince.has(id)) this.#unhealthySince.set(id, nowMs);
    const sinceMs = this.#unhealthySince.get(id);
    const { replacementDelayMs } = settings();
    return {
      node: id,
      brokerId,
      rack: registration?.rack ?? undefined,
      isHealthy,
      isGivenUp: sinceMs !== undefined && nowMs - sinceMs >= replacementDelayMs,
      isGone: !isSelf && !isHeard &&
        (registration === undefined || !registration.logDirs.includes(directoryId)),
    };
  }
}
