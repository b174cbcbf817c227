import type { Clock, Timer } from "../../io/clock.ts";
import { NotControllerError } from "../metadata_quorum.ts";

/** How long a leader may take to confirm that it leads, in milliseconds. */
const READ_INDEX_TIMEOUT_MS = 3000;

interface ReplayWaiter {
  readonly offset: number;
  readonly resolve: (isReplayed: boolean) => void;
  readonly timer: Timer;
}

interface ReadWaiter {
  readonly resolve: (offset: number) => void;
  readonly fail: () => void;
  readonly timer: Timer;
}

/** Who waits for the image to come so far, or for a read index. */
export class QuorumWaiters {
  #replays: ReplayWaiter[] = [];
  readonly #reads = new Map<number, ReadWaiter>();
  #count = 0;
  #isClosed = false;

  constructor(private readonly clock: Clock) {}

  /** True when the image has everything below `offset`; false after `timeoutMs`. */
  untilReplayed(offset: number, timeoutMs: number): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = this.clock.schedule(timeoutMs, () => {
        this.#replays = this.#replays.filter((other) => other !== waiter);
        resolve(false);
      });
      const waiter = { offset, resolve, timer };
      this.#replays.push(waiter);
    });
  }

  replayed(endOffset: number): void {
    if (this.#replays.length === 0) return;
    const satisfied = this.#replays.filter(({ offset }) => offset <= endOffset);
    if (satisfied.length === 0) return;
    this.#replays = this.#replays.filter(({ offset }) => offset > endOffset);
    for (const { resolve, timer } of satisfied) {
      timer.cancel();
      resolve(true);
    }
  }

  /** @param leaderId whom to ask instead when there is no answer */
  forReadIndex(
    leaderId: () => number,
  ): { readonly token: number; readonly outcome: Promise<number> } {
    const token = ++this.#count;
    const outcome = new Promise<number>((resolve, reject) => {
      const fail = () => {
        this.#reads.delete(token);
        reject(new NotControllerError(leaderId(), "no leader has confirmed that it leads"));
      };
      const timer = this.clock.schedule(READ_INDEX_TIMEOUT_MS, fail);
      this.#reads.set(token, { resolve, fail, timer });
    });
    return { token, outcome };
  }

  /** @param offset -1 when no leader could be asked */
  readIndexKnown(token: number, offset: number): void {
    const waiter = this.#reads.get(token);
    if (waiter === undefined) return;
    this.#reads.delete(token);
    waiter.timer.cancel();
    if (offset < 0) waiter.fail();
    else waiter.resolve(offset);
  }

  close(): void {
    this.#isClosed = true;
    for (const { resolve, timer } of this.#replays.splice(0)) {
      timer.cancel();
      resolve(false);
    }
    for (const { fail, timer } of [...this.#reads.values()]) {
      timer.cancel();
      fail();
    }
  }
}
