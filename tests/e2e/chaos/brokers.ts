/** Brokers of one cluster that are killed, cut off and started again while clients use them. */
import { join } from "std/path";
import { JockoProcess } from "../jocko_process.ts";

const ROOT = join(import.meta.dirname ?? ".", "../../..");
const EXECUTABLE = Deno.env.get("JOCKO_BIN");

/** Where a broker runs, and how it is started each time. */
export interface BrokerPlace {
  /** `host:port` for clients. */
  readonly listen: string;
  readonly clusterListen: string;
  /** What comes before the command: a program that runs it elsewhere, or nothing. */
  readonly prefix: readonly string[];
  /** Arguments of `jocko broker` besides its directory and addresses. */
  readonly args: readonly string[];
}

/** A process under `prefix`, which replaces itself by the program it is given. */
export function prefixed(
  prefix: readonly string[],
  command: readonly string[],
): { readonly program: string; readonly args: string[] } {
  const [program, ...args] = [...prefix, ...command];
  if (program === undefined) throw new Error("an empty command");
  return { program, args };
}

/** Ends a broker that may have ended by itself. */
async function endNow(process: JockoProcess): Promise<void> {
  try {
    await process.kill();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    await process.end();
  }
}

/** Ends a process that may have ended already. */
export function killChild(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
  }
}

/** The command line of `jocko`. */
export function jocko(...args: readonly string[]): string[] {
  if (EXECUTABLE !== undefined) return [EXECUTABLE, ...args];
  return [Deno.execPath(), "run", "-A", "--no-check", join(ROOT, "main.ts"), ...args];
}

/** A cluster of processes; {@link end} must be awaited. Brokers go by their place in the list. */
export class ChaosBrokers {
  readonly #places: BrokerPlace[] = [];
  readonly #running = new Map<number, JockoProcess>();
  readonly #lives: { readonly index: number; readonly process: JockoProcess }[] = [];

  private constructor(readonly directory: string) {}

  static async create(): Promise<ChaosBrokers> {
    const made = await Deno.makeTempDir({ prefix: "jocko-chaos-" });
    return new ChaosBrokers(await Deno.realPath(made));
  }

  /** Every address that clients may begin with. */
  get bootstrap(): string {
    return this.#places.map(({ listen }) => listen).join(",");
  }

  get running(): number[] {
    return [...this.#running.keys()];
  }

  /** @returns the index of the new place, where nothing runs yet */
  add(place: BrokerPlace): number {
    return this.#places.push(place) - 1;
  }

  place(index: number): BrokerPlace {
    const place = this.#places[index];
    if (place === undefined) throw new Error(`there is no broker ${index}`);
    return place;
  }

  /** Starts a broker, or starts it again, with the same command. */
  start(index: number): void {
    if (this.#running.has(index)) throw new Error(`broker ${index} runs already`);
    const { listen, clusterListen, prefix, args } = this.place(index);
    const command = jocko(
      ...["broker", "--data-dir", join(this.directory, `broker-${index + 1}`)],
      ...["--listen", listen, "--cluster-listen", clusterListen, ...args],
    );
    const process = new JockoProcess({ ...prefixed(prefix, command), cwd: this.directory });
    this.#running.set(index, process);
    this.#lives.push({ index, process });
  }

  /** Waits until these brokers serve. */
  async ready(...indexes: readonly number[]): Promise<void> {
    for (const index of indexes) await this.#process(index).address();
  }

  /** As `kill -9`. */
  async kill(index: number): Promise<void> {
    const process = this.#process(index);
    this.#running.delete(index);
    await process.kill();
  }

  /** Asks a broker to stop, and waits until it has. @returns its exit code */
  async stop(index: number): Promise<number> {
    const process = this.#process(index);
    process.signal("SIGTERM");
    const { code } = await process.end();
    this.#running.delete(index);
    return code;
  }

  /** Writes what every process has said to a directory that stays. @returns the directory */
  async keepLogs(): Promise<string> {
    const directory = await Deno.makeTempDir({ prefix: "jocko-chaos-logs-" });
    for (const [life, { index, process }] of this.#lives.entries()) {
      await Deno.writeTextFile(join(directory, `broker-${index + 1}.${life}.log`), process.errors);
    }
    return directory;
  }

  /** Ends everything and removes the data. */
  async end(): Promise<void> {
    for (const process of this.#running.values()) await endNow(process);
    await Deno.remove(this.directory, { recursive: true });
  }

  #process(index: number): JockoProcess {
    const process = this.#running.get(index);
    if (process === undefined) throw new Error(`broker ${index} does not run`);
    return process;
  }
}

/**
 * Runs `body`; when it fails, the error tells the seed and where the brokers' events are kept.
 *
 * @throws with the cause, after everything has ended
 */
export async function withBrokers(
  seed: number,
  body: (brokers: ChaosBrokers) => Promise<void>,
): Promise<void> {
  const brokers = await ChaosBrokers.create();
  try {
    await body(brokers);
  } catch (cause) {
    const logs = await brokers.keepLogs();
    const text = cause instanceof Error ? cause.stack : String(cause);
    throw new Error(`seed ${seed}, events in ${logs}: ${text}`, { cause });
  } finally {
    await brokers.end();
  }
}
