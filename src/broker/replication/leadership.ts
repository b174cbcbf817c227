import type { PartitionRegistration } from "../../metadata/image/topics_image.ts";
import { type FollowerFetch, FollowerProgress } from "./follower_progress.ts";

/** A change of the in-sync set that the controller has been, or is to be, asked for. */
export interface IsrProposal {
  readonly leaderEpoch: number;
  /** The partition epoch that the change is based on. */
  readonly partitionEpoch: number;
  /** The set that is proposed, the leader included. */
  readonly isr: readonly number[];
  /** The set as it was. */
  readonly formerIsr: readonly number[];
}

/** What a {@link Leadership} can't know by itself. */
export interface FollowerRules {
  /** `replica.lag.time.max.ms`. */
  readonly lagMaxMs: number;
  /** The broker of that epoch is registered, not fenced and not about to stop. */
  isEligible(brokerId: number, brokerEpoch: number): boolean;
  /** The broker epoch of the registration; -1 when there is none. */
  registeredEpoch(brokerId: number): number;
}

/**
 * What the leader of a partition of several replicas knows in its epoch: how far each follower is,
 * which replicas are in sync, and the change of that set which is under way. Pure; time comes in.
 *
 * The high watermark counts on every replica that may be in sync (the maximal set): those of the
 * committed set and those of a proposal, because the controller may have committed the proposal
 * already without this broker knowing (Kafka's AlterPartition, KIP-497).
 */
export class Leadership {
  readonly followers = new Map<number, FollowerProgress>();
  #isr: readonly number[] = [];
  #partitionEpoch = -1;
  #proposal: IsrProposal | undefined;

  constructor(
    readonly brokerId: number,
    public leaderEpoch: number,
    /** Log end offset when the epoch began. */
    public epochStartOffset: number,
    private readonly rules: FollowerRules,
  ) {}

  /** Broker ids of the committed in-sync set. */
  get isr(): readonly number[] {
    return this.#isr;
  }

  get partitionEpoch(): number {
    return this.#partitionEpoch;
  }

  /** The change that is under way. */
  get proposal(): IsrProposal | undefined {
    return this.#proposal;
  }

  /** Takes over what the controller has committed; older news is passed over. */
  adopt(registration: PartitionRegistration, nowMs: number): void {
    const { replicas, isr, partitionEpoch } = registration;
    for (const id of this.followers.keys()) {
      if (!replicas.includes(id)) this.followers.delete(id);
    }
    this.commitIsr(isr, partitionEpoch);
    for (const id of replicas) {
      if (id === this.brokerId || this.followers.has(id)) continue;
      this.followers.set(id, new FollowerProgress(nowMs, isr.includes(id)));
    }
  }

  /** This broker leads on in a new epoch. */
  renew(registration: PartitionRegistration, epochStartOffset: number, nowMs: number): void {
    this.leaderEpoch = registration.leaderEpoch;
    this.epochStartOffset = epochStartOffset;
    this.#proposal = undefined;
    this.adopt(registration, nowMs);
    for (const id of this.#isr) this.followers.get(id)?.excuse(nowMs);
  }

  /** The set as the controller has committed it; it settles what was proposed before. */
  commitIsr(isr: readonly number[], partitionEpoch: number): void {
    if (partitionEpoch < this.#partitionEpoch) return;
    if (partitionEpoch > this.#partitionEpoch) this.#proposal = undefined;
    this.#isr = isr;
    this.#partitionEpoch = partitionEpoch;
  }

  /** @returns false when the broker holds no replica */
  fetched(fetch: FollowerFetch, leaderEndOffset: number, nowMs: number): boolean {
    const follower = this.followers.get(fetch.brokerId);
    if (follower === undefined) return false;
    follower.fetched(fetch, leaderEndOffset, nowMs);
    return true;
  }

  /**
   * The offset below which every replica has everything that is in sync, may be, or is about to be:
   * a follower that has caught up is waited for while it joins.
   *
   * @param ownEndOffset what of the leader's own log counts
   * @param leaderEndOffset end of the leader's log
   */
  committedOffset(ownEndOffset: number, leaderEndOffset: number, nowMs: number): number {
    let offset = ownEndOffset;
    for (const [id, follower] of this.followers) {
      if (follower.logEndOffset >= offset) continue;
      if (this.#mayBeInSync(id) || this.#isAboutToJoin(id, follower, leaderEndOffset, nowMs)) {
        offset = follower.logEndOffset;
      }
    }
    return offset;
  }

  /** Whether the follower `id` is to be proposed for the in-sync set. */
  mayJoin(id: number, highWatermark: number): boolean {
    if (this.#proposal !== undefined || this.#isr.includes(id)) return false;
    const follower = this.followers.get(id);
    return follower !== undefined && follower.logEndOffset >= highWatermark &&
      follower.logEndOffset >= this.epochStartOffset &&
      this.rules.isEligible(id, follower.brokerEpoch);
  }

  /** Members of the in-sync set that have not caught up for too long. */
  laggards(leaderEndOffset: number, nowMs: number): number[] {
    const { lagMaxMs } = this.rules;
    return this.#isr.filter((id) => {
      const follower = this.followers.get(id);
      return follower !== undefined && !follower.isCaughtUp(leaderEndOffset, nowMs, lagMaxMs);
    });
  }

  /** Notes that the in-sync set `isr` is wanted. Only when no other change is under way. */
  propose(isr: readonly number[]): IsrProposal {
    const { leaderEpoch } = this;
    const proposal = {
      leaderEpoch,
      partitionEpoch: this.#partitionEpoch,
      isr,
      formerIsr: this.#isr,
    };
    this.#proposal = proposal;
    return proposal;
  }

  /** The controller has refused the change for good: it did not take place. */
  withdraw(proposal: IsrProposal): void {
    if (this.#proposal === proposal) this.#proposal = undefined;
  }

  /** The broker epoch that replica `id` last fetched with; -1 when unknown. */
  brokerEpochOf(id: number): number {
    return this.followers.get(id)?.brokerEpoch ?? -1;
  }

  #mayBeInSync(id: number): boolean {
    return this.#isr.includes(id) ||
      (this.#proposal !== undefined && this.#proposal.isr.includes(id));
  }

  #isAboutToJoin(
    id: number,
    follower: FollowerProgress,
    leaderEndOffset: number,
    nowMs: number,
  ): boolean {
    const { lagMaxMs } = this.rules;
    return follower.isCaughtUp(leaderEndOffset, nowMs, lagMaxMs) &&
      this.rules.isEligible(id, follower.brokerEpoch);
  }
}
