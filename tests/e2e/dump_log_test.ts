/** Kafka's own dump tool reads every segment, index and snapshot and finds them valid. */
import assert from "node:assert/strict";
import { join } from "std/path";
import { clientTools } from "../../scripts/client_tools.ts";
import { restart, withBroker } from "../clients/support/broker.ts";
import { KafkaTools } from "../clients/support/kafka_tools.ts";
import { Kcat } from "../clients/support/kcat.ts";
import { CODECS, uniqueTopic } from "../clients/support/records.ts";
import { realLines } from "./lines.ts";

const EXTERNAL = (Deno.env.get("KAFKA_BOOTSTRAP") ?? "") !== "";
const LINES_PER_RUN = 20_000;
/** The smallest that a topic may have; several segments come of what is written here. */
const SEGMENT_BYTES = 1_048_576;
const DUMPED = /\.(log|index|timeindex|snapshot|txnindex)$/;

/** Paths of the files in the directories of `topic`'s partitions, at any depth below `root`. */
async function partitionFiles(root: string, topic: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(root)) {
    if (!entry.isDirectory) continue;
    const path = join(root, entry.name);
    if (!entry.name.startsWith(`${topic}-`)) {
      found.push(...await partitionFiles(path, topic));
      continue;
    }
    for await (const file of Deno.readDir(path)) {
      if (DUMPED.test(file.name)) found.push(join(path, file.name));
    }
  }
  return found.sort();
}

async function writeWithEveryCodec(kcat: Kcat, topic: string): Promise<number> {
  const text = await realLines(LINES_PER_RUN);
  let count = 0;
  for (const codec of CODECS) {
    for (const idempotence of ["true", "false"]) {
      const options = ["-p", "0", "-z", codec, "-X", `enable.idempotence=${idempotence}`];
      await kcat.produce(topic, text, [...options, "-X", "batch.num.messages=500", "-H", "a=b"]);
      count += LINES_PER_RUN;
    }
  }
  return count;
}

/** What the tool prints when it does not like what it reads. */
const COMPLAINTS = [
  /isvalid: false/i,
  /Mismatches in/,
  /Non-consecutive offsets/,
  /Found (out of order|timestamp mismatch)/i,
  /invalid bytes/i,
  /Exception/,
];

async function dump(tools: KafkaTools, args: readonly string[]): Promise<string> {
  const output = await tools.mustRun("kafka-dump-log", args);
  for (const complaint of COMPLAINTS) {
    const line = output.split("\n").find((text) => complaint.test(text));
    assert.equal(line, undefined, `${args.join(" ")}: ${line}`);
  }
  return output;
}

/** Number of records of all batches in the tool's output. */
function recordCount(output: string): number {
  return [...output.matchAll(/^baseOffset: .*? count: (\d+)/gm)]
    .reduce((sum, match) => sum + Number(match[1]), 0);
}

async function expectValid(tools: KafkaTools, files: string[], count: number): Promise<void> {
  const ending = (suffix: string) => files.filter((path) => path.endsWith(suffix));
  const segments = ending(".log");
  assert.ok(segments.length >= 3, `several segments: ${files.join(" ")}`);
  assert.ok(ending(".index").length >= segments.length, "an offset index for each");
  assert.ok(ending(".timeindex").length >= segments.length, "a time index for each");
  assert.ok(ending(".snapshot").length >= 1, "producer snapshots");
  const logs = await dump(tools, ["--deep-iteration", "--files", segments.join(",")]);
  assert.equal(recordCount(logs), count);
  for (const codec of CODECS) {
    assert.ok(logs.toLowerCase().includes(`compresscodec: ${codec}`), codec);
  }
  // The indexes are checked against their segment, which the tool opens itself.
  const indexes = [...ending(".index"), ...ending(".timeindex")].join(",");
  await dump(tools, ["--verify-index-only", "--files", indexes]);
  await dump(tools, ["--index-sanity-check", "--files", indexes]);
  const snapshots = await dump(tools, ["--files", ending(".snapshot").join(",")]);
  assert.match(snapshots, /producerId: \d+/);
}

Deno.test({
  name: "kafka-dump-log finds segments, indexes and snapshots valid",
  ignore: EXTERNAL,
  fn: async () => {
    await clientTools();
    await withBroker(async (broker) => {
      const tools = await KafkaTools.start();
      const topic = uniqueTopic("dump");
      const configs = [`segment.bytes=${SEGMENT_BYTES}`, "index.interval.bytes=1024"];
      await tools.mustRun("kafka-topics", [
        ...["--bootstrap-server", broker.bootstrap, "--create", "--topic", topic],
        ...configs.flatMap((config) => ["--config", config]),
      ]);
      const kcat = new Kcat(broker.bootstrap);
      const before = await writeWithEveryCodec(kcat, topic);
      await restart(broker, "SIGKILL");
      const after = await writeWithEveryCodec(kcat, topic);
      await broker.stop("SIGTERM");
      const files = await partitionFiles(broker.dataDirectory ?? "", topic);
      await expectValid(tools, files, before + after);
      await tools.stop();
    });
  },
});
