/** Kafka's own cleaner and dump tool, against what compaction here makes of the same logs. */
import assert from "node:assert/strict";
import { join } from "std/path";
import { fileURLToPath } from "node:url";
import { clientTools } from "../../scripts/client_tools.ts";
import { activeProducers, LastBatches } from "../../src/log/compaction/active_producers.ts";
import * as layout from "../../src/protocol/records/batch_layout.ts";
import { readRecords } from "../../src/protocol/records/record_reader.ts";
import { KafkaTools } from "../clients/support/kafka_tools.ts";
import { runProcess } from "../clients/support/process.ts";
import {
  clean,
  COMPACTED,
  DAY_MS,
  describeBatch,
  newCompacted,
  roll,
  write,
} from "../unit/log/compaction/cleaning_harness.ts";
import { CompactionWorkload } from "../unit/log/compaction/compaction_workload.ts";
import { readAll, seeded, splitBatches } from "../unit/log/log_harness.ts";
import type { SimulatedDisk } from "../unit/log/simulated_disk.ts";

const CLEANER = fileURLToPath(
  new URL("../../scripts/bench/java/CleanerBench.java", import.meta.url),
);
const SEEDS = Number(Deno.env.get("COMPACTION_SEEDS") ?? 4);
const STEPS = 120;
const DEDUPE_BYTES = 1024 * 1024;
/** Complaints of the dump tool. */
const COMPLAINTS = /isvalid: false|Mismatches in|Non-consecutive offsets|Found |Exception/i;

type Compacted = ReturnType<typeof newCompacted>;

for (let seed = 1; seed <= SEEDS; seed++) {
  Deno.test(`runCleaning() leaves what Kafka's cleaner leaves, seed ${seed}`, async () => {
    const at = written(seed);
    const nowMs = at.clock.wallMs();
    // At once, when markers and tombstones have got their times, and when these are over.
    const rounds = [0, 1, 2].map((days) => nowMs + days * DAY_MS + days);
    await at.log.flush();
    await inTemporaryDirectory(async (directory) => {
      await at.directory.checkpoint();
      exportTo(at.disk, directory);
      for (const roundMs of rounds) await clean(at, { nowMs: roundMs });
      await cleanWithKafka(directory, rounds);
      const lastBatches = new LastBatches(activeProducers(at.log.producers));
      const ours = (await readAll(at.log)).map((batch) => comparable(batch, lastBatches));
      const theirs = importFrom(directory).map((batch) => comparable(batch, lastBatches));
      assert.deepEqual(ours.filter((text) => text !== ""), theirs.filter((text) => text !== ""));
    });
    await at.directory.close();
  });
}

Deno.test("kafka-dump-log finds compacted segments and their indexes valid", async () => {
  await clientTools();
  const at = written(99);
  for (const days of [0, 1, 2]) {
    await clean(at, { nowMs: at.clock.wallMs() + days * DAY_MS });
  }
  await at.directory.close();
  const tools = await KafkaTools.start();
  await inTemporaryDirectory(async (directory) => {
    exportTo(at.disk, directory);
    const files = [...Deno.readDirSync(directory)].map(({ name }) => join(directory, name));
    const ending = (suffix: string) => files.filter((name) => name.endsWith(suffix)).join(",");
    const logs = await tools.mustRun("kafka-dump-log", [
      "--deep-iteration",
      "--files",
      ending(".log"),
    ]);
    assert.doesNotMatch(logs, COMPLAINTS);
    assert.match(logs, /deleteHorizonMs: OptionalLong\[\d+\]/);
    const indexes = `${ending(".index")},${ending(".timeindex")}`;
    const checked = await tools.mustRun("kafka-dump-log", [
      "--index-sanity-check",
      "--files",
      indexes,
    ]);
    assert.doesNotMatch(checked, COMPLAINTS);
  });
  await tools.stop();
});

/** A log with everything in it that compaction has a rule for. */
function written(seed: number): Compacted {
  const at = newCompacted({}, undefined, Date.now());
  const workload = new CompactionWorkload(at, seeded(seed));
  for (let i = 0; i < STEPS; i++) workload.write();
  workload.endTransactions();
  // So that the last batch is no exception.
  write(at.log, "end=1", { timestamp: at.clock.wallMs() });
  roll(at.log, at.clock);
  return at;
}

/**
 * A batch as text; "" for one that only keeps offsets. Of the batch that an active producer is known
 * by, Kafka may keep the header where we keep the marker.
 */
function comparable(batch: Uint8Array, lastBatches: LastBatches): string {
  const count = layout.recordCount(batch, 0);
  if (count === 0 && layout.producerId(batch, 0) < 0) return "";
  const offsets = `${layout.baseOffset(batch, 0)}-${layout.lastOffset(batch, 0)}`;
  if (layout.isControl(batch, 0) && lastBatches.has(batch, 0)) return `last of producer ${offsets}`;
  const times = readRecords(batch).map(({ timestamp }) => timestamp).join(" ");
  const marks = [
    layout.attributes(batch, 0),
    layout.maxTimestamp(batch, 0),
    layout.partitionLeaderEpoch(batch, 0),
  ];
  return `${describeBatch(batch)} at ${times}; ${marks.join(" ")}`;
}

async function cleanWithKafka(directory: string, rounds: readonly number[]): Promise<void> {
  const { java, classpath } = await clientTools();
  const { code, stderr } = await runProcess(java, [
    "-cp",
    classpath,
    CLEANER,
    directory,
    rounds.join(","),
    String(DEDUPE_BYTES),
    `internal.segment.bytes=${COMPACTED.segmentBytes}`,
    `delete.retention.ms=${COMPACTED.deleteRetentionMs}`,
  ]);
  assert.equal(code, 0, stderr);
}

async function inTemporaryDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const top = await Deno.makeTempDir({ prefix: "jocko-compaction-" });
  try {
    const directory = join(top, "t-0");
    await Deno.mkdir(directory);
    await body(directory);
  } finally {
    await Deno.remove(top, { recursive: true });
  }
}

/** The files of the partition, without those that are on their way out. */
function exportTo(disk: SimulatedDisk, directory: string): void {
  for (const { name } of disk.list("t-0")!) {
    if (name.endsWith(".deleted")) continue;
    Deno.writeFileSync(join(directory, name), disk.content(`t-0/${name}`)!);
  }
}

/** All batches of the partition. */
function importFrom(directory: string): Uint8Array[] {
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
  return names.filter((name) => name.endsWith(".log")).sort()
    .flatMap((name) => splitBatches(Deno.readFileSync(join(directory, name))));
}
