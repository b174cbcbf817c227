import type { Report } from "./violation.ts";

/** A record as a reader has seen it. */
export interface SeenRecord {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly value: string;
}

/**
 * What clients were told of one partition, as an append-only register: each offset holds one value
 * for ever, from the moment on that it was acknowledged by all in-sync replicas or shown to a reader.
 *
 * Values are unique and begin with the name of their writer: `name:number`.
 */
export class LogChecker {
  /** The value that each offset is known to hold. */
  readonly #values = new Map<number, string>();
  readonly #offsetOf = new Map<string, number>();
  readonly #epochs: { readonly fromOffset: number; readonly epoch: number }[] = [];
  readonly #acknowledged = new Map<number, string>();
  readonly #sends = new Map<string, number>();
  readonly #appearances = new Map<string, number>();

  constructor(
    readonly partition: string,
    private readonly report: Report,
    /** Whether a writer's values may stand in the log more than once. */
    private readonly mayRepeat: (writer: string) => boolean,
  ) {}

  get knownRecords(): number {
    return this.#values.size;
  }

  get acknowledgedRecords(): number {
    return this.#acknowledged.size;
  }

  /** A writer is about to send `value`, for the first time or again. */
  sent(value: string): void {
    this.#sends.set(value, (this.#sends.get(value) ?? 0) + 1);
  }

  /** All in-sync replicas have it: acks=all was answered. */
  acknowledged(offset: number, value: string): void {
    this.#holds(offset, value, "acknowledged");
    this.#acknowledged.set(offset, value);
  }

  /** A reader was shown it. */
  seen({ offset, leaderEpoch, value }: SeenRecord): void {
    this.#holds(offset, value, "read");
    this.#checkEpoch(offset, leaderEpoch);
  }

  /**
   * Compares with all that can be read in the end.
   * @param from the log start offset: what is below it was deleted
   */
  finish(records: readonly SeenRecord[], from: number, end: number): void {
    for (const record of records) this.seen(record);
    const present = new Set(records.map(({ offset }) => offset));
    for (const [offset, value] of this.#acknowledged) {
      if (offset >= from && !present.has(offset)) {
        this.report(
          "durable",
          `${this.partition}: offset ${offset} was acknowledged for ${value}; it can't be read, ` +
            `the log is ${from} to ${end}`,
        );
      }
    }
    for (const [offset, value] of this.#values) {
      if (offset >= from && !present.has(offset)) {
        this.report(
          "durable",
          `${this.partition}: offset ${offset} was shown (${value}) and is gone`,
        );
      }
    }
  }

  #holds(offset: number, value: string, how: string): void {
    const known = this.#values.get(offset);
    if (known === value) return;
    if (known !== undefined) {
      this.report(
        "oneValue",
        `${this.partition}: offset ${offset} held ${known}, and was then ${how} as ${value}`,
      );
      return;
    }
    this.#values.set(offset, value);
    this.#checkAppearances(offset, value, how);
    this.#offsetOf.set(value, offset);
  }

  #checkAppearances(offset: number, value: string, how: string): void {
    const sends = this.#sends.get(value) ?? 0;
    if (sends === 0) {
      this.report("corruption", `${this.partition}: ${value} was ${how} at ${offset}, never sent`);
      return;
    }
    const count = (this.#appearances.get(value) ?? 0) + 1;
    this.#appearances.set(value, count);
    const earlier = this.#offsetOf.get(value);
    if (count > 1 && !this.mayRepeat(writerOf(value))) {
      this.report("once", `${this.partition}: ${value} stands at ${earlier} and at ${offset}`);
    }
    if (count > sends) {
      this.report("once", `${this.partition}: ${value} was sent ${sends} times, stands ${count}`);
    }
  }

  /** Along the offsets, the epoch in which a batch was written never falls. */
  #checkEpoch(offset: number, epoch: number): void {
    const last = this.#epochs.at(-1);
    if (last === undefined || (offset >= last.fromOffset && epoch > last.epoch)) {
      this.#epochs.push({ fromOffset: offset, epoch });
    } else if (offset >= last.fromOffset && epoch < last.epoch) {
      this.report(
        "neverBack",
        `${this.partition}: offset ${offset} is of leader epoch ${epoch}, behind ` +
          `${last.fromOffset} of epoch ${last.epoch}`,
      );
    }
  }
}

/** The name before the last colon. */
export function writerOf(value: string): string {
  return value.slice(0, value.lastIndexOf(":"));
}
