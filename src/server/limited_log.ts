import type { Clock } from "../io/clock.ts";
import type { Logger } from "../base/logger.ts";

const WINDOW_MS = 10_000;
const LINES_PER_WINDOW = 20;

/**
 * Lines about what peers do, of which hostile ones could cause any number: after some in a short
 * time only their number is told.
 */
export class LimitedLog {
  #windowEndMs = 0;
  #lines = 0;
  #suppressed = 0;

  constructor(readonly logger: Logger, readonly clock: Clock) {}

  warn(event: string, fields: Record<string, unknown>): void {
    if (this.#mayLog()) this.logger.warn(event, fields);
  }

  info(event: string, fields: Record<string, unknown>): void {
    if (this.#mayLog()) this.logger.info(event, fields);
  }

  /** Tells how many lines were left out, when a window with such has ended. */
  settle(nowMs: number): void {
    if (nowMs < this.#windowEndMs) return;
    if (this.#suppressed > 0) {
      this.logger.warn("log lines about connections left out", { count: this.#suppressed });
    }
    this.#suppressed = 0;
    this.#lines = 0;
    this.#windowEndMs = nowMs + WINDOW_MS;
  }

  #mayLog(): boolean {
    this.settle(this.clock.monotonicMs());
    if (this.#lines < LINES_PER_WINDOW) {
      this.#lines++;
      return true;
    }
    this.#suppressed++;
    return false;
  }
}
