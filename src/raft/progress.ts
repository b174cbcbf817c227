import type { SnapshotId } from "./messages.ts";

/** How a leader replicates to one node: as etcd's raft names its three ways. */
export type ReplicationState =
  /** It is not known where the logs part: one message at a time. */
  | "probe"
  /** The logs agree up to `nextOffset`: many messages under way. */
  | "replicate"
  /** What the node needs is only in a snapshot. */
  | "snapshot";

/** How much may be under way to one node. */
export interface InflightLimits {
  readonly inflightAppendsMax: number;
  readonly inflightBytesMax: number;
}

/** What a leader knows of another node's log, and what it has sent to it. */
export class Progress {
  state: ReplicationState = "probe";
  /** All below it is on the node's disk. */
  matchOffset = 0;
  /** When it was last heard with all that is committed; -1 before. */
  caughtUpMs = -1;
  /** A probe is unanswered. Heartbeats end the wait, as the answer may be lost. */
  isProbing = false;
  /** The last {@link Heartbeat.readSequence} that the node echoed. */
  readSequence = 0;
  /** What the node calls the repair of its log; 0 when none is under way. */
  repairId = 0;
  /** The snapshot that is being sent, and how much of it the node has. */
  snapshot: SnapshotId | undefined;
  snapshotBytes = 0;
  snapshotPosition = 0;
  /** A chunk was sent since the last heartbeat was answered. */
  isChunkRecent = false;
  readonly #inflightEnds: number[] = [];
  readonly #inflightBytes: number[] = [];
  #inflightBytesSum = 0;

  constructor(
    private readonly limits: InflightLimits,
    public nextOffset: number,
    /** When the node was last heard from; of a new leader's voters, when it was elected. */
    public heardMs: number,
  ) {}

  get inflightCount(): number {
    return this.#inflightEnds.length;
  }

  /** Whether nothing may be sent for now. */
  get isPaused(): boolean {
    if (this.state === "probe") return this.isProbing;
    return this.state === "snapshot" || this.isFull;
  }

  get isFull(): boolean {
    return this.#inflightEnds.length >= this.limits.inflightAppendsMax ||
      this.#inflightBytesSum >= this.limits.inflightBytesMax;
  }

  /** Batches up to `endOffset` are on their way. */
  sent(endOffset: number, bytes: number): void {
    if (this.state === "probe") {
      this.isProbing = true;
      return;
    }
    if (endOffset === this.nextOffset) return;
    this.nextOffset = endOffset;
    this.#inflightEnds.push(endOffset);
    this.#inflightBytes.push(bytes);
    this.#inflightBytesSum += bytes;
  }

  /** @returns whether the node has more than was known */
  acknowledged(offset: number): boolean {
    const isNews = offset > this.matchOffset;
    if (isNews) this.matchOffset = offset;
    this.nextOffset = Math.max(this.nextOffset, offset);
    while (this.#inflightEnds.length > 0 && this.#inflightEnds[0]! <= offset) this.freeOldest();
    if (isNews) this.isProbing = false;
    return isNews;
  }

  /** The answer to the oldest append may be lost: lets another one go. */
  freeOldest(): void {
    if (this.#inflightEnds.length === 0) return;
    this.#inflightEnds.shift();
    this.#inflightBytesSum -= this.#inflightBytes.shift()!;
  }

  becomeReplicating(): void {
    this.#reset("replicate");
    this.nextOffset = this.matchOffset;
  }

  becomeProbing(nextOffset: number): void {
    this.#reset("probe");
    this.nextOffset = Math.max(nextOffset, this.matchOffset);
  }

  becomeSnapshotting(snapshot: SnapshotId, snapshotBytes: number): void {
    this.#reset("snapshot");
    this.snapshot = snapshot;
    this.snapshotBytes = snapshotBytes;
  }

  /** The node lost a part of its log: what it acknowledged is void. */
  forget(repairId: number): void {
    this.repairId = repairId;
    this.matchOffset = 0;
    this.#reset("probe");
  }

  #reset(state: ReplicationState): void {
    this.state = state;
    this.isProbing = false;
    this.snapshot = undefined;
    this.snapshotBytes = 0;
    this.snapshotPosition = 0;
    this.isChunkRecent = false;
    this.#inflightEnds.length = 0;
    this.#inflightBytes.length = 0;
    this.#inflightBytesSum = 0;
  }
}
