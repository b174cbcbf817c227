/** What both fuzzers are told on the command line. */
export interface FuzzOptions {
  readonly frames: number;
  readonly seed: number;
  /** Index of the first frame; a failure names the one to begin with. */
  readonly from: number;
  /** The process (or the broker, by its pid) may not grow beyond this. */
  readonly residentMibMax: number;
  /** Of a broker elsewhere, `host:port`; undefined for a server in this process. */
  readonly broker: string | undefined;
  readonly brokerPid: number | undefined;
}

const USAGE = `usage: fuzz [--frames N] [--seed S] [--from INDEX] [--rss-max MIB]
            [--broker HOST:PORT [--pid PID]]`;

/** Reads the command line; ends the process with a usage text when it can't be understood. */
export function parseFuzzOptions(args: readonly string[]): FuzzOptions {
  const given = new Map<string, string>();
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i]!;
    const value = args[i + 1];
    if (!/^--(frames|seed|from|rss-max|broker|pid)$/.test(name) || value === undefined) {
      fail(USAGE);
    }
    given.set(name, value);
  }
  const number = (name: string, fallback: number): number => {
    const value = Number(given.get(name) ?? fallback);
    if (!Number.isSafeInteger(value) || value < 0) fail(`${name}: not a number\n${USAGE}`);
    return value;
  };
  return {
    frames: number("--frames", 20_000),
    seed: number("--seed", crypto.getRandomValues(new Uint32Array(1))[0]!),
    from: number("--from", 0),
    residentMibMax: number("--rss-max", 768),
    broker: given.get("--broker"),
    brokerPid: given.has("--pid") ? number("--pid", 0) : undefined,
  };
}

/** Writes a line to stdout. */
export function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Ends the process with a text on stderr and status 1. */
export function fail(text: string): never {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
  Deno.exit(1);
}
