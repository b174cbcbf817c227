/** Terminal sessions as text: commands after `$ `, and below each what it prints. */
import { runCommand } from "../../src/cli/application.ts";
import type { CommandProcess, LocalMachine } from "../../src/cli/command_process.ts";
import type { Surroundings } from "../../src/cli/surroundings.ts";
import { DenoClock } from "../../src/host/deno_clock.ts";
import { DenoFiles } from "../../src/host/deno_files.ts";
import { DenoNetwork } from "../../src/host/deno_network.ts";
import { DenoRandom } from "../../src/host/deno_random.ts";
import { DenoInput } from "../../src/host/deno_streams.ts";

/** What a command did. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Where commands of a session run. */
export interface SessionPlace {
  readonly environment: Readonly<Record<string, string>>;
  /** What words of a command say in place of the names that hold for this run. */
  readonly replacements: readonly (readonly [text: RegExp, real: string])[];
  /** Text that differs from run to run, and what stands for it in the session. */
  readonly standIns: readonly (readonly [text: string | RegExp, standIn: string])[];
}

const machine: LocalMachine = {
  readTextFile: (path) => Deno.readTextFileSync(path),
  prepareDirectory: (path) => path,
  resolveBindHost: (host) => host,
};

/** Runs one `jocko` command in this process. */
export async function runJocko(
  args: readonly string[],
  place: Pick<SessionPlace, "environment">,
  input: Uint8Array = new Uint8Array(0),
): Promise<Outcome> {
  const output: Uint8Array[] = [];
  const errors: string[] = [];
  const encoder = new TextEncoder();
  const process: CommandProcess = {
    arguments: args,
    clock: new DenoClock(),
    environment: () => place.environment,
    uptimeMs: () => 0,
    onStopSignal: () => () => undefined,
    onReloadSignal: () => () => undefined,
    exit: (code) => {
      throw new Error(`exit ${code}`);
    },
    writeOutput: (text) => void output.push(encoder.encode(text)),
    writeError: (text) => void errors.push(text),
  };
  let left = input;
  const surroundings: Surroundings = {
    network: new DenoNetwork(),
    random: new DenoRandom(),
    files: new DenoFiles(),
    output: {
      isTerminal: false,
      write: (bytes) => Promise.resolve(void output.push(bytes.slice())),
    },
    showsErrors: false,
    standardInput: () => ({
      isTerminal: false,
      read(into) {
        const piece = left.subarray(0, into.length);
        into.set(piece);
        left = left.subarray(piece.length);
        return Promise.resolve(piece.length);
      },
      close: () => undefined,
    }),
    openFile: (path) => DenoInput.file(path),
  };
  const code = await runCommand(process, machine, surroundings);
  const bytes = await new Blob(output as BlobPart[]).arrayBuffer();
  return { code, output: new TextDecoder().decode(bytes), errors: errors.join("") };
}

/**
 * Runs the commands of a session; returns the session as it would have to be. Lines that begin with
 * # are kept.
 */
export async function replay(session: string, place: SessionPlace): Promise<string> {
  const lines: string[] = [];
  for (const line of session.split("\n")) {
    if (line.startsWith("#")) lines.push(line);
    if (!line.startsWith("$ ")) continue;
    if (lines.length > 0 && !lines.at(-1)!.startsWith("#")) lines.push("");
    lines.push(line);
    const { code, output, errors } = await runLine(line.slice(2), place);
    const shown = (text: string, prefix: string) =>
      text.split("\n").slice(0, text.endsWith("\n") ? -1 : undefined)
        .map((line) => `${prefix}${standIn(line, place)}`.trimEnd());
    if (output !== "") lines.push(...shown(output, ""));
    if (errors !== "") lines.push(...shown(errors, "! "));
    if (code !== 0) lines.push(`[exit ${code}]`);
  }
  return `${lines.join("\n")}\n`;
}

/** Runs `jocko ...`, or `printf '...' | jocko ...`. */
export async function runLine(line: string, place: SessionPlace): Promise<Outcome> {
  const [first, second] = line.split(/ \| (?=jocko )/);
  const words = shellWords(second ?? first!, place);
  if (words[0] !== "jocko") throw new Error(`not a jocko command: ${line}`);
  const input = second === undefined ? undefined : producedBy(shellWords(first!, place));
  return await runJocko(words.slice(1), place, input);
}

/** Text between quotes is one word. */
function shellWords(text: string, { replacements }: SessionPlace): string[] {
  const words = text.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) => {
    let plain = word.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double);
    for (const [text, real] of replacements) plain = plain.replace(text, real);
    return plain;
  });
}

/** The output of `echo` and `printf`. */
function producedBy([program, ...args]: readonly string[]): Uint8Array {
  const text = args.join(" ");
  if (program === "echo") return new TextEncoder().encode(`${text}\n`);
  if (program !== "printf") throw new Error(`no ${program} in sessions`);
  return new TextEncoder().encode(text.replaceAll("\\n", "\n").replaceAll("\\t", "\t"));
}

/** The line with stand-ins; columns next to them may be wider or narrower, so gaps are evened out. */
function standIn(line: string, { standIns }: SessionPlace): string {
  let changed = line;
  for (const [text, standIn] of standIns) changed = changed.replaceAll(text, standIn);
  return changed === line ? line : changed.replace(/(?<=\S) {2,}(?=\S)/g, "  ");
}
