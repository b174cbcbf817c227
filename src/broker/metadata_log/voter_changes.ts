import type { Clock } from "../../io/clock.ts";
import type { RaftEvent, Refusal, Role } from "../../raft/events.ts";
import type { NodeId } from "../../raft/messages.ts";
import {
  MembershipChangeError,
  type MembershipRefusal,
  NotControllerError,
  type QuorumMembership,
  type QuorumPeer,
} from "../metadata_quorum.ts";
import type { ConsensusDriver } from "./consensus_driver.ts";
import { kraftVersionBatch } from "./control_batches.ts";
import { nodeIdOf, peerOf } from "./raft_wire.ts";

/** What {@link VoterChanges} work with. */
export interface VoterChangesOptions {
  readonly clock: Clock;
  readonly driver: ConsensusDriver;
  readonly electionTimeoutMs: number;
  /** Whether the log says already that voters can change. */
  readonly isDynamic: () => boolean;
  /** @throws {NotControllerError} */
  readonly assertLeading: () => void;
  /** Appends a batch of `count` records; resolves when it is committed. */
  readonly append: (batch: Uint8Array, count: number) => Promise<number>;
}

/** What is asked of the core, and how it ends. */
interface Change {
  /** Of the Voters record; undefined until it is in the log, or when none is needed. */
  offset: number | undefined;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

const REFUSALS: Readonly<Record<Refusal, MembershipRefusal | undefined>> = {
  notLeader: undefined,
  notReady: undefined,
  transferring: "changeUnderWay",
  changeUnderWay: "changeUnderWay",
  alreadyVoter: "alreadyVoter",
  notVoter: "notVoter",
  lastVoter: "lastVoter",
};

/** Changes who votes and who leads, from the leader's side: one at a time. */
export class VoterChanges implements QuorumMembership {
  #change: Change | undefined;
  #transfer: Change | undefined;

  constructor(private readonly options: VoterChangesOptions) {}

  async addVoter(peer: QuorumPeer): Promise<void> {
    const { assertLeading, isDynamic, append, driver, clock } = this.options;
    assertLeading();
    const { leadership, state } = driver.node;
    const add = nodeIdOf(peer);
    if (state.membership.voters.some((voter) => voter !== add && peerOf(voter).id === peer.id)) {
      throw refusal("alreadyVoter", `broker ${peer.id} votes with another directory`);
    }
    const progress = leadership?.progressOf(add);
    if (progress === undefined) {
      throw refusal("unknownPeer", `broker ${peer.id} does not follow the metadata log`);
    }
    if (progress.matchOffset < state.highWatermark) {
      throw refusal("notCaughtUp", `broker ${peer.id} has not got the metadata log yet`);
    }
    if (!isDynamic()) {
      const stamp = { baseOffset: 0, leaderEpoch: 0, timestampMs: clock.wallMs() };
      await append(kraftVersionBatch(stamp), 1);
    }
    await this.#changeVoters({ type: "changeVoters", add });
  }

  async removeVoter(peer: QuorumPeer): Promise<void> {
    this.options.assertLeading();
    await this.#changeVoters({ type: "changeVoters", remove: nodeIdOf(peer) });
  }

  async transferLeadership(toId: number): Promise<void> {
    const { assertLeading, driver, electionTimeoutMs } = this.options;
    assertLeading();
    const to = driver.node.state.membership.voters.find((voter) => peerOf(voter).id === toId);
    if (to === undefined) throw refusal("notVoter", `broker ${toId} is no voter`);
    if (to === driver.node.state.self) return;
    await this.#handOverTo(to, electionTimeoutMs * 2);
  }

  /** Lets the voter that has most of the log lead, when this node does; not for longer than that. */
  async handOver(timeoutMs: number): Promise<void> {
    const { leadership, state } = this.options.driver.node;
    if (leadership === undefined || !leadership.isReady) return;
    let heir: NodeId | undefined;
    let most = -1;
    for (const voter of state.membership.voters) {
      const progress = leadership.progressOf(voter);
      if (progress === undefined || progress.caughtUpMs < 0) continue;
      if (progress.matchOffset <= most) continue;
      most = progress.matchOffset;
      heir = voter;
    }
    if (heir === undefined) return;
    try {
      await this.#handOverTo(heir, timeoutMs);
    } catch (error) {
      // Then the others elect somebody when they miss this node.
      if (!isExpected(error)) throw error;
    }
  }

  /** The Voters record of the change under way is in the log. */
  appended(offset: number): void {
    if (this.#change !== undefined) this.#change.offset = offset;
  }

  refused(reason: Refusal): void {
    const change = this.#change ?? this.#transfer;
    const known = REFUSALS[reason];
    change?.reject(
      known === undefined
        ? new NotControllerError(-1)
        : refusal(known, `the voters stay as they are: ${known}`),
    );
  }

  /** The image has everything below `endOffset`. */
  replayed(endOffset: number): void {
    const offset = this.#change?.offset;
    if (offset !== undefined && offset < endOffset) this.#change?.resolve();
  }

  leaderKnown(role: Role, leader: NodeId | undefined): void {
    if (role === "follower" && leader !== undefined) this.#transfer?.resolve();
  }

  /** The change under way can't be brought to its end here. */
  abandon(reason: unknown): void {
    this.#change?.reject(reason);
  }

  async #changeVoters(event: RaftEvent): Promise<void> {
    if (this.#change !== undefined) {
      throw refusal("changeUnderWay", "another change of the voters is under way");
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#change = { offset: undefined, resolve, reject };
    try {
      this.options.driver.step(event);
      await promise;
    } finally {
      this.#change = undefined;
    }
  }

  async #handOverTo(to: NodeId, timeoutMs: number): Promise<void> {
    if (this.#transfer !== undefined) {
      throw refusal("changeUnderWay", "leadership is being handed over");
    }
    const { clock, driver } = this.options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = clock.schedule(timeoutMs, () => {
      reject(refusal("timedOut", "no other voter has taken the leadership over"));
    });
    this.#transfer = { offset: undefined, resolve, reject };
    try {
      driver.step({ type: "transfer", to });
      await promise;
    } finally {
      timer.cancel();
      this.#transfer = undefined;
    }
  }
}

function refusal(reason: MembershipRefusal, message: string): MembershipChangeError {
  return new MembershipChangeError(reason, message);
}

function isExpected(error: unknown): boolean {
  return error instanceof MembershipChangeError || error instanceof NotControllerError;
}
