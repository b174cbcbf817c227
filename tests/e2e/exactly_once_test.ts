/**
 * Exactly once (KIP-98, KIP-890): Java processes copy numbers from one topic to another, records
 * and offsets in transactions, while the broker and the processes are killed and fenced. Under
 * read_committed the output must be the input, nothing lost, doubled or moved.
 *
 * `EXACTLY_ONCE_RECORDS` sets how many numbers (50,000 by default; 1,000,000 is the long form),
 * `EXACTLY_ONCE_SEED` which faults come in which order.
 */
import assert from "node:assert/strict";
import { clientTools } from "../../scripts/client_tools.ts";
import { type BrokerUnderTest, restart, withBroker } from "../clients/support/broker.ts";
import { javaCommand } from "../clients/support/java.ts";
import { lines, runProcess } from "../clients/support/process.ts";

const RECORDS = Number(Deno.env.get("EXACTLY_ONCE_RECORDS") ?? 50_000);
const SEED = Number(Deno.env.get("EXACTLY_ONCE_SEED") ?? Math.floor(Math.random() * 2 ** 31));
const WORKERS = 2;
const FAULTS = ["kill the broker", "kill a process", "fence a process"] as const;
/** A fault comes each time that so many records have been committed. */
const RECORDS_PER_FAULT = Math.max(500, Math.floor(RECORDS / 40));
const TIMEOUT_MS = 120_000 + RECORDS;
const FLAWED = 2;

type Fault = (typeof FAULTS)[number];

Deno.test("a read-process-write loop yields every record once while everything is killed", async () => {
  await clientTools();
  await withBroker(async (broker) => {
    const names = await filled(broker, "chaos", RECORDS);
    const chaos = new Chaos(broker, names, SEED);
    await chaos.run();
    const summary = `seed ${SEED}: ${JSON.stringify(Object.fromEntries(chaos.counts))}`;
    const { code, text } = await check(broker, names.output, RECORDS, "read_committed");
    assert.equal(code, 0, `${text} (${summary})`);
    for (const fault of FAULTS) assert.ok(chaos.counts.get(fault)! > 0, `${fault} (${summary})`);
    // The same checker finds what was aborted when it does not look at the isolation level.
    const uncommitted = await check(broker, names.output, RECORDS, "read_uncommitted");
    assert.equal(uncommitted.code, FLAWED, uncommitted.text);
  });
});

Deno.test("the checker of exactly-once finds a record that a process dropped", async () => {
  await clientTools();
  await withBroker(async (broker) => {
    const count = 2000;
    const { input, output } = await filled(broker, "planted", count);
    const worker = await java(["process", broker.bootstrap, input, output, "0", "1", "drop"]);
    assert.equal(worker.code, 0, worker.text);
    const { code, text } = await check(broker, output, count, "read_committed");
    assert.equal(code, FLAWED, text);
    assert.match(text, /partition \d offset \d+: \d+ instead of 40[0-3]/);
  });
});

interface Names {
  readonly input: string;
  readonly output: string;
}

async function filled(broker: BrokerUnderTest, stem: string, count: number): Promise<Names> {
  const names = { input: `${stem}-in`, output: `${stem}-out` };
  const { code, text } = await java([
    "fill",
    broker.bootstrap,
    names.input,
    names.output,
    String(count),
  ]);
  assert.equal(code, 0, text);
  return names;
}

function check(broker: BrokerUnderTest, output: string, count: number, isolation: string) {
  return java(["check", broker.bootstrap, output, String(count), isolation]);
}

async function java(args: readonly string[]): Promise<{ code: number; text: string }> {
  const command = await javaCommand("ExactlyOnce", args);
  const result = await runProcess(command.program, command.args, { timeoutMs: TIMEOUT_MS });
  return { code: result.code, text: new TextDecoder().decode(result.stdout) + result.stderr };
}

/** The processes that copy, and what is done to them. */
class Chaos {
  readonly counts = new Map<Fault, number>(FAULTS.map((fault) => [fault, 0]));
  readonly #current: (Deno.ChildProcess | undefined)[] = [];
  readonly #ends: Promise<void>[] = [];
  readonly #finished = new Set<number>();
  readonly #allFinished = Promise.withResolvers<void>();
  #committed = 0;
  #nextFaultAt = RECORDS_PER_FAULT;
  #state: number;
  /** Faults come one after another. */
  #faults: Promise<void> = Promise.resolve();

  constructor(
    private readonly broker: BrokerUnderTest,
    private readonly names: Names,
    seed: number,
  ) {
    this.#state = seed;
  }

  /** Settles when the whole input is copied. */
  async run(): Promise<void> {
    const timer = setTimeout(
      () => this.#allFinished.reject(new Error(`not done in ${TIMEOUT_MS} ms, seed ${SEED}`)),
      TIMEOUT_MS,
    );
    try {
      for (let worker = 0; worker < WORKERS; worker++) await this.#start(worker);
      await this.#allFinished.promise;
      await this.#faults;
    } finally {
      clearTimeout(timer);
      for (const child of this.#current) if (child !== undefined) kill(child);
      await Promise.all(this.#ends);
    }
  }

  /** Starts a process; one with the same transactional id that still runs is fenced by it. */
  async #start(worker: number): Promise<void> {
    const { input, output } = this.names;
    const { program, args } = await javaCommand("ExactlyOnce", [
      "process",
      this.broker.bootstrap,
      input,
      output,
      String(worker),
      String(WORKERS),
      "none",
    ]);
    const child = new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#current[worker] = child;
    this.#ends.push(this.#follow(worker, child));
  }

  async #follow(worker: number, child: Deno.ChildProcess): Promise<void> {
    for await (const line of lines(child.stdout)) {
      if (line.startsWith("committed ")) this.#progress(Number(line.split(" ")[1]));
    }
    const { code } = await child.status;
    if (this.#current[worker] !== child) return;
    this.#current[worker] = undefined;
    if (code === 0) {
      this.#finished.add(worker);
      if (this.#finished.size === WORKERS) this.#allFinished.resolve();
    } else await this.#start(worker);
  }

  #progress(records: number): void {
    this.#committed += records;
    if (this.#committed < this.#nextFaultAt) return;
    this.#nextFaultAt += RECORDS_PER_FAULT;
    const fault = FAULTS[this.#random(FAULTS.length)]!;
    const worker = this.#random(WORKERS);
    this.#faults = this.#faults.then(() => this.#inflict(fault, worker));
    this.#faults.catch((error: unknown) => this.#allFinished.reject(error));
  }

  async #inflict(fault: Fault, worker: number): Promise<void> {
    const child = this.#current[worker];
    if (fault === "kill the broker") await restart(this.broker, "SIGKILL");
    else if (child === undefined || this.#finished.has(worker)) return;
    else if (fault === "kill a process") kill(child);
    else await this.#start(worker);
    this.counts.set(fault, this.counts.get(fault)! + 1);
  }

  /** A number below `bound`; Lehmer's generator. */
  #random(bound: number): number {
    this.#state = (this.#state % 2147483646 + 1) * 48271 % 2147483647;
    return this.#state % bound;
  }
}

/** It may have ended by itself just now. */
function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (cause) {
    const isGone = cause instanceof Deno.errors.NotFound || cause instanceof TypeError;
    if (!isGone) throw cause;
  }
}
