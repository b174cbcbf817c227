/**
 * Compaction side by side: the same log is compacted by this project's cleaner and by Kafka's, each
 * on one thread in a process of its own, in turns.
 *
 *     deno run -A scripts/bench/compaction.ts [--records N] [--keys N] [--value-bytes N]
 *       [--codec NAME] [--runs N]
 *
 * Prints for each run the seconds by the clock, the CPU seconds of the process meanwhile, and the
 * log's bytes per second of each. The log is read twice, once for its keys.
 */
import { join } from "std/path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cpuUsage } from "node:process";
import type { Uuid } from "../../src/base/uuid.ts";
import { DenoClock } from "../../src/host/deno_clock.ts";
import { DenoDisk } from "../../src/host/deno_disk.ts";
import { DenoRandom } from "../../src/host/deno_random.ts";
import { InProcessCleaner } from "../../src/log/compaction/in_process_cleaner.ts";
import { DEFAULT_LOG_CONFIG, type LogConfig } from "../../src/log/log_config.ts";
import { LogDirectory } from "../../src/log/log_directory.ts";
import { codecByName } from "../../src/protocol/compression/codec.ts";
import { buildBatch, type RecordInit } from "../../src/protocol/records/batch_builder.ts";
import { clientTools } from "../client_tools.ts";

const TOPIC = "t";
const TOPIC_ID = "Y29tcGFjdGlvbi1iZW5jaA" as Uuid;
const BATCH_BYTES = 16 * 1024;
const RECORD_OVERHEAD_BYTES = 30;
/** `log.cleaner.dedupe.buffer.size` and `log.cleaner.io.buffer.size` as they are by default. */
const DEDUPE_BYTES = 128 * 1024 * 1024;
const IO_BUFFER_BYTES = 512 * 1024;
const CONFIG: LogConfig = {
  ...DEFAULT_LOG_CONFIG,
  cleanupCompact: true,
  cleanupDelete: false,
  segmentBytes: 100 * 1024 * 1024,
};

/** What the log is made of. */
interface LogShape {
  readonly records: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly codec: string;
}

/** One cleaning. */
interface Pass {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

function openDirectory(path: string): LogDirectory {
  return LogDirectory.open({
    disk: new DenoDisk(path),
    clock: new DenoClock(),
    random: new DenoRandom(),
    config: CONFIG,
  });
}

/** Writes the log, keys in random order; its bytes. */
async function writeLog(path: string, shape: LogShape): Promise<number> {
  await Deno.mkdir(path);
  const directory = openDirectory(path);
  const log = directory.create(TOPIC, 0, TOPIC_ID, CONFIG);
  const codec = codecByName(shape.codec);
  if (codec === undefined) throw new SyntaxError(`no codec is called ${shape.codec}`);
  const encoder = new TextEncoder();
  const value = crypto.getRandomValues(new Uint8Array(shape.valueBytes));
  const perBatch = Math.max(
    1,
    Math.floor(BATCH_BYTES / (shape.valueBytes + RECORD_OVERHEAD_BYTES)),
  );
  const timestamp = Date.now();
  for (let written = 0; written < shape.records; written += perBatch) {
    const records: RecordInit[] = [];
    for (let i = 0; i < perBatch; i++) {
      const number = String(Math.floor(Math.random() * shape.keys)).padStart(9, "0");
      records.push({ key: encoder.encode(`customer-${number}`), value, timestamp });
    }
    const { kind } = log.append(buildBatch(records, { codec }), 0);
    if (kind !== "appended") throw new Error(`a batch was ${kind}`);
  }
  log.config = { ...CONFIG, segmentMs: 0 };
  log.rollIfDue(Date.now() + 60_000);
  const { sizeBytes } = log;
  await directory.close();
  return sizeBytes;
}

/** In a process of its own: compacts the log and prints a {@link Pass}. */
async function cleanHere(path: string): Promise<void> {
  const directory = openDirectory(path);
  const log = directory.get(TOPIC, 0);
  if (log === undefined) throw new Error(`no log in ${path}`);
  const clock = new DenoClock();
  const nowMs = clock.wallMs();
  const startedMs = clock.monotonicMs();
  const before = cpuUsage();
  const lastStableOffset = () => log.endOffset;
  const survey = log.cleaning.survey({ cleanedOffset: undefined, lastStableOffset, nowMs });
  const resources = {
    dedupeBytes: DEDUPE_BYTES,
    loadFactor: 0.9,
    ioBufferBytes: IO_BUFFER_BYTES,
    ioBytesPerSecond: Infinity,
  };
  const secret = crypto.getRandomValues(new Int32Array(4));
  const run = log.cleaning.begin(survey, resources, nowMs, secret);
  const outcome = await new InProcessCleaner({ disk: new DenoDisk(path), clock }).clean(run.job, {
    isWanted: () => true,
    swap: (cleaned) => run.swap(cleaned),
  });
  const { user, system } = cpuUsage(before);
  if (outcome.kind !== "cleaned") throw new Error("the cleaning was abandoned");
  const ms = Math.round(clock.monotonicMs() - startedMs);
  const cpuMs = Math.round((user + system) / 1000);
  await say(`ms=${ms} cpuMs=${cpuMs} endOffset=${outcome.endOffset}`);
  await directory.close();
}

async function passOf(program: string, args: readonly string[]): Promise<Pass> {
  const child = new Deno.Command(program, { args: [...args], stderr: "null" });
  const { success, stdout } = await child.output();
  const text = new TextDecoder().decode(stdout);
  const match = /ms=(\d+) cpuMs=(\d+) endOffset=\d+/.exec(text);
  if (!success || match === null) throw new Error(`${program} did not compact: ${text}`);
  return { seconds: Number(match[1]) / 1000, cpuSeconds: Number(match[2]) / 1000 };
}

async function say(line: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}

async function copyDirectory(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (isDirectory) await copyDirectory(source, target);
    else await Deno.copyFile(source, target);
  }
}

async function compare(top: string, shape: LogShape, runs: number): Promise<void> {
  const { java, classpath } = await clientTools();
  const original = join(top, "original");
  const bytes = await writeLog(original, shape);
  await say(`${shape.records} records of ${shape.keys} keys, ${(bytes / 1e6).toFixed(0)} MB`);
  const cleaner = fileURLToPath(new URL("java/CleanerBench.java", import.meta.url));
  const passes: Record<string, (path: string) => Promise<Pass>> = {
    jocko: (path) =>
      passOf(Deno.execPath(), ["run", "-A", fileURLToPath(import.meta.url), "--clean", path]),
    kafka: (path) =>
      passOf(java, [
        ...["-Xmx1g", "-cp", classpath, cleaner, join(path, `${TOPIC}-0`)],
        ...[String(Date.now()), String(DEDUPE_BYTES), `segment.bytes=${CONFIG.segmentBytes}`],
      ]),
  };
  for (let run = 1; run <= runs; run++) {
    for (const [name, pass] of Object.entries(passes)) {
      const copy = join(top, `${name}-${run}`);
      await copyDirectory(original, copy);
      const { seconds, cpuSeconds } = await pass(copy);
      const rate = (per: number) => `${(bytes / 1e6 / per).toFixed(0)} MB/s`;
      await say(
        `${name} run ${run}: ${seconds.toFixed(1)} s (${rate(seconds)}), ` +
          `${cpuSeconds.toFixed(1)} s of CPU (${rate(cpuSeconds)})`,
      );
      await Deno.remove(copy, { recursive: true });
    }
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      records: { type: "string", default: "10000000" },
      keys: { type: "string", default: "1000000" },
      "value-bytes": { type: "string", default: "100" },
      codec: { type: "string", default: "none" },
      runs: { type: "string", default: "3" },
      clean: { type: "string" },
    },
  });
  if (values.clean !== undefined) {
    await cleanHere(values.clean);
  } else {
    const top = await Deno.makeTempDir({ prefix: "jocko-bench-compaction-" });
    const shape = {
      records: Number(values.records),
      keys: Number(values.keys),
      valueBytes: Number(values["value-bytes"]),
      codec: values.codec,
    };
    try {
      await compare(top, shape, Number(values.runs));
    } finally {
      await Deno.remove(top, { recursive: true });
    }
  }
}
