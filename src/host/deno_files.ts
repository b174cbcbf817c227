import { dirname } from "std/path";

/** The files of this machine, as the commands of the operator use them. */
export class DenoFiles {
  /** @throws when the file is there and can't be read; a missing one is undefined */
  readText(path: string): string | undefined {
    try {
      return Deno.readTextFileSync(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Replaces the file in one step; directories are made, and nobody else may read it. */
  writeText(path: string, text: string): void {
    Deno.mkdirSync(dirname(path), { recursive: true });
    const beside = `${path}.new`;
    Deno.writeTextFileSync(beside, text, { mode: 0o600 });
    Deno.renameSync(beside, path);
  }

  /** Names in the directory, ascending; undefined when there is none. */
  list(path: string): string[] | undefined {
    try {
      return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
        return undefined;
      }
      throw error;
    }
  }

  /** @throws when the file can't be read */
  readBytes(path: string): Uint8Array {
    return Deno.readFileSync(path);
  }

  /** Makes a new directory below the system's place for such; returns its path. */
  makeTemporary(prefix: string): string {
    return Deno.makeTempDirSync({ prefix });
  }

  /** Removes the directory and all below it. */
  removeDirectory(path: string): void {
    Deno.removeSync(path, { recursive: true });
  }
}
