import type { Clock, Timer } from "../../io/clock.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { OffsetWait } from "../replication/offset_waiters.ts";

/** Ends waits for a commit that take too long, with one timer for all of a shard. */
export class CommitDeadlines {
  /** In the order of their ends, since all last equally long. */
  #waits: { readonly wait: OffsetWait; readonly endMs: number }[] = [];
  #timer: Timer | undefined;

  constructor(private readonly clock: Clock, private readonly timeoutMs: number) {}

  /** `wait` ends with REQUEST_TIMED_OUT unless it has ended by then. */
  add(wait: OffsetWait): void {
    const endMs = this.clock.monotonicMs() + this.timeoutMs;
    this.#waits.push({ wait, endMs });
    this.#timer ??= this.clock.schedule(this.timeoutMs, () => this.#expire());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#waits = [];
  }

  #expire(): void {
    this.#timer = undefined;
    const nowMs = this.clock.monotonicMs();
    const pending = this.#waits.findIndex(({ endMs }) => endMs > nowMs);
    const over = this.#waits.splice(0, pending < 0 ? this.#waits.length : pending);
    for (const { wait } of over) wait.giveUp(ErrorCode.REQUEST_TIMED_OUT);
    const next = this.#waits[0];
    if (next === undefined) return;
    this.#timer = this.clock.schedule(next.endMs - nowMs, () => this.#expire());
  }
}
