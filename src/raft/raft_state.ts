import { invariant } from "../base/invariant.ts";
import type { Effect, Role } from "./events.ts";
import type { LogSummary } from "./log_summary.ts";
import type { Membership } from "./membership.ts";
import type { NodeId, RaftMessage, SnapshotId } from "./messages.ts";
import type { RaftConfig } from "./raft_config.ts";

/** What a node is started with, as it was found on its disk. */
export interface RestoredState {
  readonly term: number;
  readonly vote: NodeId | undefined;
  /** All of it is durable. */
  readonly log: LogSummary;
  readonly membership: Membership;
  /** At least what the snapshot holds. */
  readonly highWatermark: number;
  readonly snapshot: SnapshotId | undefined;
  readonly snapshotBytes: number;
  /**
   * Not 0 when the log lost entries that it once had on disk; any number that was not used before.
   * Such a node votes for nobody, itself included, until it has all that a leader's log held when
   * it first answered: else a log that is short because it was damaged could pass for one that is
   * short because it was slow, and an acknowledged entry be outvoted.
   */
  readonly repairId: number;
}

/** What a node knows in each role, and what the classes of this folder share. */
export class RaftState {
  term: number;
  vote: NodeId | undefined;
  role: Role = "follower";
  leader: NodeId | undefined;
  readonly log: LogSummary;
  readonly membership: Membership;
  /** All below it is committed. */
  highWatermark: number;
  /** All below it is known to be the same in the leader's log of this term. */
  verifiedOffset: number;
  snapshot: SnapshotId | undefined;
  snapshotBytes: number;
  repairId: number;
  /** The leader's log end when it first answered to this repair; undefined before. */
  repairTarget: number | undefined;
  /** A snapshot is about to take the place of the log: nothing is added to it, and it can't lead. */
  isInstalling = false;
  /** When a follower stands for election. */
  electionDeadlineMs = 0;
  /** When the leader was last heard; -Infinity when its lease is void. */
  leaderHeardMs = -Infinity;
  /** Elections in a row that came to nothing. */
  #attempts = 0;
  /** Of the event under way. */
  nowMs = 0;
  /** Of the event under way, in [0, 1). */
  random = 0;
  effects: Effect[] = [];

  constructor(readonly self: NodeId, readonly config: RaftConfig, restored: RestoredState) {
    const { log, highWatermark } = restored;
    invariant(
      log.startOffset <= highWatermark && highWatermark <= log.endOffset,
      "the high watermark lies outside of the log",
    );
    this.term = restored.term;
    this.vote = restored.vote;
    this.log = log;
    this.membership = restored.membership;
    this.highWatermark = highWatermark;
    this.verifiedOffset = highWatermark;
    this.snapshot = restored.snapshot;
    this.snapshotBytes = restored.snapshotBytes;
    this.repairId = restored.repairId;
  }

  /** Whether it may stand for election. */
  get isPromotable(): boolean {
    return this.membership.mayLead(this.self) && this.repairId === 0 && !this.isInstalling;
  }

  /**
   * Whether a leader was heard so recently that nobody can have been elected since, as far as this
   * node has a say: it then helps nobody to disturb that leader (dissertation, 4.2.3).
   */
  get isLeaderLeased(): boolean {
    if (this.role === "leader") return true;
    return this.leader !== undefined &&
      this.nowMs - this.leaderHeardMs < this.config.electionTimeoutMs;
  }

  emit(effect: Effect): void {
    this.effects.push(effect);
  }

  send(message: RaftMessage): void {
    this.effects.push({ type: "send", message });
  }

  /** Written once where nothing but news of the status comes between two changes. */
  persist(): void {
    const { term, vote, repairId, effects } = this;
    let last = effects.length - 1;
    while (last >= 0 && effects[last]!.type === "status") last--;
    if (last >= 0 && effects[last]!.type === "persist") effects.splice(last, 1);
    this.emit({ type: "persist", term, vote, mustRepair: repairId !== 0 });
  }

  emitStatus(): void {
    const { role, term, leader } = this;
    this.emit({ type: "status", role, term, leader });
  }

  /** Draws a new time at which patience with the leader, or the election, ends. */
  resetElectionTimer(): void {
    this.electionDeadlineMs = this.nowMs + this.config.electionTimeoutMs * (1 + this.random);
  }

  /** Draws the time of another attempt: soon at first, and less and less so when none succeeds. */
  retryElectionSoon(): void {
    const { electionTimeoutMs, lostLeaderDelayMs } = this.config;
    const delayMs = Math.min(electionTimeoutMs, lostLeaderDelayMs * 2 ** this.#attempts++);
    this.electionDeadlineMs = this.nowMs + delayMs * (1 + this.random);
  }

  /** Takes part in `term`, which is this one or a later one, under `leader` when it is known. */
  becomeFollower(term: number, leader: NodeId | undefined): void {
    const isNewTerm = term > this.term;
    const isChange = isNewTerm || this.role !== "follower" || this.leader !== leader;
    if (this.role === "leader" || isNewTerm) this.resetElectionTimer();
    if (isNewTerm) {
      this.term = term;
      this.vote = undefined;
      this.persist();
    }
    if (isNewTerm || leader !== this.leader) {
      this.verifiedOffset = this.highWatermark;
      this.repairTarget = undefined;
    }
    this.role = "follower";
    this.leader = leader;
    if (leader === undefined) this.leaderHeardMs = -Infinity;
    if (isChange) this.emitStatus();
  }

  /** The leader of this term was heard. */
  followLeader(leader: NodeId): void {
    invariant(this.role !== "leader", "two leaders in one term");
    if (this.role !== "follower" || this.leader !== leader) this.becomeFollower(this.term, leader);
    this.leaderHeardMs = this.nowMs;
    this.#attempts = 0;
    this.resetElectionTimer();
  }

  /** Moves the high watermark up to `offset`; it never goes back. */
  commitTo(offset: number): void {
    if (offset <= this.highWatermark) return;
    invariant(offset <= this.log.endOffset, "what is committed is not in the log");
    this.highWatermark = offset;
    this.membership.settle(offset);
    this.emit({ type: "commit", highWatermark: offset });
  }
}
