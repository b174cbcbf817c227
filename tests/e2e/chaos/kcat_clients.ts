/** librdkafka at work while brokers come and go, by way of kcat. */
import assert from "node:assert/strict";
import { clientTools } from "../../../scripts/client_tools.ts";
import { eventually, lines, runProcess } from "../../clients/support/process.ts";
import { killChild, prefixed } from "./brokers.ts";
import type { ReadNumber } from "./log_checker.ts";

/** Where a client runs and whom it asks first. */
export interface ClientPlace {
  readonly bootstrap: string;
  /** See {@link prefixed}. */
  readonly prefix: readonly string[];
}

const LINES_PER_SECOND = 300;
const FORMAT = "%p %o %s\\n";
/** Brokers that are away for a while must not keep a client away for longer. */
const HASTE = [
  ...["-X", "reconnect.backoff.max.ms=500"],
  ...["-X", "topic.metadata.refresh.interval.ms=5000"],
];

function parseNumber(line: string): ReadNumber {
  const [partition, offset, value] = line.split(" ").map(Number);
  return { partition: partition!, offset: offset!, value: value! };
}

function exceptBrokenPipe(error: unknown): void {
  if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
}

async function command(place: ClientPlace, args: readonly string[]) {
  const { kcat } = await clientTools();
  return prefixed(place.prefix, [kcat, "-b", place.bootstrap, ...HASTE, ...args]);
}

/** An idempotent producer of numbers at an even rate, to random partitions. */
export class KcatLoad {
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #errors: Promise<string>;
  readonly #feeding: Promise<void>;
  #isFeeding = true;
  #count = 0;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#stdin = child.stdin.getWriter();
    this.#errors = new Response(child.stderr).text();
    // kcat that has ended takes no more input; what it said tells why, and `end` looks at that.
    this.#feeding = this.#feed().then(() => this.#stdin.close()).catch(exceptBrokenPipe);
  }

  static async start(place: ClientPlace, topic: string): Promise<KcatLoad> {
    const settings = ["acks=all", "enable.idempotence=true", "message.timeout.ms=120000"];
    const { program, args } = await command(place, [
      // With -E kcat goes on when no broker can be reached for a moment.
      ...["-P", "-E", "-t", topic, "-X", "linger.ms=2", "-X", "socket.timeout.ms=5000"],
      ...settings.flatMap((setting) => ["-X", setting]),
    ]);
    return new KcatLoad(
      new Deno.Command(program, { args, stdin: "piped", stdout: "null", stderr: "piped" }).spawn(),
    );
  }

  /** How many numbers were handed to kcat so far. */
  get count(): number {
    return this.#count;
  }

  /** Lets what is under way be acknowledged. @returns how many numbers there must be */
  async end(): Promise<number> {
    this.#isFeeding = false;
    await this.#feeding;
    const { code } = await this.#child.status;
    const said = (await this.#errors).slice(-2000);
    assert.equal(code, 0, `kcat: not every number was acknowledged: ${said}`);
    assert.doesNotMatch(said, /Delivery failed/);
    return this.#count;
  }

  /** Ends it at once; the way out of a test that failed. */
  async kill(): Promise<void> {
    this.#isFeeding = false;
    killChild(this.#child);
    await Promise.all([this.#feeding, this.#errors, this.#child.status]);
  }

  async #feed(): Promise<void> {
    const encoder = new TextEncoder();
    const startMs = performance.now();
    while (this.#isFeeding) {
      const due = Math.floor((performance.now() - startMs) / 1000 * LINES_PER_SECOND);
      let text = "";
      for (; this.#count < due; this.#count++) text += `${this.#count}\n`;
      if (text !== "") await this.#stdin.write(encoder.encode(text));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** A member of a group that reads a topic from its start and commits as it goes. */
export class KcatMember {
  readonly records: ReadNumber[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  readonly #errors: Promise<string>;
  readonly #seen = new Set<number>();

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#errors = new Response(child.stderr).text();
    this.#reading = this.#read();
  }

  static async start(place: ClientPlace, group: string, topic: string): Promise<KcatMember> {
    const { program, args } = await command(place, [
      ...["-E", "-u", "-X", "auto.offset.reset=earliest", "-X", "auto.commit.interval.ms=200"],
      ...["-X", "session.timeout.ms=10000", "-X", "socket.timeout.ms=5000"],
      ...["-f", FORMAT, "-G", group, topic],
    ]);
    return new KcatMember(
      new Deno.Command(program, { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn(),
    );
  }

  /** Waits until it has been given `count` different numbers. */
  async caughtUp(count: number, timeoutMs: number): Promise<void> {
    const caughtUp = eventually(
      `the group to read ${count} numbers`,
      () => Promise.resolve(this.#seen.size >= count ? true : undefined),
      timeoutMs,
    );
    try {
      await Promise.race([caughtUp, this.#endedEarly()]);
    } catch (cause) {
      throw new Error(`${this.#seen.size} of ${count} were read`, { cause });
    }
  }

  /** Leaves the group. */
  async end(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#reading;
    const { code } = await this.#child.status;
    assert.equal(code, 0, `kcat: ${(await this.#errors).slice(-2000)}`);
  }

  /** Ends it at once; the way out of a test that failed. */
  async kill(): Promise<void> {
    killChild(this.#child);
    await Promise.all([this.#reading, this.#errors, this.#child.status]);
  }

  async #endedEarly(): Promise<never> {
    const { code } = await this.#child.status;
    throw new Error(`kcat ended with ${code}: ${(await this.#errors).slice(-2000)}`);
  }

  async #read(): Promise<void> {
    for await (const line of lines(this.#child.stdout)) {
      const record = parseNumber(line);
      this.records.push(record);
      this.#seen.add(record.value);
    }
  }
}

/** Everything that a reader sees who ignores what was not committed. */
export async function readNumbers(place: ClientPlace, topic: string): Promise<ReadNumber[]> {
  const { program, args } = await command(place, [
    ...["-C", "-q", "-E", "-e", "-o", "beginning", "-t", topic, "-X", "check.crcs=true"],
    ...["-X", "isolation.level=read_committed", "-f", FORMAT],
  ]);
  const { code, stdout, stderr } = await runProcess(program, args, { timeoutMs: 60_000 });
  assert.equal(code, 0, stderr);
  const text = new TextDecoder().decode(stdout);
  return text.split("\n").filter((line) => line !== "").map(parseNumber);
}

/** What the first broker that answers tells about the cluster. */
export interface ClusterView {
  readonly controllerid: number;
  readonly brokers: readonly { readonly id: number; readonly name: string }[];
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly leader: number;
      readonly isrs: readonly { readonly id: number }[];
    }[];
  }[];
}

/** @returns undefined when no broker answers for the moment */
export async function viewCluster(
  place: ClientPlace,
  topic: string,
): Promise<ClusterView | undefined> {
  const { program, args } = await command(place, ["-L", "-J", "-t", topic, "-m", "3"]);
  const { code, stdout } = await runProcess(program, args, { timeoutMs: 30_000 });
  if (code !== 0) return undefined;
  return JSON.parse(new TextDecoder().decode(stdout)) as ClusterView;
}

/**
 * Waits until every broker of the bootstrap list knows the topics. The one that made them does at once,
 * the others a moment later; until then kcat would end with an unknown topic.
 */
export async function knownEverywhere(
  { bootstrap, prefix }: ClientPlace,
  topics: readonly string[],
): Promise<void> {
  for (const broker of bootstrap.split(",")) {
    for (const topic of topics) {
      await eventually(`${broker} to know ${topic}`, async () => {
        const view = await viewCluster({ bootstrap: broker, prefix }, topic);
        const partitions = view?.topics[0]?.partitions ?? [];
        return partitions.some(({ leader }) => leader > 0) ? true : undefined;
      });
    }
  }
}
