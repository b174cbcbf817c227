import type { AppendReply, ChunkReply, NodeId } from "./messages.ts";
import type { Progress } from "./progress.ts";
import type { RaftState } from "./raft_state.ts";

/** A leader's side of replication to single nodes: what to send to whom, and what answers mean. */
export class Replicator {
  constructor(private readonly state: RaftState) {}

  /** Where to probe a log that ends with `endOffset`, or parts there: where a batch begins. */
  probeAt(endOffset: number): number {
    const { log } = this.state;
    return endOffset < log.startOffset ? endOffset : log.boundaryAtOrBelow(endOffset);
  }

  /** Sends what the node lacks, as far as its limits allow; nothing when it lacks nothing. */
  sendMissing(node: NodeId, progress: Progress): void {
    while (!progress.isPaused && progress.nextOffset < this.state.log.endOffset) {
      if (!this.#sendOne(node, progress)) return;
    }
  }

  /** As {@link sendMissing}, and an empty append where that would be nothing: it tells of commits. */
  sendAppend(node: NodeId, progress: Progress): void {
    if (progress.state === "snapshot") return;
    if (progress.isPaused) {
      if (progress.state === "replicate") this.#send(node, progress, progress.nextOffset);
      return;
    }
    if (this.#sendOne(node, progress)) this.sendMissing(node, progress);
  }

  /** @returns whether the node has more on its disk than was known */
  receiveReply(reply: AppendReply, progress: Progress): boolean {
    return reply.isAccepted ? this.#accepted(reply, progress) : this.#refused(reply, progress);
  }

  receiveChunkReply({ from, snapshot, position }: ChunkReply, progress: Progress): void {
    const current = progress.snapshot;
    if (current?.endOffset !== snapshot.endOffset || current.term !== snapshot.term) return;
    if (position === progress.snapshotPosition) return;
    progress.snapshotPosition = position;
    if (position < progress.snapshotBytes) this.#sendChunk(from, progress);
  }

  /** The node answers heartbeats: what it seems to lack may have been lost, or its answer was. */
  revive(node: NodeId, progress: Progress): void {
    if (progress.state === "snapshot") {
      if (progress.isChunkRecent) progress.isChunkRecent = false;
      else this.#sendChunk(node, progress);
      return;
    }
    progress.isProbing = false;
    if (progress.isFull) progress.freeOldest();
    if (progress.matchOffset < this.state.log.endOffset) this.sendAppend(node, progress);
  }

  /** The newest snapshot, from its front. */
  restartSnapshot(node: NodeId, progress: Progress): void {
    const { snapshot, snapshotBytes } = this.state;
    if (snapshot === undefined) return;
    progress.becomeSnapshotting(snapshot, snapshotBytes);
    this.#sendChunk(node, progress);
  }

  #accepted({ from, offset }: AppendReply, progress: Progress): boolean {
    const { log } = this.state;
    const wasPaused = progress.isPaused;
    const isNews = progress.acknowledged(Math.min(offset, log.endOffset));
    if (progress.state === "probe") {
      // The answer to an empty probe is no news, and yet tells that the logs agree.
      if (progress.matchOffset >= log.startOffset) progress.becomeReplicating();
    } else if (progress.state === "snapshot" && progress.matchOffset >= log.startOffset) {
      progress.becomeReplicating();
    }
    // While nothing could be sent to it, it was not told what was committed either.
    if (wasPaused && !progress.isPaused) this.sendAppend(from, progress);
    else this.sendMissing(from, progress);
    return isNews;
  }

  #refused(reply: AppendReply, progress: Progress): boolean {
    const { log } = this.state;
    const { from, offset, hintTerm, hintEndOffset } = reply;
    if (progress.state === "snapshot") return false;
    if (progress.state === "replicate") {
      // Refused although it has more: the message was older than what it has acknowledged.
      if (offset <= progress.matchOffset) return false;
    } else if (offset !== progress.nextOffset) return false;
    const common = Math.min(hintEndOffset, log.endOfTerm(hintTerm).endOffset, offset - 1);
    progress.becomeProbing(this.probeAt(common));
    this.sendAppend(from, progress);
    return false;
  }

  /** @returns false when the node needs a snapshot first */
  #sendOne(node: NodeId, progress: Progress): boolean {
    const { log, config } = this.state;
    const from = progress.nextOffset;
    const end = log.rangeEnd(from, config.appendBytesMax);
    if (!this.#send(node, progress, end)) return false;
    progress.sent(end, log.bytesBetween(from, end));
    return true;
  }

  /** @returns false when the node needs a snapshot first */
  #send(node: NodeId, progress: Progress, endOffset: number): boolean {
    const { self, term, log, highWatermark } = this.state;
    const prevOffset = progress.nextOffset;
    const prevTerm = log.termBefore(prevOffset);
    if (prevTerm === undefined) {
      this.restartSnapshot(node, progress);
      return false;
    }
    this.state.send({
      type: "append",
      from: self,
      to: node,
      term,
      prevOffset,
      prevTerm,
      endOffset,
      highWatermark,
      repairId: progress.repairId,
      leaderEndOffset: log.endOffset,
    });
    return true;
  }

  #sendChunk(node: NodeId, progress: Progress): void {
    const { self, term } = this.state;
    const { snapshot, snapshotBytes, snapshotPosition: position } = progress;
    if (snapshot === undefined) return;
    progress.isChunkRecent = true;
    const chunk = { type: "chunk", from: self, to: node, term } as const;
    this.state.send({ ...chunk, snapshot, snapshotBytes, position });
  }
}
