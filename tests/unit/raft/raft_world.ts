import assert from "node:assert/strict";
import type { Effect, NewEntry, RaftEvent, Refusal } from "../../../src/raft/events.ts";
import { LogSummary, NO_TERM } from "../../../src/raft/log_summary.ts";
import { Membership } from "../../../src/raft/membership.ts";
import type { Entry, NodeId, RaftMessage, SnapshotId } from "../../../src/raft/messages.ts";
import { DEFAULT_RAFT_CONFIG, type RaftConfig } from "../../../src/raft/raft_config.ts";
import type { RaftState } from "../../../src/raft/raft_state.ts";
import { RaftNode } from "../../../src/raft/raft_node.ts";

/** An entry with something to tell it from any other: who appended it, when, in which term. */
export interface StoredEntry extends Entry {
  readonly content: string;
}

/** A snapshot, and the voters that it carries. */
export interface StoredSnapshot {
  readonly id: SnapshotId;
  readonly bytes: number;
  readonly voters: readonly NodeId[];
}

/** A message under way, with the batches or the bytes that go along. */
export interface Packet {
  readonly message: RaftMessage;
  readonly entries: readonly StoredEntry[];
  readonly chunkBytes: number;
  readonly chunkSnapshot: StoredSnapshot | undefined;
}

/** What a crash leaves. */
interface Disk {
  term: number;
  vote: NodeId | undefined;
  mustRepair: boolean;
  entries: StoredEntry[];
  /** Batches from here on may be lost by a crash. */
  flushedOffset: number;
  startOffset: number;
  termBeforeStart: number;
  snapshot: StoredSnapshot | undefined;
}

/** One node with its disk. */
export interface WorldNode {
  readonly id: NodeId;
  readonly disk: Disk;
  /** Undefined while it is down. */
  raft: RaftNode | undefined;
  readonly bootstrapVoters: readonly NodeId[];
  truncations: number;
  incomingSnapshot: StoredSnapshot | undefined;
  refusals: Refusal[];
  /** Tokens of read indexes that are asked for, with what was committed anywhere at the time. */
  readonly reads: Map<number, number>;
}

/** Told of each effect before it is carried out. */
export type EffectListener = (node: WorldNode, effect: Effect) => void;

const ENTRY_BYTES = 100;
export const CHUNK_BYTES = 1000;

/**
 * A Raft group without a machine: every message, flush, crash and tick is the test's to choose. It
 * judges all the time what must hold whatever is chosen (dissertation, figure 3.2).
 */
export class RaftWorld {
  readonly nodes = new Map<NodeId, WorldNode>();
  network: Packet[] = [];
  nowMs = 0;
  /** Drawn for each event. */
  random = () => 0.5;
  onEffect: EffectListener = () => {};
  /** Asked for with every flush; false leaves it to the test. */
  flushesAtOnce = false;
  /** Nodes whose flushes are the test's to choose all the same. */
  readonly slowDisks = new Set<NodeId>();
  /** By offset, what was committed there. */
  readonly #committed: (string | undefined)[] = [];
  readonly #leaders = new Map<number, NodeId>();
  #committedEnd = 0;
  readonly #unreadable: NodeId[] = [];
  #count = 0;

  constructor(readonly config: RaftConfig = DEFAULT_RAFT_CONFIG) {}

  /** All below it was committed by somebody. */
  get committedEnd(): number {
    return this.#committedEnd;
  }

  /** @param terms of the entries that its log has already */
  add(id: NodeId, bootstrapVoters: readonly NodeId[], terms: readonly number[] = []): WorldNode {
    const disk: Disk = {
      term: terms.at(-1) ?? 0,
      vote: undefined,
      mustRepair: false,
      entries: terms.map((term, offset) => {
        return { baseOffset: offset, lastOffset: offset, term, bytes: ENTRY_BYTES, content: "old" };
      }),
      flushedOffset: 0,
      startOffset: 0,
      termBeforeStart: NO_TERM,
      snapshot: undefined,
    };
    const node: WorldNode = {
      id,
      disk,
      raft: undefined,
      bootstrapVoters,
      truncations: 0,
      incomingSnapshot: undefined,
      refusals: [],
      reads: new Map(),
    };
    this.nodes.set(id, node);
    this.start(id);
    return node;
  }

  node(id: NodeId): WorldNode {
    const node = this.nodes.get(id);
    assert.ok(node !== undefined, `no node ${id}`);
    return node;
  }

  state(id: NodeId): RaftState {
    const { raft } = this.node(id);
    assert.ok(raft !== undefined, `${id} is down`);
    // Tests may set the scene in ways that production code must not.
    return raft.state as RaftState;
  }

  /** Starts a node from what is on its disk. */
  start(id: NodeId): void {
    const node = this.node(id);
    const { disk } = node;
    const log = new LogSummary(disk.startOffset, disk.termBeforeStart);
    const membership = new Membership(disk.snapshot?.voters ?? node.bootstrapVoters);
    for (const { lastOffset, term, bytes, voters } of disk.entries) {
      log.append(lastOffset, term, bytes);
      if (voters !== undefined && lastOffset >= (disk.snapshot?.id.endOffset ?? 0)) {
        membership.set(lastOffset, voters);
      }
    }
    log.flushed(log.endOffset);
    disk.flushedOffset = log.endOffset;
    node.truncations = 0;
    node.incomingSnapshot = undefined;
    node.reads.clear();
    node.raft = new RaftNode(id, this.config, {
      term: disk.term,
      vote: disk.vote,
      log,
      membership,
      highWatermark: disk.snapshot?.id.endOffset ?? 0,
      snapshot: disk.snapshot?.id,
      snapshotBytes: disk.snapshot?.bytes ?? 0,
      repairId: disk.mustRepair ? ++this.#count : 0,
    });
  }

  /**
   * Ends a node's process; of what was not flushed as many batches survive as `keeps` says.
   */
  crash(id: NodeId, keeps = 0): void {
    const { disk } = this.node(id);
    const flushed = disk.entries.filter(({ lastOffset }) => lastOffset < disk.flushedOffset).length;
    disk.entries.length = Math.min(disk.entries.length, flushed + keeps);
    this.node(id).raft = undefined;
  }

  /** Cuts batches off that were on disk: the damage that a node finds when it starts. */
  damage(id: NodeId, batches: number): void {
    const { disk } = this.node(id);
    disk.entries.length = Math.max(0, disk.entries.length - batches);
    disk.mustRepair = true;
  }

  step(id: NodeId, event: RaftEvent): void {
    const node = this.node(id);
    if (node.raft === undefined) return;
    if (event.type === "read") node.reads.set(event.token, this.#committedEnd);
    this.#carryOut(node, node.raft.step(event, this.nowMs, this.random()), undefined);
  }

  propose(id: NodeId, batches = 1, count = 1): void {
    const proposals = Array.from({ length: batches }, () => {
      return { count, bytes: ENTRY_BYTES, token: ++this.#count };
    });
    this.step(id, { type: "propose", proposals });
  }

  read(id: NodeId): void {
    this.step(id, { type: "read", token: ++this.#count });
  }

  /** Makes a node's log durable. */
  flush(id: NodeId): void {
    const { disk, truncations, raft } = this.node(id);
    const endOffset = endOf(disk);
    if (raft === undefined) return;
    disk.flushedOffset = endOffset;
    if (endOffset > raft.state.log.flushedOffset) {
      this.step(id, { type: "flushed", endOffset, truncations });
    }
  }

  deliver(packet: Packet): void {
    const node = this.nodes.get(packet.message.to);
    if (node?.raft === undefined) return;
    const { message, entries, chunkBytes } = packet;
    const event = { type: "receive", message, entries, chunkBytes } as const;
    this.#carryOut(node, node.raft.step(event, this.nowMs, this.random()), packet);
  }

  /** A leader's entries from `endOffset` on could not be written. */
  takeBack(id: NodeId, endOffset: number): void {
    const node = this.node(id);
    node.disk.entries = node.disk.entries.filter(({ lastOffset }) => lastOffset < endOffset);
    node.truncations++;
    this.step(id, { type: "appendFailed", endOffset });
  }

  /** Makes a snapshot of all that a node knows to be committed, and cuts its log there. */
  compact(id: NodeId, bytes = 2500): boolean {
    const { raft, disk } = this.node(id);
    const { highWatermark, log, membership, isInstalling } = raft!.state;
    const term = log.termBefore(highWatermark);
    if (isInstalling || highWatermark <= log.startOffset || term === undefined) return false;
    const snapshot = { endOffset: highWatermark, term };
    disk.snapshot = { id: snapshot, bytes, voters: membership.settledVoters };
    disk.entries = disk.entries.filter(({ lastOffset }) => lastOffset >= highWatermark);
    disk.startOffset = highWatermark;
    disk.termBeforeStart = term;
    disk.flushedOffset = Math.max(disk.flushedOffset, highWatermark);
    this.step(id, { type: "snapshotTaken", snapshot, snapshotBytes: bytes });
    this.step(id, { type: "compacted", startOffset: highWatermark });
    return true;
  }

  #carryOut(node: WorldNode, effects: readonly Effect[], packet: Packet | undefined): void {
    for (const effect of effects) {
      this.onEffect(node, effect);
      this.#carryOutOne(node, effect, packet);
    }
    if (this.flushesAtOnce && !this.slowDisks.has(node.id)) this.flush(node.id);
    for (const to of this.#unreadable.splice(0)) this.step(node.id, { type: "unreadable", to });
  }

  #carryOutOne(node: WorldNode, effect: Effect, packet: Packet | undefined): void {
    const { disk } = node;
    switch (effect.type) {
      case "persist":
        disk.term = effect.term;
        disk.vote = effect.vote;
        disk.mustRepair = effect.mustRepair;
        return;
      case "send":
        return this.#send(node, effect.message);
      case "append":
        for (const entry of effect.entries) disk.entries.push(this.#stored(effect.term, entry));
        return;
      case "store":
        for (const entry of packet!.entries) {
          if (entry.baseOffset >= effect.fromOffset) disk.entries.push(entry);
        }
        assert.equal(endOf(disk), effect.endOffset);
        return;
      case "truncate":
        disk.entries = disk.entries.filter(({ lastOffset }) => lastOffset < effect.endOffset);
        disk.flushedOffset = Math.min(disk.flushedOffset, effect.endOffset);
        node.truncations++;
        return;
      case "commit":
        return this.#judgeCommit(node, effect.highWatermark);
      case "status":
        if (effect.role === "leader") this.#judgeLeader(node, effect.term);
        return;
      case "refused":
        node.refusals.push(effect.reason);
        return;
      case "readIndex":
        return this.#judgeRead(node, effect.token, effect.offset);
      case "storeChunk":
        node.incomingSnapshot = packet!.chunkSnapshot;
        return;
      case "installSnapshot":
        return this.#install(node, effect.snapshot);
      case "seekLeader":
        return this.#seek(node, effect.endOffset, effect.repairId);
      case "repaired":
        return;
    }
  }

  #send({ disk }: WorldNode, message: RaftMessage): void {
    if (message.type === "chunk" && message.snapshot.endOffset !== disk.snapshot?.id.endOffset) {
      // A newer one has taken its place.
      this.#unreadable.push(message.to);
      return;
    }
    const entries = message.type !== "append"
      ? []
      : disk.entries.filter((entry) =>
        entry.baseOffset >= message.prevOffset && entry.lastOffset < message.endOffset
      );
    const isChunk = message.type === "chunk";
    const chunkBytes = isChunk
      ? Math.min(CHUNK_BYTES, message.snapshotBytes - message.position)
      : 0;
    const chunkSnapshot = isChunk ? disk.snapshot : undefined;
    this.network.push({ message, entries, chunkBytes, chunkSnapshot });
  }

  #stored(term: number, { baseOffset, count, content }: NewEntry): StoredEntry {
    const name = content.kind === "proposal" ? `proposal ${content.token}` : content.kind;
    const lastOffset = baseOffset + count - 1;
    const stored = { baseOffset, lastOffset, term, bytes: ENTRY_BYTES, content: name };
    return content.kind === "voters" ? { ...stored, voters: content.voters } : stored;
  }

  #seek(node: WorldNode, endOffset: number, repairId: number): void {
    for (const to of this.nodes.keys()) {
      if (to === node.id) continue;
      const seek = { type: "seek", from: node.id, to, term: node.disk.term } as const;
      const message = { ...seek, endOffset, repairId };
      this.network.push({ message, entries: [], chunkBytes: 0, chunkSnapshot: undefined });
    }
  }

  #install(node: WorldNode, snapshot: SnapshotId): void {
    const { disk, incomingSnapshot } = node;
    assert.ok(incomingSnapshot !== undefined);
    const isInstalled = incomingSnapshot.id.endOffset === snapshot.endOffset &&
      incomingSnapshot.id.term === snapshot.term;
    if (isInstalled) {
      assert.ok(snapshot.endOffset <= this.#committedEnd, "a snapshot of what is not committed");
      disk.snapshot = incomingSnapshot;
      disk.entries = [];
      disk.startOffset = snapshot.endOffset;
      disk.termBeforeStart = snapshot.term;
      disk.flushedOffset = snapshot.endOffset;
      node.truncations++;
    }
    const { bytes: snapshotBytes, voters } = incomingSnapshot;
    this.step(node.id, { type: "snapshotInstalled", snapshot, isInstalled, snapshotBytes, voters });
  }

  /** State machine safety: nobody ever commits another entry at the same offset. */
  #judgeCommit(node: WorldNode, highWatermark: number): void {
    for (const entry of node.disk.entries) {
      if (entry.lastOffset >= highWatermark) continue;
      const identity = identityOf(entry);
      const known = this.#committed[entry.baseOffset];
      assert.ok(
        known === undefined || known === identity,
        `${node.id} commits ${identity} where ${known} was committed`,
      );
      this.#committed[entry.baseOffset] = identity;
    }
    this.#committedEnd = Math.max(this.#committedEnd, highWatermark);
  }

  /** Election safety, and leader completeness: it has all that was ever committed. */
  #judgeLeader({ id, disk }: WorldNode, term: number): void {
    const other = this.#leaders.get(term);
    assert.ok(other === undefined || other === id, `${other} and ${id} lead in term ${term}`);
    this.#leaders.set(term, id);
    assert.ok(endOf(disk) >= this.#committedEnd, `leader ${id} lacks what is committed`);
    for (const entry of disk.entries) {
      const known = this.#committed[entry.baseOffset];
      if (known === undefined || entry.baseOffset >= this.#committedEnd) continue;
      assert.equal(identityOf(entry), known, `leader ${id} has another entry`);
    }
  }

  #judgeRead(node: WorldNode, token: number, offset: number): void {
    const least = node.reads.get(token);
    node.reads.delete(token);
    if (least === undefined || offset < 0) return;
    assert.ok(offset >= least, `${node.id} reads at ${offset} what is committed to ${least}`);
  }

  /** Log matching: two logs with the same term at an offset are the same up to there. */
  judgeLogs(): void {
    const logs = [...this.nodes.values()].map(({ disk }) => disk.entries);
    for (const a of logs) {
      for (const b of logs) {
        if (a === b) continue;
        const ofB = new Map(b.map((entry) => [entry.lastOffset, entry]));
        let isSame = false;
        for (const entry of a.toReversed()) {
          const other = ofB.get(entry.lastOffset);
          if (other === undefined) continue;
          isSame ||= other.term === entry.term;
          if (isSame) assert.equal(identityOf(other), identityOf(entry), "logs don't match");
        }
      }
    }
  }
}

function identityOf({ term, lastOffset, content }: StoredEntry): string {
  return `${content} to ${lastOffset} of term ${term}`;
}

function endOf({ entries, startOffset }: Disk): number {
  const last = entries.at(-1);
  return last === undefined ? startOffset : last.lastOffset + 1;
}
