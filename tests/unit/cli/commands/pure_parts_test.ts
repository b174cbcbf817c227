import assert from "node:assert/strict";
import { percentile } from "../../../../src/cli/commands/bench/percentile.ts";
import { parseResource } from "../../../../src/cli/commands/config/resource.ts";
import { Redactor, redactSetting } from "../../../../src/cli/commands/debug/redact.ts";
import {
  judgeAdvertised,
  judgeBootstrap,
  judgeClock,
  judgeClusterIds,
  judgeDisks,
  judgeLimits,
} from "../../../../src/cli/commands/doctor/checks.ts";
import { readIndex } from "../../../../src/cli/commands/log/index_files.ts";
import { forEachBatch } from "../../../../src/cli/commands/log/segment_stream.ts";
import { parseTopicPartitions } from "../../../../src/cli/commands/topic_partitions.ts";
import { saltedPassword } from "../../../../src/cli/commands/user/salted_password.ts";
import { concatenate } from "../../../../src/cli/records/escapes.ts";
import { DenoDigests } from "../../../../src/host/deno_digests.ts";
import { buildBatch } from "../../../../src/protocol/records/batch_builder.ts";

Deno.test("percentile() takes the nearest rank", () => {
  const values = Array.from({ length: 100 }, (_, i) => i + 1);
  assert.deepEqual([0, 0.5, 0.99, 1].map((share) => percentile(values, share)), [1, 50, 99, 100]);
  assert.equal(percentile([7], 0.5), 7);
  assert.equal(percentile([], 0.5), 0);
});

Deno.test("parseResource() reads topics, brokers and groups", () => {
  assert.deepEqual(parseResource("topic/a/b"), { type: 2, name: "a/b" });
  assert.deepEqual(parseResource("broker/1"), { type: 4, name: "1" });
  assert.deepEqual(parseResource("broker/default"), { type: 4, name: "" });
  assert.deepEqual(parseResource("group/g"), { type: 32, name: "g" });
  for (const text of ["", "topic", "topic/", "/x", "broker/x", "user/x"]) {
    assert.throws(() => parseResource(text), SyntaxError, text);
  }
});

Deno.test("parseTopicPartitions() reads a topic with or without partitions", () => {
  assert.deepEqual(parseTopicPartitions("a"), { topic: "a", partitions: undefined });
  assert.deepEqual(parseTopicPartitions("a:0,12"), { topic: "a", partitions: [0, 12] });
  for (const text of ["", ":1", "a:", "a:x", "a:1,"]) {
    assert.throws(() => parseTopicPartitions(text), SyntaxError, text);
  }
});

Deno.test("Redactor gives each name one stand-in, and leaves internal topics and numbers", () => {
  const redactor = new Redactor();
  const value = {
    topic: "orders",
    deep: [{ topic: "payments", host: "h1", port: 9092 }, { topic: "orders", topics: ["x"] }],
    other: { topic: "__consumer_offsets", group: "orders", state: "Empty", none: null },
  };
  assert.deepEqual(redactor.redact(value), {
    topic: "topic-1",
    deep: [{ topic: "topic-2", host: "host-1", port: 9092 }, {
      topic: "topic-1",
      topics: ["topic-3"],
    }],
    other: { topic: "__consumer_offsets", group: "group-1", state: "Empty", none: null },
  });
});

Deno.test("redactSetting() leaves out addresses, paths and keys", () => {
  for (const name of ["listeners", "advertised.listeners", "log.dirs", "ssl.key", "super.users"]) {
    assert.equal(redactSetting(name, "x"), "(redacted)", name);
  }
  assert.equal(redactSetting("log.segment.bytes", "1"), "1");
  assert.equal(redactSetting("listeners", null), null);
});

const levels = (findings: readonly { level: string }[]): string[] =>
  findings.map(({ level }) => level);

Deno.test("doctor's checks tell good from bad", () => {
  const dialled = { address: "a:1", problem: undefined, elapsedMs: 5 };
  assert.deepEqual(
    levels(
      judgeBootstrap([dialled, { ...dialled, elapsedMs: 900 }, { ...dialled, problem: "no" }]),
    ),
    ["ok", "warning", "error"],
  );
  const at = (host: string, problem?: string) => ({ ...dialled, host, broker: 1, problem });
  const here = [{ host: "127.0.0.1", port: 1 }];
  const far = [{ host: "kafka", port: 1 }];
  const all = [at("kafka"), at("127.0.0.1"), at("0.0.0.0"), at("kafka", "refused")];
  assert.deepEqual(levels(judgeAdvertised(here, all)), ["ok", "ok", "error", "error"]);
  assert.deepEqual(levels(judgeAdvertised(far, all)), ["ok", "error", "error", "error"]);
  assert.equal(judgeClusterIds(["a", "a"]).level, "ok");
  assert.equal(judgeClusterIds(["a", "b"]).level, "error");
  assert.deepEqual(
    levels([undefined, 999, -1_001, 60_001].map(judgeClock)),
    ["ok", "ok", "warning", "error"],
  );
  assert.match(judgeClock(-61_000).text, /1m 1s behind/);
  const disk = (usableBytes: number, problem?: string) => ({
    broker: 1,
    path: "/d",
    problem,
    totalBytes: 100,
    usableBytes,
  });
  assert.deepEqual(
    levels(judgeDisks([disk(15), disk(14), disk(4), disk(50, "offline")])),
    ["ok", "warning", "error", "error"],
  );
  assert.equal(judgeLimits("Max open files            1024   4096  files").level, "warning");
  assert.equal(judgeLimits("Max open files            unlimited   4096  files").level, "ok");
  assert.equal(judgeLimits(undefined).level, "ok");
});

Deno.test("saltedPassword() gives the vectors of RFC 7677 and RFC 7914", () => {
  const digests = new DenoDigests();
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const salt = Uint8Array.from(atob("W22ZaJ0SNY7soEsUEjb6gQ=="), (char) => char.charCodeAt(0));
  // The salted password that the proof in RFC 7677, section 3 is made with.
  const key = saltedPassword(digests, "SHA-256", bytes("pencil"), salt, 4096);
  assert.equal(btoa(String.fromCharCode(...key)), "xKSVEDI6tPlSysH6mUQZOeeOp01r6B3fcJbodRPcYV0=");
  const one = saltedPassword(digests, "SHA-256", bytes("passwd"), bytes("salt"), 1);
  assert.equal(
    [...one].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc",
  );
});

function sourceOf(bytes: Uint8Array, readBytes: number) {
  let at = 0;
  return {
    isTerminal: false,
    close: () => undefined,
    read(into: Uint8Array) {
      const piece = bytes.subarray(at, at + Math.min(readBytes, into.length));
      into.set(piece);
      at += piece.length;
      return Promise.resolve(piece.length);
    },
  };
}

async function batchesIn(parts: readonly Uint8Array[], readBytes = 100) {
  const bytes = concatenate(parts);
  const positions: number[] = [];
  const end = await forEachBatch(sourceOf(bytes, readBytes), (_bytes, _at, _size, position) => {
    positions.push(position);
  });
  return { positions, ...end };
}

Deno.test("forEachBatch() finds batches however the file is read, and what stands behind them", async () => {
  const value = new Uint8Array(200);
  const batch = buildBatch([{ value }]);
  const size = batch.length;
  for (const readBytes of [1, 7, 100, 10_000]) {
    assert.deepEqual(await batchesIn([batch, batch], readBytes), {
      positions: [0, size],
      position: 2 * size,
      problem: undefined,
    });
  }
  const zeros = await batchesIn([batch, new Uint8Array(5_000)], 5_000);
  assert.deepEqual([zeros.position, zeros.problem], [size, undefined]);
  const cut = await batchesIn([batch, batch.subarray(0, 99)]);
  assert.deepEqual([cut.position, cut.problem], [
    size,
    `a batch of ${size} bytes, of which 99 are there`,
  ]);
  const noise = await batchesIn([batch, new Uint8Array(80).fill(9)]);
  assert.match(noise.problem!, /a batch of \d+ bytes|no record batch/);
  const short = await batchesIn([batch, Uint8Array.of(1, 2)]);
  assert.equal(short.problem, "2 bytes that are no batch");
});

Deno.test("forEachBatch() grows for a batch that is larger than its buffer", async () => {
  const batch = buildBatch([{ value: new Uint8Array(5_000_000) }]);
  const { positions, problem } = await batchesIn([batch], 1_000_000);
  assert.deepEqual([positions, problem], [[0], undefined]);
});

Deno.test("readIndex() reads entries up to the zeros that a file is filled with", () => {
  const name = "00000000000000000100";
  const offsets = new Uint8Array(32);
  new DataView(offsets.buffer).setUint32(0, 5);
  new DataView(offsets.buffer).setUint32(4, 4096);
  assert.deepEqual(readIndex(`${name}.index`, offsets), [{ offset: 105, position: 4096 }]);
  const times = new Uint8Array(24);
  new DataView(times.buffer).setBigInt64(0, 1_700_000_000_000n);
  new DataView(times.buffer).setUint32(8, 7);
  assert.deepEqual(readIndex(`${name}.timeindex`, times), [
    { timestamp: 1_700_000_000_000, offset: 107 },
  ]);
  assert.equal(readIndex("x.index", offsets), undefined);
  assert.equal(readIndex(`${name}.log`, offsets), undefined);
});
