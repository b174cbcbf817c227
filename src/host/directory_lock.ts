/** How long a runtime without `tryLock` waits for the lock before it counts as taken. */
const LOCK_WAIT_MS = 250;

/** Another process works in the directory. */
export class DirectoryInUseError extends Error {
  override readonly name = "DirectoryInUseError";

  /** @param pid of the process that holds it; undefined when it has not said */
  constructor(readonly directory: string, readonly pid: number | undefined) {
    super(
      pid === undefined
        ? `${directory} is in use by another process`
        : `${directory} is in use by process ${pid}`,
    );
  }
}

/** `FsFile` of runtimes before and after `tryLock`. */
interface LockableFile {
  tryLockSync?(exclusive?: boolean): boolean;
  lock(exclusive?: boolean): Promise<void>;
}

/**
 * The exclusive right to use a data directory: an advisory lock on the file `.lock` in it, which
 * holds the pid of its owner. The system drops it with the process, however that ends.
 */
export class DirectoryLock {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * @param directory must exist
   * @throws {DirectoryInUseError} when another process (or another lock of this one) holds it
   */
  static async acquire(directory: string): Promise<DirectoryLock> {
    const path = `${directory}/.lock`;
    const file = Deno.openSync(path, { read: true, write: true, create: true });
    let isLocked = false;
    try {
      isLocked = await tryLock(file);
      if (!isLocked) throw new DirectoryInUseError(directory, readPid(file));
      file.truncateSync(0);
      file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
    } finally {
      if (!isLocked) file.close();
    }
    return new DirectoryLock(file);
  }

  /** Gives the right back. The lock file stays: removing it would race with the next owner. */
  release(): void {
    this.#file.truncateSync(0);
    this.#file.close();
  }
}

async function tryLock(file: LockableFile): Promise<boolean> {
  if (file.tryLockSync !== undefined) return file.tryLockSync(true);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const isLate = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), LOCK_WAIT_MS);
  });
  const isLocked = await Promise.race([file.lock(true).then(() => true), isLate]);
  clearTimeout(timer);
  return isLocked;
}

function readPid(file: Deno.FsFile): number | undefined {
  const bytes = new Uint8Array(16);
  const count = file.readSync(bytes) ?? 0;
  const pid = Number.parseInt(new TextDecoder().decode(bytes.subarray(0, count)), 10);
  return Number.isNaN(pid) ? undefined : pid;
}
