/** Runs kcat, and reads what it prints about records without losing a byte. */
import { clientTools } from "../../../scripts/client_tools.ts";
import { type ProcessResult, type RunOptions, runProcess } from "./process.ts";

/** A record as kcat prints it. */
export interface KcatRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** `name=value` joined by commas, as kcat's `%h` gives them. */
  readonly headers: string;
}

/** Sizes first, so that contents may hold any byte. */
const FORMAT = "%p,%o,%T,%K,%S,%h\n%k%s";

/** Intervals that by default would make each run of kcat last a second or more. */
const HASTE = [
  ...["-X", "topic.metadata.refresh.fast.interval.ms=20"],
  ...["-X", "reconnect.backoff.ms=20"],
  ...["-X", "fetch.wait.max.ms=50"],
];

/** kcat against one broker. */
export class Kcat {
  constructor(readonly bootstrap: string) {}

  /** Runs kcat with `args` after `-b`. Never fails for its exit code. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<ProcessResult> {
    const { kcat } = await clientTools();
    return await runProcess(kcat, ["-b", this.bootstrap, ...HASTE, ...args], options);
  }

  /** As {@link run}, and a non-zero exit code throws with what kcat said. */
  async mustRun(args: readonly string[], options: RunOptions = {}): Promise<ProcessResult> {
    const result = await this.run(args, options);
    if (result.code !== 0) {
      throw new Error(`kcat ${args.join(" ")} ended with ${result.code}: ${result.stderr}`);
    }
    return result;
  }

  /** Produces `input`, one record per line, and waits for the acknowledgements. */
  async produce(topic: string, input: string | Uint8Array, args: string[] = []): Promise<void> {
    await this.mustRun(["-P", "-t", topic, ...args], { stdin: input });
  }

  /** Records of `topic` up to the end of each partition, checksums verified. */
  async consume(topic: string, args: string[] = []): Promise<KcatRecord[]> {
    const result = await this.mustRun([...consumeArguments(topic), "-e", ...args]);
    return parseRecords(result.stdout);
  }

  /** The first `count` records of `topic`, waited for when they are not there yet. */
  async consumeCount(topic: string, count: number, args: string[] = []): Promise<KcatRecord[]> {
    const result = await this.mustRun([...consumeArguments(topic), "-c", `${count}`, ...args]);
    return parseRecords(result.stdout);
  }

  /** The answer of `-Q`: the offset of the first record at or after `timestamp`. */
  async queryOffset(topic: string, partition: number, timestamp: number): Promise<number> {
    const result = await this.mustRun(["-Q", "-t", `${topic}:${partition}:${timestamp}`]);
    const text = new TextDecoder().decode(result.stdout);
    const match = /offset (-?\d+)/.exec(text);
    if (match === null) throw new Error(`kcat -Q said: ${text}`);
    return Number(match[1]);
  }
}

function consumeArguments(topic: string): string[] {
  return ["-C", "-q", "-t", topic, "-X", "check.crcs=true", "-f", FORMAT];
}

/** Splits what {@link FORMAT} made kcat print. */
export function parseRecords(output: Uint8Array): KcatRecord[] {
  const decoder = new TextDecoder();
  const records: KcatRecord[] = [];
  let position = 0;
  while (position < output.length) {
    const lineEnd = output.indexOf(10, position);
    if (lineEnd < 0) throw new Error("kcat's output ends within a record");
    const line = decoder.decode(output.subarray(position, lineEnd));
    const match = /^(\d+),(\d+),(-?\d+),(-?\d+),(-?\d+),(.*)$/.exec(line);
    if (match === null) throw new Error(`not a line of ours: ${line}`);
    const [partition, offset, timestampMs, keySize, valueSize] = match.slice(1, 6).map(Number) as [
      number,
      number,
      number,
      number,
      number,
    ];
    position = lineEnd + 1;
    // A null key or value has size -1 and is printed as "NULL" only on request (-Z).
    const keyEnd = position + Math.max(0, keySize);
    const valueEnd = keyEnd + Math.max(0, valueSize);
    records.push({
      partition,
      offset,
      timestampMs,
      key: keySize < 0 ? null : output.subarray(position, keyEnd),
      value: valueSize < 0 ? null : output.subarray(keyEnd, valueEnd),
      headers: match[6] ?? "",
    });
    position = valueEnd;
  }
  return records;
}

/** Values of `records` as text, "∅" for null. */
export function valuesOf(records: readonly KcatRecord[]): string[] {
  const decoder = new TextDecoder();
  return records.map(({ value }) => value === null ? "∅" : decoder.decode(value));
}
