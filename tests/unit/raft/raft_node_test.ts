import assert from "node:assert/strict";
import type { Effect } from "../../../src/raft/events.ts";
import { LogSummary } from "../../../src/raft/log_summary.ts";
import { Membership } from "../../../src/raft/membership.ts";
import { DEFAULT_RAFT_CONFIG } from "../../../src/raft/raft_config.ts";
import { RaftNode } from "../../../src/raft/raft_node.ts";

/** Node 1 of three voters. */
function newNode(log = new LogSummary()): RaftNode {
  return new RaftNode("1", DEFAULT_RAFT_CONFIG, {
    term: 0,
    vote: undefined,
    log,
    membership: new Membership(["1", "2", "3"]),
    highWatermark: 0,
    snapshot: undefined,
    snapshotBytes: 0,
    repairId: 0,
  });
}

function typesOf(effects: readonly Effect[]): string[] {
  return effects.map((effect) => effect.type === "send" ? effect.message.type : effect.type);
}

const NO_REPAIR = { repairId: 0, leaderEndOffset: 0 };

Deno.test("step() takes no notice of a flush from before the log was cut", () => {
  const node = newNode();
  const append = { type: "append", from: "2", to: "1", highWatermark: 0, ...NO_REPAIR } as const;
  const range = { prevOffset: 0, prevTerm: -1 };
  const entry = (term: number, lastOffset: number) => {
    return { baseOffset: 0, lastOffset, term, bytes: 100 };
  };
  const first = { ...append, ...range, term: 1, endOffset: 5 };
  node.step({ type: "receive", message: first, entries: [entry(1, 4)] }, 0, 0);
  const second = { ...append, ...range, from: "3", term: 2, endOffset: 3 };
  node.step({ type: "receive", message: second, entries: [entry(2, 2)] }, 0, 0);
  assert.deepEqual(node.step({ type: "flushed", endOffset: 5, truncations: 0 }, 0, 0), []);
  assert.equal(node.state.log.flushedOffset, 0);
  const [reply] = node.step({ type: "flushed", endOffset: 3, truncations: 1 }, 0, 0);
  assert.ok(reply?.type === "send" && reply.message.type === "appendReply");
  assert.equal(reply.message.offset, 3);
});

Deno.test("step() counts no promise that was given for an earlier term", () => {
  const node = newNode();
  const grant = (from: string, term: number) => {
    const reply = { type: "voteReply", from, to: "1", term, isPreVote: true } as const;
    return { type: "receive", message: { ...reply, isGranted: true } } as const;
  };
  node.step({ type: "campaign" }, 0, 0);
  const heartbeat = { type: "heartbeat", from: "3", to: "1", term: 1, ...NO_REPAIR } as const;
  const message = { ...heartbeat, highWatermark: 0, readSequence: 0 };
  node.step({ type: "receive", message }, 0, 0);
  node.step({ type: "campaign" }, 0, 0);
  assert.deepEqual(node.step(grant("2", 1), 0, 0), []);
  assert.equal(node.state.role, "preCandidate");
  node.step(grant("2", 2), 0, 0);
  assert.equal(node.state.role, "candidate");
});

Deno.test("step() stands for no election while a snapshot takes the place of the log", () => {
  const node = newNode();
  const snapshot = { endOffset: 9, term: 1 };
  const chunk = { type: "chunk", from: "2", to: "1", term: 1, snapshot, position: 0 } as const;
  const message = { ...chunk, snapshotBytes: 10 };
  const effects = node.step({ type: "receive", message, chunkBytes: 10 }, 0, 0);
  assert.deepEqual(typesOf(effects).slice(-3), ["storeChunk", "chunkReply", "installSnapshot"]);
  assert.deepEqual(node.step({ type: "campaign" }, 0, 0), []);
  const timeoutNow = { type: "timeoutNow", from: "2", to: "1", term: 1 } as const;
  assert.deepEqual(node.step({ type: "receive", message: timeoutNow }, 0, 0), []);
  const installed = { type: "snapshotInstalled", snapshot, isInstalled: true } as const;
  node.step({ ...installed, snapshotBytes: 10, voters: ["1", "2", "3"] }, 0, 0);
  assert.equal(node.state.highWatermark, 9);
  assert.ok(typesOf(node.step({ type: "campaign" }, 0, 0)).includes("vote"));
});

Deno.test("step() writes epoch and vote once for a vote in a later term, before it tells of it", () => {
  const node = newNode();
  const vote = { type: "vote", from: "2", to: "1", term: 4, isPreVote: false } as const;
  const message = { ...vote, isTransfer: false, lastTerm: -1, endOffset: 0 };
  const effects = node.step({ type: "receive", message }, 0, 0);
  assert.deepEqual(typesOf(effects), ["status", "persist", "voteReply"]);
  const persisted = effects[1]!;
  assert.ok(persisted.type === "persist" && persisted.term === 4 && persisted.vote === "2");
});

Deno.test("LogSummary tells terms, boundaries and sizes through appends, cuts and compaction", () => {
  const log = new LogSummary();
  for (const [last, term] of [[1, 1], [2, 1], [5, 3], [6, 3], [9, 4]] as const) {
    log.append(last, term, 10);
  }
  assert.deepEqual([0, 2, 3, 7, 10, 11].map((at) => log.termBefore(at)), [
    -1,
    1,
    1,
    3,
    4,
    undefined,
  ]);
  assert.deepEqual([0, 1, 2, 4, 9, 12].map((at) => log.boundaryAtOrBelow(at)), [0, 0, 2, 3, 7, 10]);
  assert.deepEqual(log.endOfTerm(2), { term: 1, endOffset: 3 });
  assert.deepEqual(log.endOfTerm(0), { term: -1, endOffset: 0 });
  assert.equal(log.rangeEnd(2, 25), 6);
  assert.equal(log.rangeEnd(2, 1), 3);
  assert.equal(log.bytesBetween(2, 7), 30);
  log.flushed(10);
  log.compact(3);
  assert.deepEqual([2, 3, 6].map((at) => log.termBefore(at)), [undefined, 1, 3]);
  assert.equal(log.bytesBetween(3, 10), 30);
  log.truncate(7);
  assert.equal(log.flushedOffset, 7);
  assert.equal(log.lastTerm, 3);
  assert.throws(() => log.truncate(4), /between batches/);
  log.restart(20, 9);
  assert.deepEqual([log.endOffset, log.lastTerm, log.termBefore(20)], [20, 9, 9]);
});
