import type { Invariant, Report } from "./violation.ts";

interface Write<T> {
  readonly value: T;
  isAcknowledged: boolean;
}

/**
 * A register that one client writes and many read: committed offsets, a topic's configuration. A
 * read must return the last write that was acknowledged before the read began, or a later one that
 * was asked for before the read ended (linearizability with a single writer). A write without an
 * answer may still be under way, and so take effect at any later time.
 */
export class RegisterChecker<T> {
  readonly #writes: Write<T>[] = [];
  #acknowledged = -1;
  /** The latest write that any read has returned: no later read may return an earlier one. */
  #seen = -1;

  constructor(
    readonly name: string,
    private readonly report: Report,
    private readonly invariant: Invariant,
    initial: T,
  ) {
    this.#writes.push({ value: initial, isAcknowledged: true });
    this.#acknowledged = 0;
    this.#seen = 0;
  }

  /** The last value that was acknowledged. */
  get acknowledgedValue(): T {
    return this.#writes[this.#acknowledged]!.value;
  }

  /** A write is about to be sent; the returned number names it. */
  writing(value: T): number {
    const sequence = this.#writes.length;
    this.#writes.push({ value, isAcknowledged: false });
    return sequence;
  }

  acknowledged(write: number): void {
    this.#writes[write]!.isAcknowledged = true;
    this.#acknowledged = Math.max(this.#acknowledged, write);
  }

  /** A read begins; pass the result to {@link read}. */
  reading(): number {
    return Math.max(this.#acknowledged, this.#seen);
  }

  /** A read that began with `floor` has returned `value`. */
  read(floor: number, value: T): void {
    for (let i = this.#writes.length - 1; i >= floor; i--) {
      if (this.#writes[i]!.value === value) {
        this.#seen = Math.max(this.#seen, this.#firstFrom(floor, value));
        return;
      }
    }
    if (this.#writes.some((write) => write.value === value && !write.isAcknowledged)) return;
    const expected = this.#writes.slice(floor).map((write) => String(write.value)).join(" or ");
    this.report(this.invariant, `${this.name}: read ${String(value)}, expected ${expected}`);
  }

  /** Which of several equal writes was read is not known: the earliest is sure. */
  #firstFrom(floor: number, value: T): number {
    for (let i = floor; i < this.#writes.length; i++) {
      if (this.#writes[i]!.value === value) return i;
    }
    return floor;
  }
}
