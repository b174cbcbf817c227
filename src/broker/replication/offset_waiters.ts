import { ErrorCode } from "../../protocol/error_codes.ts";

/** Waits until an offset of a partition, such as the high watermark, has come far enough. */
export class OffsetWait {
  /** Resolves with NONE once the offset has been reached, else with the error code of the reason. */
  readonly outcome: Promise<number>;
  readonly #owner: OffsetWaiters;
  readonly #resolve: (errorCode: number) => void;

  constructor(owner: OffsetWaiters, readonly offset: number) {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.outcome = promise;
    this.#owner = owner;
    this.#resolve = resolve;
  }

  /** Ends the wait, from whichever side: `errorCode` is its outcome unless it has one. */
  end(errorCode: number): void {
    this.#resolve(errorCode);
  }

  /** The one who waits has had enough. */
  giveUp(errorCode: number): void {
    this.#owner.remove(this);
    this.#resolve(errorCode);
  }
}

/** Those who wait for one offset of one partition, in the order of the offsets. */
export class OffsetWaiters {
  #waits: OffsetWait[] = [];

  get count(): number {
    return this.#waits.length;
  }

  /** Waits until {@link reached} is called with `offset` or more. */
  add(offset: number): OffsetWait {
    const wait = new OffsetWait(this, offset);
    const waits = this.#waits;
    let at = waits.length;
    // Offsets come in order, but for those of batches that were sent again.
    while (at > 0 && waits[at - 1]!.offset > offset) at--;
    if (at === waits.length) waits.push(wait);
    else waits.splice(at, 0, wait);
    return wait;
  }

  remove(wait: OffsetWait): void {
    const at = this.#waits.indexOf(wait);
    if (at >= 0) this.#waits.splice(at, 1);
  }

  /** Ends the waits for `offset` and below. */
  reached(offset: number): void {
    const waits = this.#waits;
    if (waits.length === 0 || waits[0]!.offset > offset) return;
    let count = 1;
    while (count < waits.length && waits[count]!.offset <= offset) count++;
    for (const wait of waits.splice(0, count)) wait.end(ErrorCode.NONE);
  }

  /** Ends all waits with an error. */
  fail(errorCode: number): void {
    const waits = this.#waits;
    this.#waits = [];
    for (const wait of waits) wait.end(errorCode);
  }
}
