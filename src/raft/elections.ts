import type { NodeId, VoteReply, VoteRequest } from "./messages.ts";
import type { RaftState } from "./raft_state.ts";

/** What became of the votes that were counted. */
type Count = "won" | "lost" | "open";

/**
 * Elections in two rounds (dissertation, 3.4 and 9.6): nobody raises the term before a majority has
 * said that it would vote for it, so that a node that was cut off disturbs nobody when it is back.
 */
export class Elections {
  #votes = new Map<NodeId, boolean>();

  constructor(private readonly state: RaftState) {}

  /** Those who voted for this node in the election it won. */
  get granting(): NodeId[] {
    return [...this.#votes].filter(([, isGranted]) => isGranted).map(([node]) => node);
  }

  /** @returns whether the node is elected */
  preCampaign(): boolean {
    const { state } = this;
    state.role = "preCandidate";
    state.leader = undefined;
    state.leaderHeardMs = -Infinity;
    state.retryElectionSoon();
    state.emitStatus();
    this.#votes = new Map([[state.self, true]]);
    if (this.#count() === "won") return this.campaign(false);
    this.#ask(state.term + 1, true, false);
    return false;
  }

  /** @returns whether the node is elected, as it is when no other has to be asked */
  campaign(isTransfer: boolean): boolean {
    const { state } = this;
    state.term++;
    state.vote = state.self;
    state.role = "candidate";
    state.leader = undefined;
    state.leaderHeardMs = -Infinity;
    state.verifiedOffset = state.highWatermark;
    state.retryElectionSoon();
    state.persist();
    state.emitStatus();
    this.#votes = new Map([[state.self, true]]);
    if (this.#count() === "won") return true;
    this.#ask(state.term, false, isTransfer);
    return false;
  }

  /** Answers a request whose term is not below this node's, or any for a pre-vote. */
  answer(request: VoteRequest): void {
    const { state } = this;
    const isGranted = this.#mayVoteFor(request);
    // A promise of the first round binds nobody; a vote must outlast a crash before it is told.
    if (isGranted && !request.isPreVote) {
      state.vote = request.from;
      state.persist();
      state.resetElectionTimer();
    }
    state.send({
      type: "voteReply",
      from: state.self,
      to: request.from,
      term: isGranted ? request.term : state.term,
      isPreVote: request.isPreVote,
      isGranted,
    });
  }

  /** Refuses a request of another time, or one that a leased leader stands against. */
  refuse(request: VoteRequest): void {
    const { self, term } = this.state;
    const { from, isPreVote } = request;
    const reply = { type: "voteReply", from: self, to: from, term, isPreVote } as const;
    this.state.send({ ...reply, isGranted: false });
  }

  /** @returns whether the node is elected */
  receive(reply: VoteReply): boolean {
    const { state } = this;
    const isFirstRound = state.role === "preCandidate";
    if (!isFirstRound && state.role !== "candidate") return false;
    if (reply.isPreVote !== isFirstRound || !state.membership.isVoter(reply.from)) return false;
    // A grant of an earlier attempt of the first round says nothing about this one.
    const wantedTerm = isFirstRound ? state.term + 1 : state.term;
    if (reply.isGranted && reply.term !== wantedTerm) return false;
    if (!this.#votes.has(reply.from)) this.#votes.set(reply.from, reply.isGranted);
    switch (this.#count()) {
      case "won":
        return isFirstRound ? this.campaign(false) : true;
      case "lost":
        state.becomeFollower(state.term, undefined);
        return false;
      case "open":
        return false;
    }
  }

  /** A damaged log is no measure of anybody else's: its node has no say (see RestoredState). */
  #mayVoteFor({ from, term, isPreVote, isTransfer, lastTerm, endOffset }: VoteRequest): boolean {
    const { state } = this;
    if (state.repairId !== 0) return false;
    if (!isTransfer && state.isLeaderLeased) return false;
    if (isPreVote ? term <= state.term : term !== state.term) return false;
    if (!isPreVote && state.vote !== from && (state.vote ?? state.leader) !== undefined) {
      return false;
    }
    const { log } = state;
    return lastTerm > log.lastTerm || (lastTerm === log.lastTerm && endOffset >= log.endOffset);
  }

  #ask(term: number, isPreVote: boolean, isTransfer: boolean): void {
    const { state } = this;
    const { self, log } = state;
    const { lastTerm, endOffset } = log;
    for (const voter of state.membership.voters) {
      if (voter === self) continue;
      const request = { type: "vote", from: self, to: voter, term, isPreVote, isTransfer } as const;
      state.send({ ...request, lastTerm, endOffset });
    }
  }

  #count(): Count {
    const { voters, majority } = this.state.membership;
    let granted = 0;
    let refused = 0;
    for (const voter of voters) {
      const isGranted = this.#votes.get(voter);
      if (isGranted === true) granted++;
      else if (isGranted === false) refused++;
    }
    if (granted >= majority) return "won";
    return voters.length - refused < majority ? "lost" : "open";
  }
}
