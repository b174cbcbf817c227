/** A small file system of its own for a test: a tmpfs, which only root may mount. */

/** A mounted file system; {@link unmount} must be called. */
export class SmallDisk {
  private constructor(readonly path: string) {}

  /** Undefined where this user may not mount anything. */
  static async mount(mib: number): Promise<SmallDisk | undefined> {
    const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "jocko-disk-" }));
    if (await run("mount", "-t", "tmpfs", "-o", `size=${mib}m`, "tmpfs", path)) {
      return new SmallDisk(path);
    }
    await Deno.remove(path);
    return undefined;
  }

  /** Makes it larger or smaller while it is in use. */
  async resize(mib: number): Promise<void> {
    if (!await run("mount", "-o", `remount,size=${mib}m`, this.path)) {
      throw new Error(`${this.path} could not be resized`);
    }
  }

  async unmount(): Promise<void> {
    if (!await run("umount", this.path)) throw new Error(`${this.path} could not be unmounted`);
    await Deno.remove(this.path);
  }
}

/** Whether this user may mount a file system; says so where not. */
export async function canMount(): Promise<boolean> {
  const disk = await SmallDisk.mount(1);
  await disk?.unmount();
  // deno-lint-ignore no-console -- a test that is skipped says why
  if (disk === undefined) console.warn("no small disk can be mounted here: tests are skipped");
  return disk !== undefined;
}

async function run(program: string, ...args: string[]): Promise<boolean> {
  try {
    const command = new Deno.Command(program, { args, stdout: "null", stderr: "null" });
    return (await command.output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
