import { Elections } from "./elections.ts";
import type { Effect, RaftEvent } from "./events.ts";
import { Follower } from "./follower.ts";
import { Leadership } from "./leadership.ts";
import type { Entry, NodeId, RaftMessage } from "./messages.ts";
import type { RaftConfig } from "./raft_config.ts";
import { RaftState, type RestoredState } from "./raft_state.ts";

const NO_ENTRIES: readonly Entry[] = [];

/**
 * One node of a Raft group, without clock, disk or network: events in, effects out. The effects are
 * to be carried out in order (see {@link Effect}); time and chance come with each event.
 *
 * It follows Ongaro's dissertation: elections with a first round that changes nothing, leaders that
 * step down without a majority, changes of one voter at a time with the correction of 2015 (none
 * before an entry of the own term is committed), learners, transfer of leadership, read indexes,
 * snapshots. An index is a Kafka offset, an entry a batch of one or more.
 */
export class RaftNode {
  readonly #state: RaftState;
  readonly #elections: Elections;
  readonly #follower: Follower;
  #leadership: Leadership | undefined;
  /** Read requests that this node has sent to its leader. */
  readonly #readsAsked = new Set<number>();
  #readsAskedOf: NodeId | undefined;

  constructor(self: NodeId, config: RaftConfig, restored: RestoredState) {
    this.#state = new RaftState(self, config, restored);
    this.#elections = new Elections(this.#state);
    this.#follower = new Follower(this.#state);
  }

  /** What the node knows. Not to be changed. */
  get state(): Readonly<RaftState> {
    return this.#state;
  }

  /** What it knows of the others; undefined when it does not lead, or no more. */
  get leadership(): Leadership | undefined {
    return this.#state.role === "leader" ? this.#leadership : undefined;
  }

  /** A tick is due at this time of the clock that events tell. */
  get nextDeadlineMs(): number {
    return this.leadership?.nextDeadlineMs ?? this.#state.electionDeadlineMs;
  }

  /**
   * @param nowMs of a clock that never goes back
   * @param random in [0, 1), drawn for this event
   */
  step(event: RaftEvent, nowMs: number, random: number): readonly Effect[] {
    const state = this.#state;
    state.nowMs = nowMs;
    state.random = random;
    state.effects = [];
    this.#dispatch(event);
    if (state.role !== "leader" && this.#leadership !== undefined) {
      const { reads } = this.#leadership;
      this.#leadership = undefined;
      reads.abandon();
    }
    if (this.#readsAsked.size > 0 && state.leader !== this.#readsAskedOf) this.#abandonReads();
    return state.effects;
  }

  #dispatch(event: RaftEvent): void {
    const state = this.#state;
    const { leadership } = this;
    switch (event.type) {
      case "tick":
        return leadership === undefined ? this.#electionTick() : leadership.tick();
      case "receive":
        return this.#receive(event.message, event.entries ?? NO_ENTRIES, event.chunkBytes ?? 0);
      case "propose":
        if (leadership !== undefined) return leadership.propose(event.proposals);
        return this.#refuse(event.proposals.map(({ token }) => token));
      case "changeVoters":
        if (leadership === undefined) return this.#refuse([]);
        return leadership.changeVoters(event.add, event.remove);
      case "transfer":
        return leadership === undefined ? this.#refuse([]) : leadership.transfer(event.to);
      case "read":
        return this.#read(event.token);
      case "flushed":
        if (event.truncations !== state.log.truncations) return;
        state.log.flushed(event.endOffset);
        return leadership === undefined ? this.#follower.flushed() : leadership.flushed();
      case "appendFailed":
        return this.#takeBack(event.endOffset);
      case "peerLost":
        return leadership === undefined
          ? this.#connectionLost(event.peer)
          : leadership.peerLost(event.peer);
      case "campaign":
        if (leadership === undefined && state.isPromotable) this.#preCampaign();
        return;
      case "snapshotTaken":
        state.snapshot = event.snapshot;
        state.snapshotBytes = event.snapshotBytes;
        return;
      case "compacted":
        return state.log.compact(event.startOffset);
      case "snapshotInstalled":
        return this.#follower.installed(event);
      case "unreadable":
        return leadership?.unreadable(event.to);
    }
  }

  #takeBack(endOffset: number): void {
    const { log, membership } = this.#state;
    log.truncate(endOffset);
    membership.truncate(endOffset);
    this.leadership?.tookBack(endOffset);
  }

  #refuse(tokens: readonly number[]): void {
    this.#state.emit({ type: "refused", reason: "notLeader", tokens });
  }

  #electionTick(): void {
    const state = this.#state;
    if (state.nowMs < state.electionDeadlineMs) return;
    this.#seek();
    if (state.isPromotable) this.#preCampaign();
    else {
      if (state.role !== "follower" || state.leader !== undefined) {
        state.becomeFollower(state.term, undefined);
      }
      // An election is soon over: its winner is to be found soon.
      state.retryElectionSoon();
    }
  }

  /** Also voters ask around: one that was removed while it was away is sent nothing any more. */
  #seek(): void {
    const { log, repairId } = this.#state;
    this.#state.emit({ type: "seekLeader", endOffset: log.endOffset, repairId });
  }

  /** A process that ends resets its connections at once: no need to wait for its silence. */
  #connectionLost(peer: NodeId): void {
    const state = this.#state;
    if (state.role !== "follower" || state.leader !== peer) return;
    state.becomeFollower(state.term, undefined);
    state.electionDeadlineMs = state.nowMs + state.random * state.config.lostLeaderDelayMs;
  }

  #preCampaign(): void {
    if (this.#elections.preCampaign()) this.#lead();
  }

  #lead(): void {
    const leadership = new Leadership(this.#state, this.#elections.granting);
    this.#leadership = leadership;
  }

  #read(token: number): void {
    const state = this.#state;
    const { self, leader, term } = state;
    if (this.leadership !== undefined) {
      return this.leadership.read({ node: undefined, id: token });
    }
    if (leader === undefined) return state.emit({ type: "readIndex", token, offset: -1 });
    if (leader !== this.#readsAskedOf) this.#abandonReads();
    this.#readsAskedOf = leader;
    this.#readsAsked.add(token);
    state.send({ type: "read", from: self, to: leader, term, requestId: token });
  }

  #abandonReads(): void {
    for (const token of this.#readsAsked) {
      this.#state.emit({ type: "readIndex", token, offset: -1 });
    }
    this.#readsAsked.clear();
  }

  #receive(message: RaftMessage, entries: readonly Entry[], chunkBytes: number): void {
    const state = this.#state;
    if (message.to !== state.self) return;
    if (!this.#passesTerm(message)) return;
    switch (message.type) {
      case "vote":
        return this.#elections.answer(message);
      case "voteReply":
        if (this.#elections.receive(message)) this.#lead();
        return;
      case "append":
        return this.#follower.append(message, entries);
      case "heartbeat":
        return this.#follower.heartbeat(message);
      case "chunk":
        return this.#follower.chunk(message, chunkBytes);
      case "appendReply":
        return this.leadership?.receiveReply(message);
      case "heartbeatReply":
        return this.leadership?.receiveHeartbeatReply(message);
      case "chunkReply":
        return this.leadership?.receiveChunkReply(message);
      case "timeoutNow":
        if (!state.isPromotable || state.role === "leader") return;
        if (this.#elections.campaign(true)) this.#lead();
        return;
      default:
        return this.#receiveQuestion(message);
    }
  }

  #receiveQuestion(
    message: RaftMessage & { readonly type: "seek" | "leaderHint" | "read" | "readReply" },
  ): void {
    const state = this.#state;
    const { self, term, leader, log, repairId } = state;
    const { leadership } = this;
    switch (message.type) {
      case "seek":
        if (leadership !== undefined) return leadership.receiveSeek(message);
        return state.send({ type: "leaderHint", from: self, to: message.from, term, leader });
      case "leaderHint": {
        // Told again while a leader is known, or by one that believes in this node: of no use.
        const told = message.leader;
        if (leadership !== undefined || leader !== undefined || told === undefined) return;
        if (told === self) return;
        const { endOffset } = log;
        return state.send({ type: "seek", from: self, to: told, term, endOffset, repairId });
      }
      case "read":
        if (leadership !== undefined) {
          return leadership.read({ node: message.from, id: message.requestId });
        }
        return state.send({
          type: "readReply",
          from: self,
          to: message.from,
          term,
          requestId: message.requestId,
          offset: -1,
        });
      case "readReply":
        if (!this.#readsAsked.delete(message.requestId)) return;
        state.emit({ type: "readIndex", token: message.requestId, offset: message.offset });
    }
  }

  /** Compares terms (Raft paper, 5.1). @returns whether the message is to be looked at */
  #passesTerm(message: RaftMessage): boolean {
    const state = this.#state;
    const { type, term, from } = message;
    if (term > state.term) {
      if (type === "vote") {
        if (!message.isTransfer && state.isLeaderLeased) {
          if (message.isPreVote) this.#elections.refuse(message);
          return false;
        }
        if (message.isPreVote) return true;
      }
      // The grant of a pre-vote names the term that might come.
      if (type === "voteReply" && message.isPreVote && message.isGranted) return true;
      const isFromLeader = type === "append" || type === "heartbeat" || type === "chunk";
      state.becomeFollower(term, isFromLeader ? from : undefined);
      return true;
    }
    if (term === state.term) return true;
    switch (type) {
      case "seek":
      case "read":
        return true;
      case "vote":
        this.#elections.refuse(message);
        return false;
      case "append":
      case "heartbeat":
      case "chunk":
        this.#tellNewTerm(from);
        return false;
      default:
        return false;
    }
  }

  /** A leader of an older term has to learn of the newer one, or it and this node never agree. */
  #tellNewTerm(to: NodeId): void {
    const { self, term, repairId } = this.#state;
    const reply = { type: "appendReply", from: self, to, term, isAccepted: false } as const;
    this.#state.send({ ...reply, offset: 0, hintTerm: 0, hintEndOffset: 0, repairId });
  }
}
