import type { StopSignal } from "../host/signals.ts";
import type { Clock } from "../io/clock.ts";

/** Text out. Each call is one write; nothing is buffered in between. */
export interface OutputStreams {
  writeOutput(text: string): void;
  writeError(text: string): void;
}

/** The process that a command runs in, as far as a command may see it. Tests replace it. */
export interface CommandProcess extends OutputStreams {
  /** What follows the name of the program. */
  readonly arguments: readonly string[];
  readonly clock: Clock;
  environment(): Readonly<Record<string, string>>;
  /** Milliseconds since the program began. */
  uptimeMs(): number;
  /** Runs `callback` for each signal, in place of ending the process. Returns how to undo it. */
  onStopSignal(callback: (signal: StopSignal) => void): () => void;
  /** Runs `callback` for each SIGHUP, in place of ending the process. Returns how to undo it. */
  onReloadSignal(callback: () => void): () => void;
  /** Ends the process, whatever still runs. */
  exit(code: number): never;
}

/** What start-up needs of the machine before the broker's rights are narrowed. */
export interface LocalMachine {
  /** @throws when the file can't be read */
  readTextFile(path: string): string;
  /** Makes the directory and its parents; returns its absolute path without symbolic links. */
  prepareDirectory(path: string): string;
  /**
   * The IP address of this machine that `host` names, for listening on.
   * @throws when there is none
   */
  resolveBindHost(host: string): string;
}
