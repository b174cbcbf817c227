/**
 * Child processes that never outlive the benchmark.
 *
 * Everything started here is entered in one list, by process id, and killed from it when the
 * benchmark ends early. Output goes to a file or is read line by line, so no pipe can fill up.
 *
 * @module
 */

const running = new Map<number, Deno.ChildProcess>();

/** True once everything is being ended; a start after that would leave a process behind. */
let closing = false;

const STOP_TIMEOUT_MS = 30_000;

/** A started process: how to end it, and how to see that it ended. */
export class Process {
  #ended = false;

  private constructor(
    readonly child: Deno.ChildProcess,
    readonly title: string,
  ) {
    running.set(child.pid, child);
    child.status.then(() => {
      this.#ended = true;
      running.delete(child.pid);
    });
  }

  /**
   * Starts `command` with its output appended to `logFile`. The shell in between only redirects:
   * `exec` makes the command take over its process id. `openFiles` raises the limit of open files
   * where the system permits it.
   */
  static logged(command: readonly string[], logFile: string, openFiles?: number): Process {
    requireOpen();
    const raise = openFiles === undefined
      ? ""
      : `ulimit -n ${openFiles} 2>/dev/null || ulimit -n "$(ulimit -Hn)"; `;
    const child = new Deno.Command("/bin/sh", {
      args: ["-c", `${raise}exec "$@" >>"$0" 2>&1`, logFile, ...command],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    return new Process(child, command.join(" "));
  }

  /** Starts `command` with piped input and output; its errors go to `logFile`. */
  static piped(command: readonly string[], logFile: string): Process {
    requireOpen();
    const child = new Deno.Command("/bin/sh", {
      args: ["-c", `exec "$@" 2>>"$0"`, logFile, ...command],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    return new Process(child, command.join(" "));
  }

  get pid(): number {
    return this.child.pid;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** SIGTERM, then SIGKILL after half a minute. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), STOP_TIMEOUT_MS);
    await this.child.status;
    clearTimeout(timer);
  }

  /** SIGKILL, as a crash. */
  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.child.status;
  }

  #signal(signal: Deno.Signal): void {
    if (!this.#ended) this.child.kill(signal);
  }
}

function requireOpen(): void {
  if (closing) throw new Error("the benchmark is ending");
}

/** Ends everything that still runs, and starts nothing more: the way out, whatever led there. */
export async function killAll(): Promise<void> {
  closing = true;
  const children = [...running.values()];
  for (const child of children) {
    try {
      child.kill("SIGKILL");
    } catch (error) {
      // It ended by itself a moment ago, as all children do when a terminal sends SIGINT.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  await Promise.all(children.map((child) => child.status));
}

/**
 * Runs a command to its end and gives its output.
 *
 * @throws Error with what it wrote when it does not exit with 0
 */
export async function runToEnd(command: readonly string[], logFile: string): Promise<string> {
  const process = Process.piped(command, logFile);
  await process.child.stdin.close();
  const output = await new Response(process.child.stdout).text();
  const { code } = await process.child.status;
  if (code === 0) return output;
  const log = await tailOf(logFile);
  throw new Error(`${command.join(" ")} ended with ${code}:\n${output.slice(-2000)}${log}`);
}

/** The end of a log file, for an error message. */
export async function tailOf(logFile: string): Promise<string> {
  const text = await Deno.readTextFile(logFile).catch((error: unknown) => String(error));
  return text.slice(-2000);
}

/** Waits that many milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
