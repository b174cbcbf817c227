import { invariant } from "../base/invariant.ts";
import type { RaftEvent } from "./events.ts";
import type {
  Append,
  Chunk,
  Entry,
  Heartbeat,
  NodeId,
  RepairNotice,
  SnapshotId,
} from "./messages.ts";
import type { RaftState } from "./raft_state.ts";

/** A snapshot that is coming in. */
interface Incoming {
  /** Two nodes may lay the same snapshot out in different bytes. */
  readonly from: NodeId;
  readonly snapshot: SnapshotId;
  position: number;
}

/** A follower's side of replication. What is acknowledged is on disk. */
export class Follower {
  #incoming: Incoming | undefined;
  /** Batches were stored whose acknowledgement waits for the disk. */
  #owesReply = false;

  constructor(private readonly state: RaftState) {}

  append(message: Append, entries: readonly Entry[]): void {
    const { state } = this;
    const { log } = state;
    state.followLeader(message.from);
    this.#noteRepair(message);
    if (state.isInstalling) return;
    const { prevOffset, prevTerm, endOffset } = message;
    if (prevOffset < log.startOffset || endOffset <= state.highWatermark) {
      // Sent before the leader knew how far this log is: all that is committed is the same.
      this.#verified(state.highWatermark);
      return this.#acknowledge();
    }
    if (log.termBefore(prevOffset) !== prevTerm) return this.#refuse(message);
    const storesSome = this.#store(message, entries);
    this.#verified(endOffset);
    state.commitTo(Math.min(message.highWatermark, state.verifiedOffset));
    if (storesSome) this.#owesReply = true;
    else this.#acknowledge();
  }

  heartbeat(message: Heartbeat): void {
    const { state } = this;
    state.followLeader(message.from);
    this.#noteRepair(message);
    // The leader says no more than this node has acknowledged to it, before a restart perhaps; only
    // a repair makes that void.
    const { highWatermark } = message;
    if (state.repairId === 0) this.#verified(Math.min(highWatermark, state.log.flushedOffset));
    state.commitTo(Math.min(highWatermark, state.verifiedOffset));
    state.send({
      type: "heartbeatReply",
      from: state.self,
      to: message.from,
      term: state.term,
      readSequence: message.readSequence,
      repairId: state.repairId,
    });
  }

  /** Acknowledges what has become durable. */
  flushed(): void {
    this.#repairIfWhole();
    const { state } = this;
    if (!this.#owesReply || state.role !== "follower") return;
    if (state.log.flushedOffset >= state.verifiedOffset) this.#owesReply = false;
    this.#acknowledge();
  }

  chunk(message: Chunk, chunkBytes: number): void {
    const { state } = this;
    const { log } = state;
    const { snapshot } = message;
    state.followLeader(message.from);
    if (state.isInstalling) return;
    if (snapshot.endOffset <= state.highWatermark) {
      this.#verified(state.highWatermark);
      return this.#acknowledge();
    }
    if (log.termBefore(snapshot.endOffset) === snapshot.term) {
      // The log has it all already, and a snapshot holds nothing that is not committed.
      this.#verified(snapshot.endOffset);
      state.commitTo(snapshot.endOffset);
      return this.#acknowledge();
    }
    this.#receiveChunk(message, chunkBytes);
  }

  /** The snapshot stands in the place of the log, or was of no use. */
  installed(event: RaftEvent & { readonly type: "snapshotInstalled" }): void {
    const { state } = this;
    const { snapshot, isInstalled, voters, snapshotBytes } = event;
    this.#incoming = undefined;
    state.isInstalling = false;
    if (!isInstalled) return;
    invariant(snapshot.endOffset > state.highWatermark, "a snapshot that undoes commits");
    state.log.restart(snapshot.endOffset, snapshot.term);
    state.membership.restart(voters);
    state.snapshot = snapshot;
    state.snapshotBytes = snapshotBytes;
    state.commitTo(snapshot.endOffset);
    this.#verified(snapshot.endOffset);
    if (state.role === "follower") this.#acknowledge();
  }

  /** The leader's answer to `repairId` tells what a whole log has. */
  #noteRepair({ repairId, leaderEndOffset }: RepairNotice): void {
    const { state } = this;
    if (state.repairId === 0 || repairId !== state.repairId) return;
    state.repairTarget ??= leaderEndOffset;
    this.#repairIfWhole();
  }

  #repairIfWhole(): void {
    const { state } = this;
    const { repairTarget, verifiedOffset, log } = state;
    if (repairTarget === undefined) return;
    if (Math.min(verifiedOffset, log.flushedOffset) < repairTarget) return;
    state.repairId = 0;
    state.repairTarget = undefined;
    state.persist();
    state.emit({ type: "repaired" });
  }

  /** @returns whether there was anything that the log did not have */
  #store({ prevOffset, endOffset }: Append, entries: readonly Entry[]): boolean {
    const { state } = this;
    const { log, membership } = state;
    const first = entries.findIndex(({ lastOffset, term }) => log.termAt(lastOffset) !== term);
    if (first < 0) return false;
    const cutAt = first === 0 ? prevOffset : entries[first - 1]!.lastOffset + 1;
    if (cutAt < log.endOffset) {
      invariant(cutAt >= state.highWatermark, "a leader that would undo commits");
      log.truncate(cutAt);
      membership.truncate(cutAt);
      state.verifiedOffset = Math.min(state.verifiedOffset, cutAt);
      state.emit({ type: "truncate", endOffset: cutAt });
    }
    for (let i = first; i < entries.length; i++) {
      const { lastOffset, term, bytes, voters } = entries[i]!;
      log.append(lastOffset, term, bytes);
      if (voters !== undefined) membership.set(lastOffset, voters);
    }
    state.emit({ type: "store", fromOffset: cutAt, endOffset });
    return true;
  }

  #receiveChunk(message: Chunk, chunkBytes: number): void {
    const { state } = this;
    const { snapshot, position, snapshotBytes } = message;
    if (this.#incoming?.from !== message.from || !isSame(this.#incoming.snapshot, snapshot)) {
      this.#incoming = { from: message.from, snapshot, position: 0 };
    }
    const incoming = this.#incoming;
    if (position === incoming.position) {
      state.emit({ type: "storeChunk", chunk: message });
      incoming.position += chunkBytes;
    }
    state.send({
      type: "chunkReply",
      from: state.self,
      to: message.from,
      term: state.term,
      snapshot,
      position: incoming.position,
    });
    if (incoming.position < snapshotBytes) return;
    state.isInstalling = true;
    state.emit({ type: "installSnapshot", snapshot });
  }

  #verified(offset: number): void {
    const { state } = this;
    state.verifiedOffset = Math.max(state.verifiedOffset, offset);
    this.#repairIfWhole();
  }

  #acknowledge(): void {
    const { state } = this;
    const { self, leader, term, verifiedOffset, log, repairId } = state;
    if (leader === undefined) return;
    const offset = Math.min(verifiedOffset, log.flushedOffset);
    const reply = { type: "appendReply", from: self, to: leader, term, isAccepted: true } as const;
    state.send({ ...reply, offset, hintTerm: 0, hintEndOffset: 0, repairId });
  }

  #refuse({ prevOffset, prevTerm }: Append): void {
    const { state } = this;
    const { self, leader, term, log, repairId } = state;
    const hint = log.endOfTerm(prevTerm);
    state.send({
      type: "appendReply",
      from: self,
      to: leader!,
      term,
      isAccepted: false,
      offset: prevOffset,
      hintTerm: hint.term,
      hintEndOffset: Math.min(hint.endOffset, prevOffset),
      repairId,
    });
  }
}

function isSame(a: SnapshotId, b: SnapshotId): boolean {
  return a.endOffset === b.endOffset && a.term === b.term;
}
