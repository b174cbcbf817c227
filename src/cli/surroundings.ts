import type { Network } from "../io/network.ts";
import type { Random } from "../io/random.ts";

/** Bytes in. */
export interface ByteSource {
  readonly isTerminal: boolean;
  /** Reads at least one byte into the front of `into`; returns how many, or 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  close(): void;
}

/** Bytes out. */
export interface ByteSink {
  readonly isTerminal: boolean;
  /**
   * Writes all of `bytes`, which must not change until the promise settles. One write at a time.
   * @throws an error called `BrokenPipe` when nobody reads the other end any more
   */
  write(bytes: Uint8Array): Promise<void>;
}

/** Files that commands read and write. Errors of the system are thrown. */
export interface FileAccess {
  /** Undefined when there is no such file. */
  readText(path: string): string | undefined;
  /** Replaces the file in one step; directories are made, and nobody else may read it. */
  writeText(path: string, text: string): void;
  readBytes(path: string): Uint8Array;
  /** Names in the directory, ascending; undefined when there is none. */
  list(path: string): string[] | undefined;
  /** Makes a new directory below the system's place for such; returns its path. */
  makeTemporary(prefix: string): string;
  removeDirectory(path: string): void;
}

/** What commands that talk to brokers need of the machine. Tests replace it. */
export interface Surroundings {
  readonly network: Network;
  readonly random: Random;
  readonly files: FileAccess;
  readonly output: ByteSink;
  /** Whether a person sees what goes to standard error. */
  readonly showsErrors: boolean;
  standardInput(): ByteSource;
  openFile(path: string): ByteSource;
}
