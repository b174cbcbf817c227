/**
 * The file system below one data directory. Paths are relative to it, `/`-separated, without `..`.
 *
 * Calls are synchronous where the page cache answers in microseconds; a call that may wait for the
 * platter is asynchronous. Not guaranteed: that anything written survives power loss before
 * {@link DiskFile.sync} (contents) and {@link Disk.syncDirectory} (names) have returned.
 */
export interface Disk {
  /** The entries of directory `path`, unordered; undefined when there is no such directory. */
  list(path: string): readonly DiskEntry[] | undefined;
  /** Makes the directory and its parents; does nothing when it is there. */
  makeDirectory(path: string): void;
  /**
   * Opens for reading and writing.
   * @throws {DiskError} with kind "notFound" when the file is missing and `create` is not set
   */
  open(path: string, options?: { readonly create?: boolean }): DiskFile;
  /** Moves a file or directory, atomically; a file at `to` is replaced. */
  rename(from: string, to: string): void;
  /** Removes a file, or a directory with all below it. Does nothing when it is not there. */
  remove(path: string): void;
  /** Makes creations, renames and removals of the names in directory `path` durable. */
  syncDirectory(path: string): void;
  /**
   * As {@link syncDirectory}, off the event loop: a journal that is being written can hold a sync
   * up for seconds.
   */
  syncDirectoryLater(path: string): Promise<void>;
  /** Size of the file system that holds the data directory, in bytes; undefined where unknown. */
  space(): { readonly totalBytes: number; readonly usableBytes: number } | undefined;
}

/** One name in a directory. */
export interface DiskEntry {
  readonly name: string;
  readonly isDirectory: boolean;
  /** Bytes; 0 for a directory. */
  readonly size: number;
}

/** An open file. Positions and sizes are bytes. All methods throw {@link DiskError}. */
export interface DiskFile {
  size(): number;
  /** Reads up to `into.length` bytes; returns how many, fewer only at the end of the file. */
  read(into: Uint8Array, position: number): number;
  /** As {@link read}, off the event loop, for data that is probably not in the page cache. */
  readLater(into: Uint8Array, position: number): Promise<number>;
  /** Writes all of `bytes`; the file grows when it must. */
  write(bytes: Uint8Array, position: number): void;
  /** Cuts the file, or extends it with zeros, to `size`. */
  truncate(size: number): void;
  /** Makes what was written before the call durable, off the event loop. */
  sync(): Promise<void>;
  /** As {@link sync}, and the event loop waits. For start-up, shutdown and rare small files. */
  syncNow(): void;
  close(): void;
}

/** What a failed call of the disk was about, so that callers can tell a full disk from a bad one. */
export type DiskErrorKind = "notFound" | "noSpace" | "ioError" | "notPermitted" | "other";

/** A call of the disk failed. */
export class DiskError extends Error {
  override readonly name = "DiskError";
  constructor(readonly kind: DiskErrorKind, readonly path: string, message: string) {
    super(`${path}: ${message}`);
  }
}
