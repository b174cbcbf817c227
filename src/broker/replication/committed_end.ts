import type { PartitionLog } from "../../log/partition_log.ts";
import type { PartitionWaiters } from "../fetch_waiters.ts";
import { OffsetWaiters } from "./offset_waiters.ts";

/** The high watermark of one replica, and those who wait for it to move. It never goes back. */
export class CommittedEnd {
  /** Waits of producers and coordinators for what they appended. */
  readonly commits = new OffsetWaiters();
  #offset: number;
  #unannouncedBytes = 0;

  constructor(private readonly log: PartitionLog, private readonly readers: PartitionWaiters) {
    this.#offset = log.highWatermark;
  }

  get offset(): number {
    return this.#offset;
  }

  /** So many bytes will become visible when the high watermark next moves. */
  appended(bytes: number): void {
    this.#unannouncedBytes += bytes;
  }

  /** Everything below `offset`, at most the log end, is committed. Lower offsets are no news. */
  advance(offset: number): void {
    if (offset <= this.#offset) return;
    this.#offset = offset;
    this.log.highWatermark = offset;
    const bytes = this.#unannouncedBytes;
    this.#unannouncedBytes = 0;
    this.commits.reached(offset);
    this.readers.advanced(bytes);
  }

  /**
   * The log was cut. Only an unclean election can take what was committed.
   * @returns whether it did
   */
  cut(): boolean {
    const { endOffset } = this.log;
    const isLost = endOffset < this.#offset;
    if (isLost) this.#offset = endOffset;
    // Cutting a log that begins anew leaves its copy where the log was.
    this.log.highWatermark = this.#offset;
    return isLost;
  }
}
