import type { StopSignal } from "../../../src/host/signals.ts";
import type { CommandProcess, LocalMachine } from "../../../src/cli/command_process.ts";
import type { Surroundings } from "../../../src/cli/surroundings.ts";
import { ScriptedNetwork } from "../client/scripted_network.ts";

/** Thrown in place of ending the process. */
export class ProcessExit extends Error {
  override readonly name = "ProcessExit";
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

/** A process of the test's own: it records what is written and sends signals when told to. */
export interface FakeProcess extends CommandProcess {
  readonly output: string[];
  readonly errors: string[];
  readonly exits: number[];
  readonly deadlinesMs: number[];
  /** Delivers a signal; returns how many listened. */
  signal(signal: StopSignal): number;
  /** Delivers SIGHUP; returns how many listened. */
  reload(): number;
  /** Lets every scheduled callback run. */
  elapse(): void;
}

/** @param args what follows the name of the program */
export function fakeProcess(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): FakeProcess {
  const output: string[] = [];
  const errors: string[] = [];
  const exits: number[] = [];
  const deadlinesMs: number[] = [];
  const scheduled: (() => void)[] = [];
  const listeners = new Set<(signal: StopSignal) => void>();
  const reloads = new Set<() => void>();
  return {
    output,
    errors,
    exits,
    deadlinesMs,
    arguments: args,
    clock: {
      wallMs: () => 0,
      monotonicMs: () => 0,
      schedule(delayMs, callback) {
        deadlinesMs.push(delayMs);
        scheduled.push(callback);
        return { cancel: () => scheduled.splice(scheduled.indexOf(callback), 1) };
      },
    },
    environment: () => environment,
    uptimeMs: () => 141.6,
    writeOutput: (text) => output.push(text),
    writeError: (text) => errors.push(text),
    onStopSignal(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    onReloadSignal(callback) {
      reloads.add(callback);
      return () => reloads.delete(callback);
    },
    reload() {
      for (const callback of reloads) callback();
      return reloads.size;
    },
    exit(code) {
      exits.push(code);
      throw new ProcessExit(code);
    },
    signal(signal) {
      const count = listeners.size;
      for (const listener of listeners) listener(signal);
      return count;
    },
    elapse() {
      for (const callback of scheduled.splice(0)) callback();
    },
  };
}

/** A machine without files, where every directory can be made. */
export const emptyMachine: LocalMachine = {
  readTextFile(path) {
    throw new Error(`${path} is missing`);
  },
  prepareDirectory: (path) => `/here/${path}`,
  resolveBindHost: () => "127.0.0.1",
};

/** Surroundings without brokers, with files in memory and nothing to read. */
export function emptySurroundings(
  files = new Map<string, string>(),
  output: Uint8Array[] = [],
): Surroundings {
  const noFile = (path: string): never => {
    throw new Error(`${path} is missing`);
  };
  return {
    network: new ScriptedNetwork(),
    random: { fill: (bytes) => void bytes.fill(0) },
    files: {
      readText: (path) => files.get(path),
      writeText: (path, text) => void files.set(path, text),
      readBytes: noFile,
      list: () => undefined,
      makeTemporary: noFile,
      removeDirectory: noFile,
    },
    output: {
      isTerminal: false,
      write: (bytes) => Promise.resolve(void output.push(bytes.slice())),
    },
    showsErrors: false,
    standardInput: () => ({
      isTerminal: false,
      read: () => Promise.resolve(0),
      close: () => undefined,
    }),
    openFile: noFile,
  };
}
