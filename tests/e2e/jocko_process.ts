/** A `jocko broker` process of a test: what it prints, and how it ends. */
import { lines } from "../clients/support/process.ts";

/** How to start it. */
export interface JockoCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** How it ended. */
export interface JockoEnd {
  readonly code: number;
  readonly output: readonly string[];
  readonly errors: readonly string[];
}

const READY_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 40_000;

/** A process that was started; {@link end} must be awaited, or {@link kill} called. */
export class JockoProcess {
  readonly #child: Deno.ChildProcess;
  readonly #output: string[] = [];
  readonly #errors: string[] = [];
  readonly #streams: Promise<unknown>;
  readonly #firstLine = Promise.withResolvers<string>();
  #running = true;

  constructor({ program, args, cwd, env }: JockoCommand) {
    this.#child = new Deno.Command(program, {
      args: [...args],
      cwd,
      env: { ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#streams = Promise.all([this.#readOutput(), this.#readErrors()]);
    // A test that only waits for the end never asks for the first line.
    this.#firstLine.promise.catch(() => undefined);
  }

  /** The `host:port` of the first listener, once the broker says that it serves. */
  async address(): Promise<string> {
    const timer = setTimeout(
      () => this.#firstLine.reject(new Error("not ready in time")),
      READY_TIMEOUT_MS,
    );
    try {
      const line = await this.#firstLine.promise;
      const address = /listening on [A-Z0-9_.-]+:\/\/([^,\s]+)/.exec(line)?.[1];
      if (address === undefined) throw new Error(`no address in the line: ${line}`);
      return address;
    } catch (error) {
      throw new Error(`${this.#errors.join("\n")}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  /** What it has said on standard error so far. */
  get errors(): string {
    return this.#errors.join("\n");
  }

  signal(signal: "SIGTERM" | "SIGINT" | "SIGHUP"): void {
    this.#child.kill(signal);
  }

  /** Waits for the process to end by itself. */
  async end(): Promise<JockoEnd> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), END_TIMEOUT_MS);
    try {
      const { code } = await this.#child.status;
      await this.#streams;
      return { code, output: this.#output, errors: this.#errors };
    } finally {
      this.#running = false;
      clearTimeout(timer);
    }
  }

  /** Ends it at once, when it still runs. For the way out of a test. */
  async kill(): Promise<void> {
    if (!this.#running) return;
    this.#child.kill("SIGKILL");
    await this.end();
  }

  async #readOutput(): Promise<void> {
    for await (const line of lines(this.#child.stdout)) {
      this.#output.push(line);
      this.#firstLine.resolve(line);
    }
    this.#firstLine.reject(new Error("it ended before it was ready"));
  }

  async #readErrors(): Promise<void> {
    for await (const line of lines(this.#child.stderr)) this.#errors.push(line);
  }
}
