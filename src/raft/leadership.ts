import { invariant } from "../base/invariant.ts";
import type { EntryContent, Proposal, Refusal } from "./events.ts";
import type { AppendReply, ChunkReply, HeartbeatReply, NodeId, Seek } from "./messages.ts";
import { Progress } from "./progress.ts";
import type { RaftState } from "./raft_state.ts";
import { PendingReads, type Reader } from "./reads.ts";
import { Replicator } from "./replicator.ts";

/** The entry that opens a term, and one that sets voters: small, and the same for everybody. */
const CONTROL_ENTRY_BYTES = 200;

/** Whom a leader hands over to. */
interface Transfer {
  readonly to: NodeId;
  readonly deadlineMs: number;
}

/** What a node does, and knows, for as long as it leads. */
export class Leadership {
  readonly reads: PendingReads;
  readonly #replicator: Replicator;
  /** All nodes that get the log, voters and observers, but for this one. */
  readonly #progress = new Map<NodeId, Progress>();
  /** Where the entry that opened the term ends: what is committed below it was so before. */
  readonly #openingEnd: number;
  #transfer: Transfer | undefined;
  #heartbeatDeadlineMs = 0;
  #quorumDeadlineMs = 0;

  /** Opens the term with an entry of its own: older ones are committed along with it (5.4.2). */
  constructor(private readonly state: RaftState, granting: readonly NodeId[]) {
    const { config, nowMs, log, membership, self } = state;
    state.role = "leader";
    state.leader = self;
    state.emitStatus();
    this.reads = new PendingReads(state);
    this.#replicator = new Replicator(state);
    for (const voter of membership.voters) if (voter !== self) this.#track(voter);
    this.#heartbeatDeadlineMs = nowMs + config.heartbeatIntervalMs;
    this.#quorumDeadlineMs = nowMs + config.electionTimeoutMs;
    this.#openingEnd = log.endOffset + 1;
    const content: EntryContent = { kind: "leaderChange", granting };
    this.#append([{ count: 1, bytes: CONTROL_ENTRY_BYTES, content }]);
    this.#replicate();
  }

  get nextDeadlineMs(): number {
    if (this.#isAlone && this.#progress.size === 0) return Infinity;
    const transferMs = this.#transfer?.deadlineMs ?? Infinity;
    return Math.min(this.#heartbeatDeadlineMs, this.#quorumDeadlineMs, transferMs);
  }

  /** What it knows of other nodes, in the order in which they came. */
  get progress(): ReadonlyMap<NodeId, Progress> {
    return this.#progress;
  }

  get isTransferring(): boolean {
    return this.#transfer !== undefined;
  }

  /** Whether an entry of its own term is committed, and with it all that could be from before. */
  get isReady(): boolean {
    return this.state.highWatermark >= this.#openingEnd;
  }

  propose(proposals: readonly Proposal[]): void {
    const { state } = this;
    if (this.#transfer !== undefined) {
      const tokens = proposals.map(({ token }) => token);
      return state.emit({ type: "refused", reason: "transferring", tokens });
    }
    this.#append(proposals.map(({ count, bytes, token }) => ({
      count,
      bytes,
      content: { kind: "proposal", token },
    })));
    this.#replicate();
  }

  /** One voter more or less; any two majorities of neighbours share a node (dissertation, 4.1). */
  changeVoters(add: NodeId | undefined, remove: NodeId | undefined): void {
    const { state } = this;
    const { membership } = state;
    const reason = this.#refusalOfChange(add, remove);
    if (reason !== undefined) return state.emit({ type: "refused", reason, tokens: [] });
    const voters = membership.voters.filter((voter) => voter !== remove);
    if (add !== undefined) voters.push(add);
    if (remove !== undefined && this.#transfer?.to === remove) this.#transfer = undefined;
    if (add !== undefined && add !== state.self && !this.#progress.has(add)) this.#track(add);
    this.#append([{ count: 1, bytes: CONTROL_ENTRY_BYTES, content: { kind: "voters", voters } }]);
    this.#replicate();
    this.#commit();
  }

  /** Dissertation, 3.10: the new leader first gets all of the log. */
  transfer(to: NodeId): void {
    const { state } = this;
    const { config, membership, nowMs, self } = state;
    if (to === self || this.#transfer?.to === to) return;
    if (!membership.isVoter(to)) {
      return state.emit({ type: "refused", reason: "notVoter", tokens: [] });
    }
    this.#transfer = { to, deadlineMs: nowMs + config.electionTimeoutMs };
    const progress = this.#progress.get(to)!;
    if (!this.#handOverIfWhole(to, progress)) this.#replicator.sendAppend(to, progress);
  }

  read(reader: Reader): void {
    const { state, reads } = this;
    if (!this.isReady) return reads.addEarly(reader);
    if (this.#isAlone) return reads.answer(reader, state.highWatermark);
    reads.add(reader);
    this.#sendHeartbeats();
  }

  tick(): void {
    const { state } = this;
    const { nowMs, config } = state;
    if (this.#transfer !== undefined && nowMs >= this.#transfer.deadlineMs) {
      this.#transfer = undefined;
    }
    if (nowMs >= this.#quorumDeadlineMs) {
      this.#quorumDeadlineMs = nowMs + config.electionTimeoutMs;
      this.#forgetSilentObservers();
      if (!this.#hearsMajority()) return state.becomeFollower(state.term, undefined);
    }
    if (nowMs >= this.#heartbeatDeadlineMs) this.#sendHeartbeats();
  }

  /** What this node has appended is on its disk. */
  flushed(): void {
    this.#commit();
  }

  receiveReply(reply: AppendReply): void {
    const progress = this.#heard(reply.from, reply.repairId);
    if (progress === undefined) return;
    const isNews = this.#replicator.receiveReply(reply, progress);
    if (progress.matchOffset >= this.state.highWatermark) progress.caughtUpMs = progress.heardMs;
    if (isNews) this.#commit();
    if (this.state.role === "leader" && this.#transfer?.to === reply.from) {
      this.#handOverIfWhole(reply.from, progress);
    }
  }

  receiveHeartbeatReply({ from, readSequence, repairId }: HeartbeatReply): void {
    const progress = this.#heard(from, repairId);
    if (progress === undefined) return;
    if (progress.matchOffset >= this.state.highWatermark) progress.caughtUpMs = progress.heardMs;
    progress.readSequence = Math.max(progress.readSequence, readSequence);
    this.#replicator.revive(from, progress);
    this.#confirmReads();
  }

  receiveChunkReply(reply: ChunkReply): void {
    const progress = this.#progress.get(reply.from);
    if (progress === undefined) return;
    progress.heardMs = this.state.nowMs;
    this.#replicator.receiveChunkReply(reply, progress);
  }

  /** How far a node is, for who wants to know. */
  progressOf(node: NodeId): Progress | undefined {
    return this.#progress.get(node);
  }

  /** A node without a leader: when it is none of the voters, it is an observer from now on. */
  receiveSeek({ from, endOffset, repairId }: Seek): void {
    if (from === this.state.self) return;
    if (!this.#progress.has(from)) this.#track(from);
    const progress = this.#heard(from, repairId)!;
    if (progress.state === "snapshot") return;
    progress.becomeProbing(this.#replicator.probeAt(endOffset));
    this.#replicator.sendAppend(from, progress);
  }

  /** Its own entries from `endOffset` on are gone: without the first of its term it can't lead. */
  tookBack(endOffset: number): void {
    for (const progress of this.#progress.values()) {
      if (progress.nextOffset > endOffset) progress.becomeProbing(progress.matchOffset);
    }
    if (endOffset < this.#openingEnd) this.state.becomeFollower(this.state.term, undefined);
  }

  /** The connection broke: what was under way to the node may be lost. */
  peerLost(node: NodeId): void {
    const progress = this.#progress.get(node);
    if (progress?.state === "replicate") progress.becomeProbing(progress.matchOffset);
  }

  unreadable(node: NodeId): void {
    const progress = this.#progress.get(node);
    if (progress !== undefined) this.#replicator.restartSnapshot(node, progress);
  }

  get #isAlone(): boolean {
    const { membership, self } = this.state;
    return membership.voters.length === 1 && membership.voters[0] === self;
  }

  #track(node: NodeId): void {
    const { config, log, nowMs } = this.state;
    this.#progress.set(node, new Progress(config, log.endOffset, nowMs));
  }

  #heard(node: NodeId, repairId: number): Progress | undefined {
    const progress = this.#progress.get(node);
    if (progress === undefined) return undefined;
    progress.heardMs = this.state.nowMs;
    if (repairId !== progress.repairId) {
      if (repairId !== 0) progress.forget(repairId);
      else progress.repairId = 0;
    }
    return progress;
  }

  #append(
    entries: readonly {
      readonly count: number;
      readonly bytes: number;
      readonly content: EntryContent;
    }[],
  ): void {
    const { state } = this;
    const { log, membership, term } = state;
    const appended = entries.map(({ count, bytes, content }) => {
      const baseOffset = log.endOffset;
      log.append(baseOffset + count - 1, term, bytes);
      if (content.kind === "voters") membership.set(baseOffset, content.voters);
      return { baseOffset, count, content };
    });
    state.emit({ type: "append", term, entries: appended });
  }

  #replicate(): void {
    for (const [node, progress] of this.#progress) this.#replicator.sendMissing(node, progress);
  }

  /**
   * Commits what is on the disks of a majority, when it ends with an entry of this term: an older
   * one on a majority might still be overwritten (Raft paper, figure 8).
   */
  #commit(): void {
    const { state } = this;
    const { log, membership, self, term } = state;
    const durable = membership.voters.map((voter) =>
      voter === self ? log.flushedOffset : this.#progress.get(voter)?.matchOffset ?? 0
    ).sort((a, b) => b - a);
    const offset = durable[membership.majority - 1] ?? 0;
    if (offset <= state.highWatermark || log.termBefore(offset) !== term) return;
    const wasReady = this.isReady;
    state.commitTo(offset);
    for (const [node, progress] of this.#progress) this.#replicator.sendAppend(node, progress);
    if (!wasReady && this.isReady) {
      for (const reader of this.reads.takeEarly()) this.read(reader);
    }
    if (!membership.isVoter(self) && membership.offset < offset) this.#retire();
  }

  /** Its removal is committed: the voter that has most of the log goes on at once. */
  #retire(): void {
    const { state } = this;
    const { membership, self, term } = state;
    let heir: NodeId | undefined;
    let most = -1;
    for (const voter of membership.voters) {
      const { matchOffset } = this.#progress.get(voter)!;
      if (matchOffset > most) {
        most = matchOffset;
        heir = voter;
      }
    }
    invariant(heir !== undefined, "a quorum without voters");
    state.send({ type: "timeoutNow", from: self, to: heir, term });
    state.becomeFollower(term, undefined);
  }

  #refusalOfChange(add: NodeId | undefined, remove: NodeId | undefined): Refusal | undefined {
    const { membership, highWatermark } = this.state;
    const isOne = (add === undefined) !== (remove === undefined);
    invariant(isOne, "voters are added and removed one at a time");
    // Two leaders of different terms could else each change a set that the other does not know of.
    if (!this.isReady) return "notReady";
    if (membership.offset >= highWatermark) return "changeUnderWay";
    if (this.#transfer !== undefined) return "transferring";
    if (add !== undefined && membership.isVoter(add)) return "alreadyVoter";
    if (remove !== undefined && !membership.isVoter(remove)) return "notVoter";
    return remove !== undefined && membership.voters.length === 1 ? "lastVoter" : undefined;
  }

  #handOverIfWhole(to: NodeId, progress: Progress): boolean {
    const { self, term, log } = this.state;
    if (progress.matchOffset < log.endOffset) return false;
    this.state.send({ type: "timeoutNow", from: self, to, term });
    return true;
  }

  #sendHeartbeats(): void {
    const { state, reads } = this;
    const { self, term, highWatermark, config, nowMs, log } = state;
    this.#heartbeatDeadlineMs = nowMs + config.heartbeatIntervalMs;
    for (const [node, { matchOffset, repairId }] of this.#progress) {
      state.send({
        type: "heartbeat",
        from: self,
        to: node,
        term,
        highWatermark: Math.min(highWatermark, matchOffset),
        readSequence: reads.sequence,
        repairId,
        leaderEndOffset: log.endOffset,
      });
    }
  }

  #confirmReads(): void {
    const { membership, self } = this.state;
    const echoed = membership.voters.map((voter) =>
      voter === self ? this.reads.sequence : this.#progress.get(voter)?.readSequence ?? 0
    ).sort((a, b) => b - a);
    this.reads.confirmed(echoed[membership.majority - 1] ?? 0);
  }

  #hearsMajority(): boolean {
    const { membership, self, nowMs, config } = this.state;
    const heard = membership.voters.filter((voter) =>
      voter === self ||
      nowMs - (this.#progress.get(voter)?.heardMs ?? -Infinity) < config.electionTimeoutMs
    );
    return heard.length >= membership.majority;
  }

  #forgetSilentObservers(): void {
    const { membership, nowMs, config } = this.state;
    for (const [node, { heardMs }] of this.#progress) {
      const isSilent = nowMs - heardMs >= config.observerTimeoutMs;
      if (isSilent && !membership.isVoter(node)) this.#progress.delete(node);
    }
  }
}
