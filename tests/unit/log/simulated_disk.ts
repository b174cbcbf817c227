import { invariant } from "../../../src/base/invariant.ts";
import type { Clock } from "../../../src/io/clock.ts";
import {
  type Disk,
  type DiskEntry,
  DiskError,
  type DiskErrorKind,
  type DiskFile,
} from "../../../src/io/disk.ts";
import { SimulatedInode } from "./simulated_inode.ts";

/** Numbers in [0, 1), the same for the same seed. */
export type Chance = () => number;

/** What survives a crash. */
export type CrashKind =
  /** The process died: all that was written is in the page cache. */
  | "process"
  /** The power failed: writes that were not synced survive in any choice, whole or torn. */
  | "power";

/** Thrown by every call from a planned crash on. Not a DiskError: nothing may handle it. */
export class SimulatedCrash extends Error {
  override readonly name = "SimulatedCrash";
}

/** A call that a fault may be planted in. */
export type DiskOperation =
  | "open"
  | "read"
  | "write"
  | "truncate"
  | "sync"
  | "rename"
  | "remove"
  | "syncDirectory"
  | "makeDirectory";

/** A planted failure. */
export interface DiskFault {
  readonly operation: DiskOperation;
  readonly kind: DiskErrorKind;
  /** Only for paths that contain it. */
  readonly path?: string;
  /** Of a write: so many bytes reach the file before it fails. */
  readonly partialBytes?: number;
}

interface NameChange {
  /** The names as they were after the change. */
  readonly names: ReadonlyMap<string, SimulatedNode>;
}

/** A state of the names in a directory, and how many changes had led to it. */
interface DirectoryMark {
  readonly names: ReadonlyMap<string, SimulatedNode>;
  readonly change: number;
}

/** A directory: names now, names that are durable, and the states in between. */
class SimulatedDirectory {
  names = new Map<string, SimulatedNode>();
  durable: ReadonlyMap<string, SimulatedNode> = new Map();
  changes: NameChange[] = [];
  /** Changes that are durable, and no longer in {@link changes}. */
  #syncedChanges = 0;

  changed(): void {
    this.changes.push({ names: new Map(this.names) });
  }

  sync(): void {
    this.syncTo(this.mark());
  }

  /** The names of now, for a sync that ends later. */
  mark(): DirectoryMark {
    return { names: new Map(this.names), change: this.#syncedChanges + this.changes.length };
  }

  /** What was there at `mark` is durable, unless a later sync has ended before. */
  syncTo({ names, change }: DirectoryMark): void {
    const count = change - this.#syncedChanges;
    if (count < 0) return;
    this.durable = names;
    this.changes.splice(0, count);
    this.#syncedChanges = change;
  }

  *files(prefix: string): Generator<{ readonly path: string; readonly inode: SimulatedInode }> {
    for (const [name, node] of this.names) {
      if (node instanceof SimulatedInode) yield { path: prefix + name, inode: node };
      else yield* node.files(`${prefix}${name}/`);
    }
  }

  bytes(): number {
    let sum = 0;
    for (const node of this.names.values()) {
      sum += node instanceof SimulatedInode ? node.size : node.bytes();
    }
    return sum;
  }

  /** Name changes survive in order: those up to some point do, those after it don't. */
  crash(kind: CrashKind, chance: Chance): void {
    const survivors = kind === "process"
      ? this.changes.length
      : Math.floor(chance() * (this.changes.length + 1));
    const names = survivors === 0 ? this.durable : this.changes[survivors - 1]!.names;
    const kept = kind === "process" ? this.names : names;
    this.names = new Map(kept);
    // A killed process leaves the page cache as it is: what was not durable still is not.
    if (kind === "power") this.sync();
    for (const node of this.names.values()) node.crash(kind, chance);
  }
}

type SimulatedNode = SimulatedDirectory | SimulatedInode;

/** What a {@link SimulatedDisk} is part of. */
export interface SimulatedDiskOptions {
  /** Left out: every call settles in the next microtask. */
  readonly clock?: Clock;
  /** How long the platter takes, or what decides that for each call. */
  readonly latencyMs?: number | (() => number);
  /** Goes into the messages of planted failures. */
  readonly name?: string;
  /** Told when a planned crash has come, before the call that it hit throws. */
  readonly crashed?: () => void;
}

/**
 * A file system in memory that can fail, and crash, at any call. It promises no more than
 * {@link Disk} does: contents need {@link DiskFile.sync}, names {@link Disk.syncDirectory}.
 *
 * Deterministic: chance comes from outside. With a clock, the calls that may wait for the platter
 * take `latencyMs` of it; without one they settle in the next microtask.
 */
export class SimulatedDisk implements Disk {
  readonly #root = new SimulatedDirectory();
  readonly #faults: DiskFault[] = [];
  #generation = 0;
  #isDown = false;
  #crashAt = Infinity;
  #tearAt: Chance | undefined;
  #bytesMax = Infinity;
  #tellsSpace = false;
  /** Calls so far that change something. */
  operations = 0;
  /** How often each kind of call was made. */
  readonly calls = new Map<DiskOperation, number>();

  constructor(readonly options: SimulatedDiskOptions = {}) {}

  /** The next call that matches fails. */
  plant(fault: DiskFault): void {
    this.#faults.push(fault);
  }

  /** Planted faults and crashes that have not come yet never will. */
  unplant(): void {
    this.#faults.length = 0;
    this.#crashAt = Infinity;
  }

  /** The disk goes down at the `operations`th changing call from now on; a write may be torn. */
  crashAfter(operations: number, chance: Chance): void {
    this.#crashAt = this.operations + operations;
    this.#tearAt = chance;
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  /** Every call fails from now on, until {@link crash}: what still runs can do no more harm. */
  goDown(): void {
    this.#isDown = true;
  }

  /** Ends all open files and leaves what survives; the disk can be used again. */
  crash(kind: CrashKind, chance: Chance): void {
    this.#generation++;
    this.#isDown = false;
    this.#crashAt = Infinity;
    this.#faults.length = 0;
    this.#root.crash(kind, chance);
  }

  list(path: string): readonly DiskEntry[] | undefined {
    this.#ensureUp();
    const directory = this.#find(path);
    if (!(directory instanceof SimulatedDirectory)) return undefined;
    return [...directory.names].map(([name, node]) => ({
      name,
      isDirectory: node instanceof SimulatedDirectory,
      size: node instanceof SimulatedInode ? node.size : 0,
    }));
  }

  makeDirectory(path: string): void {
    this.operation("makeDirectory", path);
    let directory = this.#root;
    for (const name of path.split("/")) {
      let next = directory.names.get(name);
      if (next === undefined) {
        next = new SimulatedDirectory();
        directory.names.set(name, next);
        directory.changed();
      }
      if (next instanceof SimulatedInode) throw new DiskError("other", path, "not a directory");
      directory = next;
    }
  }

  open(path: string, options: { readonly create?: boolean } = {}): DiskFile {
    this.operation("open", path, false);
    const { directory, name } = this.#parent(path);
    let node = directory?.names.get(name);
    if (node === undefined && directory !== undefined && options.create === true) {
      this.operation("open", path);
      node = new SimulatedInode();
      directory.names.set(name, node);
      directory.changed();
    }
    if (node === undefined) throw new DiskError("notFound", path, "no such file");
    if (!(node instanceof SimulatedInode)) throw new DiskError("other", path, "is a directory");
    return new SimulatedFile(this, node, path, this.#generation);
  }

  rename(from: string, to: string): void {
    this.operation("rename", from);
    const source = this.#parent(from);
    const target = this.#parent(to);
    const node = source.directory?.names.get(source.name);
    if (node === undefined || target.directory === undefined) {
      throw new DiskError("notFound", from, "no such file or directory");
    }
    invariant(source.directory === target.directory, "renames stay in their directory");
    target.directory.names.delete(source.name);
    target.directory.names.set(target.name, node);
    target.directory.changed();
  }

  remove(path: string): void {
    this.operation("remove", path);
    const { directory, name } = this.#parent(path);
    if (directory?.names.delete(name)) directory.changed();
  }

  syncDirectory(path: string): void {
    this.operation("syncDirectory", path);
    const directory = this.#find(path);
    if (!(directory instanceof SimulatedDirectory)) {
      throw new DiskError("notFound", path, "no such directory");
    }
    directory.sync();
  }

  async syncDirectoryLater(path: string): Promise<void> {
    this.operation("syncDirectory", path);
    const directory = this.#find(path);
    if (!(directory instanceof SimulatedDirectory)) {
      throw new DiskError("notFound", path, "no such directory");
    }
    const generation = this.#generation;
    const mark = directory.mark();
    await this.latency();
    this.ensureSame(generation);
    directory.syncTo(mark);
  }

  space(): { readonly totalBytes: number; readonly usableBytes: number } | undefined {
    if (!this.#tellsSpace) return undefined;
    const usableBytes = Math.max(0, this.#bytesMax - this.usedBytes());
    return { totalBytes: this.#bytesMax, usableBytes };
  }

  /** As {@link limitTo}, and {@link space} tells of it. */
  resizeTo(bytes: number): void {
    this.#bytesMax = bytes;
    this.#tellsSpace = true;
  }

  /** Files may hold so many bytes in sum; a write that needs more fails. */
  limitTo(bytes: number): void {
    this.#bytesMax = bytes;
  }

  /** Bytes of all files. */
  usedBytes(): number {
    return this.#root.bytes();
  }

  /** Every file with its path. */
  files(): readonly { readonly path: string; readonly inode: SimulatedInode }[] {
    return [...this.#root.files("")];
  }

  /** The whole content of a file, for tests to look at or, by `change`, to damage durably. */
  content(path: string, change?: (bytes: Uint8Array) => Uint8Array): Uint8Array | undefined {
    const node = this.#find(path);
    if (!(node instanceof SimulatedInode)) return undefined;
    if (change !== undefined) node.replace(change(node.content()));
    return node.content();
  }

  /** Counts a call, and fails or goes down where that was planned. */
  operation(operation: DiskOperation, path: string, isChange = operation !== "read"): void {
    this.#ensureUp();
    this.calls.set(operation, (this.calls.get(operation) ?? 0) + 1);
    if (isChange && ++this.operations >= this.#crashAt) {
      this.#goDownAtCall();
      throw new SimulatedCrash(`${operation} ${path}`);
    }
    const fault = this.#takeFault(operation, path);
    if (fault !== undefined) {
      throw new DiskError(fault.kind, path, `planted fault${this.#suffix()}`);
    }
  }

  /**
   * As {@link operation} for a write; the bytes that reach the file before a failure.
   * @param growth by how many bytes the file would grow
   */
  writeOperation(
    path: string,
    length: number,
    growth: number,
  ): { readonly bytes: number; readonly error?: Error } {
    this.#ensureUp();
    this.calls.set("write", (this.calls.get("write") ?? 0) + 1);
    if (++this.operations >= this.#crashAt) {
      this.#goDownAtCall();
      const bytes = Math.floor((this.#tearAt?.() ?? 0) * (length + 1));
      return { bytes, error: new SimulatedCrash(`write ${path}`) };
    }
    const fault = this.#takeFault("write", path);
    if (growth > 0 && this.#bytesMax < Infinity && this.usedBytes() + growth > this.#bytesMax) {
      return {
        bytes: 0,
        error: new DiskError("noSpace", path, `the disk${this.#suffix()} is full`),
      };
    }
    if (fault === undefined) return { bytes: length };
    const bytes = Math.min(length, fault.partialBytes ?? 0);
    return { bytes, error: new DiskError(fault.kind, path, `planted fault${this.#suffix()}`) };
  }

  /** Settles when the platter has answered. */
  async latency(): Promise<void> {
    const { clock, latencyMs } = this.options;
    if (clock === undefined) return;
    const delayMs = typeof latencyMs === "function" ? latencyMs() : latencyMs ?? 0;
    await new Promise<void>((resolve) => clock.schedule(delayMs, resolve));
  }

  ensureSame(generation: number): void {
    this.#ensureUp();
    if (generation !== this.#generation) throw new SimulatedCrash("file of before the crash");
  }

  #suffix(): string {
    return this.options.name === undefined ? "" : ` of ${this.options.name}`;
  }

  #goDownAtCall(): void {
    this.#isDown = true;
    this.#crashAt = Infinity;
    this.options.crashed?.();
  }

  #ensureUp(): void {
    if (this.#isDown) throw new SimulatedCrash("the disk is down");
  }

  #takeFault(operation: DiskOperation, path: string): DiskFault | undefined {
    const index = this.#faults.findIndex((fault) =>
      fault.operation === operation && path.includes(fault.path ?? "")
    );
    return index < 0 ? undefined : this.#faults.splice(index, 1)[0];
  }

  #find(path: string): SimulatedNode | undefined {
    if (path === "") return this.#root;
    const { directory, name } = this.#parent(path);
    return directory?.names.get(name);
  }

  #parent(path: string): { directory: SimulatedDirectory | undefined; name: string } {
    const parts = path.split("/");
    const name = parts.pop()!;
    let directory: SimulatedNode | undefined = this.#root;
    for (const part of parts) {
      directory = directory instanceof SimulatedDirectory ? directory.names.get(part) : undefined;
    }
    return { directory: directory instanceof SimulatedDirectory ? directory : undefined, name };
  }
}

class SimulatedFile implements DiskFile {
  #isOpen = true;

  constructor(
    readonly disk: SimulatedDisk,
    readonly inode: SimulatedInode,
    readonly path: string,
    readonly generation: number,
  ) {}

  size(): number {
    this.#ensureOpen();
    return this.inode.size;
  }

  read(into: Uint8Array, position: number): number {
    this.#ensureOpen();
    this.disk.operation("read", this.path);
    return this.inode.read(into, position);
  }

  async readLater(into: Uint8Array, position: number): Promise<number> {
    this.#ensureOpen();
    this.disk.operation("read", this.path);
    await this.disk.latency();
    this.disk.ensureSame(this.generation);
    return this.inode.read(into, position);
  }

  write(bytes: Uint8Array, position: number): void {
    this.#ensureOpen();
    const growth = position + bytes.length - this.inode.size;
    const outcome = this.disk.writeOperation(this.path, bytes.length, growth);
    if (outcome.bytes > 0) this.inode.write(bytes.subarray(0, outcome.bytes), position);
    if (outcome.error !== undefined) throw outcome.error;
  }

  truncate(size: number): void {
    this.#ensureOpen();
    this.disk.operation("truncate", this.path);
    this.inode.truncate(size);
  }

  async sync(): Promise<void> {
    this.#ensureOpen();
    this.disk.operation("sync", this.path);
    const mark = this.inode.mark();
    await this.disk.latency();
    this.disk.ensureSame(this.generation);
    this.inode.syncTo(mark);
  }

  syncNow(): void {
    this.#ensureOpen();
    this.disk.operation("sync", this.path);
    this.inode.syncTo(this.inode.mark());
  }

  close(): void {
    this.#isOpen = false;
  }

  #ensureOpen(): void {
    invariant(this.#isOpen, `${this.path} was closed`);
    this.disk.ensureSame(this.generation);
  }
}
