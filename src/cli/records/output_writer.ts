import type { ByteSink } from "../surroundings.ts";

/** Gathered bytes are written in pieces of about this size. */
const BUFFER_BYTES = 512 * 1024;
/** With so much waiting there is no room for more. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;
const LOOP_COPY_BYTES_MAX = 32;

/** Gathers output and writes it in large pieces, while the next is being gathered. */
export class OutputWriter {
  /** What is gathered: `bytes[0..at]`. Make room with {@link ensure}, write, and move `at` on. */
  bytes: Uint8Array = new Uint8Array(BUFFER_BYTES);
  at = 0;
  #spare: Uint8Array = new Uint8Array(BUFFER_BYTES);
  #writing: Promise<void> | undefined;
  #failure: unknown;
  readonly #sink: ByteSink;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** True when nobody reads what is written, or writing failed. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Makes room for `count` bytes behind `at`. */
  ensure(count: number): void {
    const needed = this.at + count;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
  }

  append(source: Uint8Array, start: number, length: number): void {
    this.ensure(length);
    const { bytes, at } = this;
    if (length > LOOP_COPY_BYTES_MAX) bytes.set(source.subarray(start, start + length), at);
    else for (let i = 0; i < length; i++) bytes[at + i] = source[start + i]!;
    this.at = at + length;
  }

  /** Has what is gathered written, unless a write is under way: that one goes on with it. */
  flush(): void {
    if (this.#writing === undefined && this.at > 0 && !this.hasFailed) {
      this.#writing = this.#write();
    }
  }

  /** Undefined when there is room for more; else settles when there may be. */
  room(): Promise<void> | undefined {
    return this.at > WAITING_BYTES_MAX && !this.hasFailed ? this.#writing : undefined;
  }

  /**
   * Settles when all has been written.
   * @throws what writing failed with, unless it is that nobody reads any more
   */
  async finish(): Promise<void> {
    this.flush();
    while (this.#writing !== undefined) await this.#writing;
    const failure = this.#failure;
    const isUnread = failure instanceof Error && failure.name === "BrokenPipe";
    if (failure !== undefined && !isUnread) throw failure;
  }

  async #write(): Promise<void> {
    try {
      while (this.at > 0) {
        const full = this.bytes;
        const count = this.at;
        this.bytes = this.#spare;
        this.at = 0;
        await this.#sink.write(full.subarray(0, count));
        this.#spare = full;
      }
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#writing = undefined;
    }
  }
}
