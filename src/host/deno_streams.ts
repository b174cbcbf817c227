/** Bytes in: standard input, or a file that is read from its start. */
export class DenoInput {
  readonly #stream: Pick<typeof Deno.stdin, "read" | "close" | "isTerminal">;

  private constructor(stream: Pick<typeof Deno.stdin, "read" | "close" | "isTerminal">) {
    this.#stream = stream;
  }

  static standard(): DenoInput {
    return new DenoInput(Deno.stdin);
  }

  /** @throws when the file can't be opened */
  static file(path: string): DenoInput {
    return new DenoInput(Deno.openSync(path, { read: true }));
  }

  get isTerminal(): boolean {
    return this.#stream.isTerminal();
  }

  /** Reads at least one byte into the front of `into`; returns how many, or 0 at the end. */
  async read(into: Uint8Array): Promise<number> {
    return await this.#stream.read(into) ?? 0;
  }

  close(): void {
    this.#stream.close();
  }
}

/** Standard output, written off the event loop. */
export class DenoOutput {
  get isTerminal(): boolean {
    return Deno.stdout.isTerminal();
  }

  /** Writes all of `bytes`, which must not change until the promise settles. */
  async write(bytes: Uint8Array): Promise<void> {
    let done = await Deno.stdout.write(bytes);
    while (done < bytes.length) done += await Deno.stdout.write(bytes.subarray(done));
  }
}

/** Whether standard error is a terminal. */
export function isErrorTerminal(): boolean {
  return Deno.stderr.isTerminal();
}
