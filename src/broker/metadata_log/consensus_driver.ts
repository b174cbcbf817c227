import { invariant } from "../../base/invariant.ts";
import type { Logger } from "../../base/logger.ts";
import { DiskError } from "../../io/disk.ts";
import type { Clock, Timer } from "../../io/clock.ts";
import type { Random } from "../../io/random.ts";
import type { RaftMessageRequest } from "../../protocol/generated/cluster/raft_message_request.ts";
import {
  baseOffset,
  lastOffset,
  partitionLeaderEpoch,
  sizeInBytes,
} from "../../protocol/records/batch_layout.ts";
import { CorruptBatchError } from "../../protocol/records/corrupt_batch_error.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import type { Effect, NewEntry, RaftEvent, Refusal, Role } from "../../raft/events.ts";
import type { Append, Chunk, Entry, NodeId, RaftMessage, SnapshotId } from "../../raft/messages.ts";
import type { RaftNode } from "../../raft/raft_node.ts";
import type { QuorumPeer } from "../metadata_quorum.ts";
import { votersOf } from "./control_batches.ts";
import type { DurableBound } from "./durable_bound.ts";
import { type MetadataLog, readRange, visitBatches } from "./metadata_log.ts";
import type { QuorumTransport } from "./quorum_transport.ts";
import {
  type Attachment,
  decodeRaftMessage,
  encodeRaftMessage,
  nodeIdOf,
  peerOf,
} from "./raft_wire.ts";
import type { LoadedSnapshot, SnapshotFiles } from "./snapshot_files.ts";

/** Bytes of a snapshot in one message. */
const CHUNK_BYTES = 256 * 1024;
/** A full disk is tried again so often. */
const STORE_RETRY_MS = 1000;

/** What the quorum does with what consensus decides. */
export interface ConsensusHost {
  /** The batch of an entry that this node appends as leader. */
  batchOf(entry: NewEntry, term: number): Uint8Array;
  /** Entries of proposals could not be written, and are not in the log. */
  appendFailed(entries: readonly NewEntry[], error: unknown): void;
  committed(highWatermark: number): void;
  statusChanged(role: Role, term: number, leader: NodeId | undefined): void;
  refused(reason: Refusal, tokens: readonly number[]): void;
  readIndexKnown(token: number, offset: number): void;
  persist(term: number, vote: NodeId | undefined, mustRepair: boolean): Promise<void>;
  /** Takes the image over from a snapshot that has come in. */
  installed(snapshot: LoadedSnapshot): Promise<void>;
  /** Nothing goes any more: what the disk holds, or the image, is not known. */
  failed(error: unknown): void;
}

/** What a {@link ConsensusDriver} works with. */
export interface ConsensusOptions {
  readonly node: RaftNode;
  readonly log: MetadataLog;
  readonly snapshots: SnapshotFiles;
  readonly bound: DurableBound;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly transport: QuorumTransport;
  readonly clusterId: string;
  readonly self: QuorumPeer;
}

/** What came with the event that effects belong to. */
interface Work {
  readonly effects: readonly Effect[];
  readonly batches: Uint8Array | undefined;
  readonly chunk: Uint8Array | undefined;
  /** What it was about is taken back: the rest of the effects must not happen. */
  isVoid: boolean;
}

/**
 * Carries out what the consensus core decides, strictly in its order: a message leaves after the
 * vote or the entry that it tells of was written. Writes of log batches are synchronous and their
 * flush is reported back; epoch and vote, and snapshots, are waited for.
 */
export class ConsensusDriver {
  readonly #options: ConsensusOptions;
  readonly #host: ConsensusHost;
  readonly #random32 = new Uint8Array(4);
  #queue: Work[] = [];
  /** Set while effects are being carried out. */
  #draining: Promise<void> | undefined;
  #isDraining = false;
  #flushing: Promise<void> | undefined;
  #wantsFlush = false;
  #truncations = 0;
  #timer: Timer | undefined;
  #timerAtMs = Infinity;
  #isStopped = false;
  /** The disk does not take what the leader sends. */
  #isBlocked = false;
  #endPause: () => void = () => {};

  constructor(options: ConsensusOptions, host: ConsensusHost) {
    this.#options = options;
    this.#host = host;
    options.transport.onLost((brokerId) => this.#lost(brokerId));
  }

  get node(): RaftNode {
    return this.#options.node;
  }

  /** Hands an event to the core, and carries out what it says. */
  step(event: RaftEvent, batches?: Uint8Array, chunk?: Uint8Array): void {
    if (this.#isStopped) return;
    const { node, clock } = this.#options;
    const effects = node.step(event, clock.monotonicMs(), this.#chance());
    if (effects.length > 0) {
      this.#queue.push({ effects, batches, chunk, isVoid: false });
      if (!this.#isDraining) this.#drain();
    }
    this.#arm();
  }

  /** Takes a message from another node. @returns false when it makes no sense */
  receive(request: RaftMessageRequest): boolean {
    const message = decodeRaftMessage(request);
    if (message === undefined) return false;
    const { self } = this.#options;
    if (this.#isBlocked || message.to !== nodeIdOf(self)) return true;
    const { batches, chunk } = request;
    if (message.type === "append") return this.#receiveAppend(message, batches);
    const event = { type: "receive", message, chunkBytes: chunk.length } as const;
    this.step(event, undefined, chunk.length === 0 ? undefined : chunk.slice());
    return true;
  }

  /** Resolves when all that was decided so far is carried out, and flushed. */
  async settled(): Promise<void> {
    while (this.#draining !== undefined || this.#flushing !== undefined) {
      await this.#draining;
      await this.#flushing;
    }
  }

  /** Decides and carries out nothing any more; what is under way ends by itself. */
  halt(): void {
    this.#isStopped = true;
    this.#queue = [];
    this.#timer?.cancel();
    this.#endPause();
  }

  /** As {@link halt}; resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.halt();
    await this.settled();
    this.#options.snapshots.dropIncoming();
    this.#options.bound.close();
  }

  /** Asks for the log to be made durable, and tells the core when it is. */
  requestFlush(): void {
    this.#wantsFlush = true;
    this.#flushing ??= this.#flush();
  }

  #receiveAppend(message: Append, received: Uint8Array | null): boolean {
    // The frame that it came in is reused when this turn is over.
    const batches = (received ?? new Uint8Array(0)).slice();
    const entries = entriesOf(batches, message);
    if (entries === undefined) return false;
    this.step({ type: "receive", message, entries }, batches);
    return true;
  }

  #chance(): number {
    this.#options.random.fill(this.#random32);
    const [a, b, c, d] = this.#random32;
    return (a! * 2 ** 24 + b! * 2 ** 16 + c! * 2 ** 8 + d!) / 2 ** 32;
  }

  #lost(brokerId: number): void {
    const { membership, leader } = this.node.state;
    const known = new Set<NodeId>(membership.voters);
    if (leader !== undefined) known.add(leader);
    for (const node of this.node.leadership?.progress.keys() ?? []) known.add(node);
    for (const peer of known) {
      if (peerOf(peer).id === brokerId) this.step({ type: "peerLost", peer });
    }
  }

  /** The timer stays where it is when its time has moved on: it then finds nothing to do. */
  #arm(): void {
    const { clock, node } = this.#options;
    const dueMs = node.nextDeadlineMs;
    if (this.#isStopped || dueMs >= this.#timerAtMs || dueMs === Infinity) return;
    this.#timer?.cancel();
    this.#timerAtMs = dueMs;
    this.#timer = clock.schedule(dueMs - clock.monotonicMs(), () => {
      this.#timerAtMs = Infinity;
      this.step({ type: "tick" });
    });
  }

  /** Carries out what is queued, at once as long as nothing has to be waited for. */
  #drain(): void {
    this.#isDraining = true;
    try {
      while (this.#queue.length > 0) {
        const work = this.#queue.shift()!;
        for (let i = 0; i < work.effects.length && !work.isVoid; i++) {
          const pending = this.#carryOut(work.effects[i]!, work);
          if (pending === undefined) continue;
          this.#draining = this.#drainLater(pending, work, i + 1);
          return;
        }
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#isDraining = false;
  }

  async #drainLater(pending: Promise<void>, work: Work, from: number): Promise<void> {
    try {
      await pending;
      for (let i = from; i < work.effects.length && !work.isVoid; i++) {
        await this.#carryOut(work.effects[i]!, work);
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#draining = undefined;
    this.#drain();
  }

  #fail(error: unknown): void {
    this.halt();
    this.#host.failed(error);
  }

  #carryOut(effect: Effect, work: Work): Promise<void> | undefined {
    const host = this.#host;
    const { log, bound } = this.#options;
    switch (effect.type) {
      case "persist":
        return host.persist(effect.term, effect.vote, effect.mustRepair);
      case "send":
        return this.#send(effect.message);
      case "append":
        return this.#append(effect.entries, effect.term, work);
      case "store":
        return this.#store(work.batches!, effect.fromOffset, effect.endOffset);
      case "truncate":
        bound.lower(effect.endOffset);
        log.truncateTo(effect.endOffset);
        this.#truncations++;
        return undefined;
      case "commit":
        host.committed(effect.highWatermark);
        return undefined;
      case "status":
        host.statusChanged(effect.role, effect.term, effect.leader);
        return undefined;
      case "refused":
        host.refused(effect.reason, effect.tokens);
        return undefined;
      case "readIndex":
        host.readIndexKnown(effect.token, effect.offset);
        return undefined;
      case "storeChunk":
        this.#options.snapshots.storeIncoming(effect.chunk.position, work.chunk!);
        return undefined;
      case "installSnapshot":
        return this.#install(effect.snapshot);
      case "seekLeader":
        this.#seek(effect.endOffset, effect.repairId);
        return undefined;
      case "repaired":
        this.#options.logger.info("metadata log repaired by the leader");
        return undefined;
    }
  }

  /** A full disk is no reason to give up: what was not written is taken back, and not sent. */
  #append(entries: readonly NewEntry[], term: number, work: Work): undefined {
    const { log } = this.#options;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!;
      invariant(log.endOffset === entry.baseOffset, "the log is not where consensus has it");
      const batch = this.#host.batchOf(entry, term);
      try {
        const result = log.append(batch, term);
        invariant(result.kind === "appended", "a metadata batch has no producer to be refused");
      } catch (error) {
        work.isVoid = true;
        this.#truncations++;
        this.step({ type: "appendFailed", endOffset: log.endOffset });
        this.#host.appendFailed(entries.slice(i), error);
        break;
      }
    }
    this.requestFlush();
    return undefined;
  }

  #store(batches: Uint8Array, fromOffset: number, endOffset: number): Promise<void> | undefined {
    const { log, logger } = this.#options;
    try {
      const result = log.appendAsFollower(batches.subarray(positionOf(batches, fromOffset)));
      invariant(result.kind === "appended", "batches of the leader that don't fit");
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      logger.error("metadata log not written", { error: error.message });
      return this.#storeLater(batches, endOffset);
    }
    invariant(log.endOffset === endOffset, "the log is not where consensus has it");
    this.requestFlush();
    return undefined;
  }

  /** Until there is room everything else waits, and messages are lost on this node. */
  async #storeLater(batches: Uint8Array, endOffset: number): Promise<void> {
    const { log, clock } = this.#options;
    this.#isBlocked = true;
    await new Promise<void>((resolve) => {
      this.#endPause = resolve;
      clock.schedule(STORE_RETRY_MS, resolve);
    });
    this.#isBlocked = false;
    if (!this.#isStopped) await this.#store(batches, log.endOffset, endOffset);
  }

  async #flush(): Promise<void> {
    const { log, bound } = this.#options;
    try {
      while (this.#wantsFlush && !this.#isStopped) {
        this.#wantsFlush = false;
        await log.flush();
        const endOffset = log.flushedOffset;
        bound.raise(endOffset);
        this.step({ type: "flushed", endOffset, truncations: this.#truncations });
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#flushing = undefined;
    }
  }

  #send(message: RaftMessage): undefined {
    if (message.type === "append") this.#sendAppend(message);
    else if (message.type === "chunk") void this.#sendChunk(message);
    else this.#deliver(message);
    return undefined;
  }

  #deliver(message: RaftMessage, attachment?: Attachment): void {
    const { transport, clusterId } = this.#options;
    transport.send(peerOf(message.to), encodeRaftMessage(clusterId, message, attachment));
  }

  #sendAppend(message: Append): void {
    const { prevOffset, endOffset } = message;
    if (prevOffset === endOffset) return this.#deliver(message);
    let range;
    try {
      range = readRange(this.#options.log, prevOffset, endOffset);
    } catch (error) {
      return this.#unreadable(message, error);
    }
    if (range instanceof Promise) void this.#sendWhenRead(message, range);
    else if (range === undefined) this.#unreadable(message, "compacted");
    else this.#deliver(message, { batches: range });
  }

  async #sendWhenRead(message: Append, range: Promise<Uint8Array | undefined>): Promise<void> {
    const truncations = this.#truncations;
    try {
      const batches = await range;
      if (batches === undefined) return this.#unreadable(message, "compacted");
      if (truncations === this.#truncations) this.#deliver(message, { batches });
    } catch (error) {
      this.#unreadable(message, error);
    }
  }

  async #sendChunk(message: Chunk): Promise<void> {
    const { snapshot, position } = message;
    const id = { endOffset: snapshot.endOffset, epoch: snapshot.term };
    try {
      const chunk = await this.#options.snapshots.readPart(id, position, CHUNK_BYTES);
      if (chunk === undefined) this.#unreadable(message, "a newer snapshot is there");
      else this.#deliver(message, { chunk });
    } catch (error) {
      this.#unreadable(message, error);
    }
  }

  #unreadable({ to }: RaftMessage, error: unknown): void {
    this.#options.logger.warn("metadata log not readable for a peer", { to, error: String(error) });
    this.step({ type: "unreadable", to });
  }

  #seek(endOffset: number, repairId: number): void {
    const { transport, self } = this.#options;
    const { term } = this.node.state;
    for (const peer of transport.peers()) {
      if (peer.id === self.id) continue;
      const from = nodeIdOf(self);
      this.#deliver({ type: "seek", from, to: nodeIdOf(peer), term, endOffset, repairId });
    }
  }

  async #install(snapshot: SnapshotId): Promise<void> {
    const { snapshots, log, bound, logger } = this.#options;
    const id = { endOffset: snapshot.endOffset, epoch: snapshot.term };
    const loaded = await snapshots.acceptIncoming(id);
    if (loaded !== undefined) {
      logger.info("metadata snapshot taken over", { ...id, bytes: loaded.bytes });
      bound.lower(Math.min(bound.offset, id.endOffset));
      log.restartAt(id.endOffset);
      bound.raise(id.endOffset);
      this.#truncations++;
      await this.#host.installed(loaded);
    } else logger.warn("metadata snapshot of the leader is damaged", { ...id });
    this.step({
      type: "snapshotInstalled",
      snapshot,
      isInstalled: loaded !== undefined,
      snapshotBytes: loaded?.bytes ?? 0,
      voters: loaded?.voters?.map(nodeIdOf) ?? [],
    });
  }
}

/** Where the first batch at or above `fromOffset` is. */
function positionOf(batches: Uint8Array, fromOffset: number): number {
  let start = 0;
  while (start < batches.length && baseOffset(batches, start) < fromOffset) {
    start += sizeInBytes(batches, start);
  }
  return start;
}

/** What the core has to know of the batches; undefined unless they are what the message says. */
function entriesOf(batches: Uint8Array, { prevOffset, endOffset }: Append): Entry[] | undefined {
  const entries: Entry[] = [];
  let next = prevOffset;
  let bytes = 0;
  try {
    visitBatches(batches, prevOffset, (_, position) => {
      const voters = votersOf(batches, position)?.map(nodeIdOf);
      const first = baseOffset(batches, position);
      if (first !== next) throw new CorruptBatchError("batches of the leader with a gap");
      const entry = {
        baseOffset: first,
        lastOffset: lastOffset(batches, position),
        term: partitionLeaderEpoch(batches, position),
        bytes: sizeInBytes(batches, position),
      };
      entries.push(voters === undefined ? entry : { ...entry, voters });
      next = entry.lastOffset + 1;
      bytes += entry.bytes;
    });
  } catch (error) {
    if (error instanceof CorruptBatchError || error instanceof ProtocolError) return undefined;
    throw error;
  }
  return next === endOffset && bytes === batches.length ? entries : undefined;
}
