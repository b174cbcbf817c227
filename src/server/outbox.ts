import type { ByteStream } from "../io/network.ts";
import type { Clock } from "../io/clock.ts";
import { ByteWriter } from "../protocol/wire/byte_writer.ts";

/** Large replies are written in pieces of this size, so that progress can be seen. */
const PIECE_BYTES = 1024 * 1024;
/** Writers that are kept for later; each holds up to a few hundred KiB. */
const KEPT_WRITERS_MAX = 64;

/** Writers that no connection needs right now: an idle connection holds none. */
export class WriterPool {
  readonly #free: ByteWriter[] = [];

  take(): ByteWriter {
    return this.#free.pop() ?? new ByteWriter();
  }

  give(writer: ByteWriter): void {
    writer.reset();
    if (this.#free.length < KEPT_WRITERS_MAX) this.#free.push(writer);
  }
}

/** Told by an {@link Outbox}. */
export interface OutboxOwner {
  /** All that was flushed has been written. */
  written(bytes: number): void;
  /** The peer is gone. */
  writeFailed(error: unknown): void;
}

/**
 * The replies of one connection on their way out. Replies are appended to a writer; a flush sends
 * all of them in one write (more when they hold large slices by reference). While a write is under
 * way, the next replies gather in another writer.
 */
export class Outbox {
  /** Since when the write under way has made no progress; undefined when there is none. */
  waitingSinceMs: number | undefined;
  #writer: ByteWriter | undefined;
  #leases: (() => void)[] | undefined;
  #isClosed = false;

  constructor(
    readonly stream: ByteStream,
    readonly writers: WriterPool,
    readonly clock: Clock,
    readonly owner: OutboxOwner,
  ) {}

  /** Where the next reply goes. */
  get writer(): ByteWriter {
    return this.#writer ??= this.writers.take();
  }

  /** Bytes that wait for the write under way, or for a flush. */
  get unsentBytes(): number {
    return this.#writer === undefined ? 0 : this.#writer.size;
  }

  get isEmpty(): boolean {
    return this.#writer === undefined && this.waitingSinceMs === undefined;
  }

  /** `release` runs when what is in the writer now has left, or never will. */
  lease(release: () => void): void {
    (this.#leases ??= []).push(release);
  }

  /** Starts a write, unless one is under way: its end is the next occasion. */
  flush(): void {
    const writer = this.#writer;
    if (writer === undefined || this.waitingSinceMs !== undefined || this.#isClosed) return;
    const leases = this.#leases;
    this.#writer = undefined;
    this.#leases = undefined;
    if (writer.size === 0) {
      this.#finish(writer, leases);
      return;
    }
    this.waitingSinceMs = this.clock.monotonicMs();
    void this.#send(writer, leases);
  }

  /** Drops what is not under way. The stream is the caller's to close. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#writer !== undefined) this.#finish(this.#writer, this.#leases);
    this.#writer = undefined;
    this.#leases = undefined;
  }

  async #send(writer: ByteWriter, leases: readonly (() => void)[] | undefined): Promise<void> {
    const bytes = writer.size;
    let failure: unknown;
    try {
      for (const chunk of writer.chunks()) {
        for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
          const isWhole = chunk.length <= PIECE_BYTES;
          await this.stream.write(isWhole ? chunk : chunk.subarray(at, at + PIECE_BYTES));
          this.waitingSinceMs = this.clock.monotonicMs();
        }
      }
    } catch (error) {
      failure = error;
    }
    this.waitingSinceMs = undefined;
    this.#finish(writer, leases);
    if (failure === undefined) this.owner.written(bytes);
    else this.owner.writeFailed(failure);
  }

  #finish(writer: ByteWriter, leases: readonly (() => void)[] | undefined): void {
    this.writers.give(writer);
    if (leases !== undefined) { for (const release of leases) release(); }
  }
}
