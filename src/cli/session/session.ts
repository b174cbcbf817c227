import { type ClientOptions, ClusterClient } from "../../client/cluster_client.ts";
import type { Clock } from "../../io/clock.ts";
import type { SocketAddress } from "../../io/network.ts";
import type { CommandContext } from "../command_context.ts";
import { parseBrokers } from "../contexts/broker_addresses.ts";
import { ContextFile } from "../contexts/context_file.ts";
import { renderReport, type Report } from "../output/report.ts";
import { type Style, styleFor } from "../output/style.ts";
import type { Surroundings } from "../surroundings.ts";
import { VERSION } from "../version.ts";
import { CommandError, UsageError } from "./failures.ts";
import type { CommonFlags, DangerFlags } from "./flags.ts";
import { ExitCode } from "../exit_codes.ts";

const DEFAULT_BROKERS = "127.0.0.1:9092";
const DEFAULT_TIMEOUT_MS = 30_000;
const REQUEST_TIMEOUT_MS_MAX = 10_000;

/** One run of a command: its streams, its flags, and the cluster that it talks to. */
export class Session {
  readonly #context: CommandContext;
  readonly #flags: CommonFlags;
  #client: ClusterClient | undefined;

  constructor(context: CommandContext, flags: CommonFlags) {
    this.#context = context;
    this.#flags = flags;
  }

  get surroundings(): Surroundings {
    return this.#context.surroundings;
  }

  get process(): CommandContext["process"] {
    return this.#context.process;
  }

  get context(): CommandContext {
    return this.#context;
  }

  get clock(): Clock {
    return this.#context.process.clock;
  }

  /** The cluster that flags, environment and contexts point to; dialled when it is first asked. */
  get client(): ClusterClient {
    this.#client ??= this.openClient();
    return this.#client;
  }

  /** How long an operation may take, in milliseconds. */
  get timeoutMs(): number {
    return this.#flags.timeout ?? DEFAULT_TIMEOUT_MS;
  }

  /** A client of its own, for addresses other than the session's. The caller closes it. */
  openClient(overrides: Partial<ClientOptions> = {}): ClusterClient {
    const environment = { network: this.surroundings.network, clock: this.clock };
    return new ClusterClient(environment, {
      bootstrap: this.bootstrap(),
      clientId: "jocko-cli",
      software: { name: "jocko-cli", version: VERSION },
      requestTimeoutMs: Math.min(this.timeoutMs, REQUEST_TIMEOUT_MS_MAX),
      operationTimeoutMs: this.timeoutMs,
      ...overrides,
    });
  }

  /** Where to ask first: the flag, the context named, the environment, the current context. */
  bootstrap(): SocketAddress[] {
    const environment = this.process.environment();
    const { brokers, context } = this.#flags;
    if (brokers !== undefined) return parseBrokers(brokers);
    if (context === undefined && environment["JOCKO_BROKERS"]) {
      return parseBrokers(environment["JOCKO_BROKERS"]);
    }
    const file = new ContextFile(this.surroundings.files, environment);
    const { current, contexts } = file.read();
    const name = context ?? current;
    if (name === undefined) return parseBrokers(DEFAULT_BROKERS);
    const named = contexts.find((context) => context.name === name);
    if (named === undefined) {
      throw new UsageError(`there is no context ${name}; jocko context list shows those there are`);
    }
    return parseBrokers(named.brokers);
  }

  get style(): Style {
    return styleFor(this.surroundings.output.isTerminal, this.process.environment());
  }

  /** Prints a result to standard output. */
  print(report: Report): void {
    this.write(renderReport(report, this.#flags.output ?? "table", this.style));
  }

  /** Prints text to standard output as it is. */
  write(text: string): void {
    this.process.writeOutput(text);
  }

  /** Tells the operator something, on standard error. */
  note(text: string): void {
    this.process.writeError(`${text}\n`);
  }

  /** True when results are for programs. */
  get isForPrograms(): boolean {
    return (this.#flags.output ?? "table") !== "table";
  }

  /**
   * Has the operator agree to what can't be undone; false when it is only to be shown.
   *
   * @param plan what would be done, in one sentence
   * @throws {CommandError} when the operator does not agree
   */
  async confirm(plan: string, { yes, dryRun }: DangerFlags): Promise<boolean> {
    if (dryRun) {
      this.note(`dry run: would ${plan}`);
      return false;
    }
    if (yes) return true;
    const input = this.surroundings.standardInput();
    if (!input.isTerminal) {
      throw new UsageError(`this would ${plan}; say --yes to do it, or --dry-run to see it`);
    }
    this.process.writeError(`This will ${plan}. Go on? [y/N] `);
    const answer = new Uint8Array(64);
    const count = await input.read(answer);
    const text = new TextDecoder().decode(answer.subarray(0, count)).trim().toLowerCase();
    if (text === "y" || text === "yes") return true;
    throw new CommandError("nothing was done", ExitCode.failure);
  }

  close(): void {
    this.#client?.close();
  }
}
