/** Helper processes, each with a bounded time, its output captured. */

/** What a process left behind. */
export interface ProcessResult {
  readonly code: number;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

/** What to feed a process and for how long to wait. */
export interface RunOptions {
  /** Written to standard input, which is then closed. Text goes as UTF-8. */
  readonly stdin?: Uint8Array | string;
  /** After this the process is killed and the call throws; 30 s by default. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/** Runs `program` to its end; a non-zero exit code is a result, not an error. */
export async function runProcess(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<ProcessResult> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  try {
    const [output] = await Promise.all([child.output(), feed(child, options.stdin)]);
    const stderr = new TextDecoder().decode(output.stderr);
    if (timedOut) {
      const command = [program, ...args].join(" ");
      const text = new TextDecoder().decode(output.stdout).slice(-2000);
      throw new Error(`no end within ${timeoutMs} ms: ${command}\n${text}\n${stderr}`);
    }
    return { code: output.code, stdout: output.stdout, stderr };
  } finally {
    clearTimeout(timer);
  }
}

async function feed(
  child: Deno.ChildProcess,
  input: Uint8Array | string | undefined,
): Promise<void> {
  if (input === undefined) return;
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(bytes as Uint8Array<ArrayBuffer>);
    await writer.close();
  } catch (cause) {
    // A process that fails early closes its input; its exit code and stderr say why.
    if (!(cause instanceof Deno.errors.BrokenPipe)) throw cause;
  }
}

/** The lines of a byte stream, read as UTF-8, without their line ends. */
export async function* lines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  if (rest !== "") yield rest;
}

/** Resolves after `ms`. For polling a condition, never to let a race settle. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Asks `probe` until it gives something else than undefined.
 *
 * @throws when `timeoutMs` pass without an answer
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  timeoutMs = 20_000,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await pause(25);
  }
}
