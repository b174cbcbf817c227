import { type Disk, DiskError } from "../io/disk.ts";

/** Name under which a small file is prepared; left behind only by a crash, ignored when found. */
export const TEMPORARY_SUFFIX = ".tmp";

/**
 * Replaces the small file at `path`: after a crash there is the old content or the new one, never a
 * mixture. Durable when it returns, and the event loop waits.
 * @throws {DiskError}
 */
export function replaceFile(disk: Disk, path: string, content: Uint8Array | string): void {
  const temporary = path + TEMPORARY_SUFFIX;
  const file = disk.open(temporary, { create: true });
  try {
    writeWhole(file, content);
    file.syncNow();
  } finally {
    file.close();
  }
  disk.rename(temporary, path);
  disk.syncDirectory(directoryOf(path));
}

/** As {@link replaceFile}, without holding up the event loop while the contents are synced. */
export async function replaceFileLater(
  disk: Disk,
  path: string,
  content: Uint8Array | string,
): Promise<void> {
  const temporary = path + TEMPORARY_SUFFIX;
  const file = disk.open(temporary, { create: true });
  try {
    writeWhole(file, content);
    await file.sync();
  } finally {
    file.close();
  }
  disk.rename(temporary, path);
  await disk.syncDirectoryLater(directoryOf(path));
}

/** Writes a small file that need not survive a crash whole: its reader can tell. */
export function writeFile(disk: Disk, path: string, content: Uint8Array | string): void {
  const file = disk.open(path, { create: true });
  try {
    writeWhole(file, content);
  } finally {
    file.close();
  }
}

/**
 * The whole content of a small file; undefined when there is none.
 * @throws {DiskError}
 */
export function readFile(disk: Disk, path: string): Uint8Array | undefined {
  let file;
  try {
    file = disk.open(path);
  } catch (error) {
    if (error instanceof DiskError && error.kind === "notFound") return undefined;
    throw error;
  }
  try {
    const content = new Uint8Array(file.size());
    return content.subarray(0, file.read(content, 0));
  } finally {
    file.close();
  }
}

/** As {@link readFile}, as UTF-8 text. */
export function readTextFile(disk: Disk, path: string): string | undefined {
  const content = readFile(disk, path);
  return content === undefined ? undefined : new TextDecoder().decode(content);
}

/** The directory part of `path`; "" for the top. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** Makes `content` all that is in the file. */
export function writeWhole(file: ReturnType<Disk["open"]>, content: Uint8Array | string): void {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  file.truncate(0);
  if (bytes.length > 0) file.write(bytes, 0);
}
