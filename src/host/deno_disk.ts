import { statfsSync } from "node:fs";
import type { Disk, DiskEntry, DiskFile } from "../io/disk.ts";
import { invariant } from "../base/invariant.ts";
import { DenoFile } from "./deno_file.ts";
import { diskErrorKind, toDiskError } from "./disk_errors.ts";

/** The file system below `root`. Needs read and write permission for `root` and nothing else. */
export class DenoDisk implements Disk {
  readonly #root: string;
  readonly #open = new Set<DenoFile>();

  /** @param root an existing directory */
  constructor(root: string) {
    this.#root = root.length > 1 && root.endsWith("/") ? root.slice(0, -1) : root;
  }

  list(path: string): readonly DiskEntry[] | undefined {
    const entries: DiskEntry[] = [];
    try {
      for (const { name, isDirectory } of Deno.readDirSync(this.#full(path))) {
        const size = isDirectory ? 0 : this.#sizeOf(path === "" ? name : `${path}/${name}`);
        if (size !== undefined) entries.push({ name, isDirectory, size });
      }
    } catch (error) {
      if (diskErrorKind(error) === "notFound") return undefined;
      throw toDiskError(error, path);
    }
    return entries;
  }

  makeDirectory(path: string): void {
    this.#call(path, (full) => Deno.mkdirSync(full, { recursive: true }));
  }

  open(path: string, options: { readonly create?: boolean } = {}): DiskFile {
    const full = this.#full(path);
    const create = options.create ?? false;
    const file = this.#call(path, () => Deno.openSync(full, { read: true, write: true, create }));
    const opened = new DenoFile(file, path, full, (closed) => this.#open.delete(closed));
    this.#open.add(opened);
    return opened;
  }

  rename(from: string, to: string): void {
    const target = this.#full(to);
    this.#call(from, (full) => Deno.renameSync(full, target));
    for (const file of this.#open) {
      if (isAtOrBelow(file.path, to)) {
        file.unlinked();
      } else if (isAtOrBelow(file.path, from)) {
        const path = to + file.path.slice(from.length);
        file.moved(path, this.#full(path));
      }
    }
  }

  remove(path: string): void {
    try {
      Deno.removeSync(this.#full(path), { recursive: true });
    } catch (error) {
      if (diskErrorKind(error) !== "notFound") throw toDiskError(error, path);
    }
    for (const file of this.#open) {
      if (isAtOrBelow(file.path, path)) file.unlinked();
    }
  }

  syncDirectory(path: string): void {
    this.#call(path, (full) => {
      using directory = Deno.openSync(full, { read: true });
      directory.syncSync();
    });
  }

  async syncDirectoryLater(path: string): Promise<void> {
    try {
      using directory = Deno.openSync(this.#full(path), { read: true });
      await directory.sync();
    } catch (error) {
      throw toDiskError(error, path);
    }
  }

  /** Needs the `sys` permission `statfs` as well; undefined without it. */
  space(): { readonly totalBytes: number; readonly usableBytes: number } | undefined {
    try {
      const { bsize, blocks, bavail } = statfsSync(this.#root);
      return { totalBytes: blocks * bsize, usableBytes: bavail * bsize };
    } catch {
      // Not permitted, or not known to this file system: the contract's answer is undefined.
      return undefined;
    }
  }

  /** Undefined when the entry went away since the directory was read. */
  #sizeOf(path: string): number | undefined {
    try {
      return Deno.statSync(this.#full(path)).size;
    } catch (error) {
      if (diskErrorKind(error) === "notFound") return undefined;
      throw toDiskError(error, path);
    }
  }

  #call<T>(path: string, action: (full: string) => T): T {
    const full = this.#full(path);
    try {
      return action(full);
    } catch (error) {
      throw toDiskError(error, path);
    }
  }

  #full(path: string): string {
    if (path === "" || path === ".") return this.#root;
    invariant(
      !path.startsWith("/") && !path.split("/").includes(".."),
      `path leads out of the data directory: ${path}`,
    );
    return `${this.#root}/${path}`;
  }
}

function isAtOrBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(`${top}/`);
}
