import type { Clock } from "../../io/clock.ts";

/** The clock is looked at each time so many bytes have been read or written. */
const BYTES_PER_LOOK = 256 * 1024;
/** Work goes on for so long before others have their turn on the same thread. */
const TURN_MS = 50;

/** Keeps a cleaning within its budget of bytes per second, and from holding up its thread. */
export class Pacer {
  readonly #startedMs: number;
  #turnStartedMs: number;
  #bytes = 0;
  #lookAtBytes = BYTES_PER_LOOK;

  /** @param bytesPerSecond Infinity is no limit */
  constructor(private readonly clock: Clock, private readonly bytesPerSecond: number) {
    this.#startedMs = clock.monotonicMs();
    this.#turnStartedMs = this.#startedMs;
  }

  /** Counts bytes that were read or written. */
  worked(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Whether {@link rest} is due; asked often. */
  get isRestDue(): boolean {
    if (this.#bytes < this.#lookAtBytes) return false;
    this.#lookAtBytes = this.#bytes + BYTES_PER_LOOK;
    const nowMs = this.clock.monotonicMs();
    return nowMs - this.#turnStartedMs >= TURN_MS || this.#aheadMs(nowMs) > 0;
  }

  /** Waits for as long as the work is ahead of its budget, and for a turn of the loop at least. */
  async rest(): Promise<void> {
    const delayMs = Math.max(0, this.#aheadMs(this.clock.monotonicMs()));
    await new Promise<void>((resolve) => this.clock.schedule(delayMs, resolve));
    this.#turnStartedMs = this.clock.monotonicMs();
  }

  #aheadMs(nowMs: number): number {
    return this.#bytes / this.bytesPerSecond * 1000 - (nowMs - this.#startedMs);
  }
}
