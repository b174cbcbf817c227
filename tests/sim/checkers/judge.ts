import { LogChecker, type SeenRecord, writerOf } from "./log_checker.ts";
import { RegisterChecker } from "./register_checker.ts";
import { TransactionChecker } from "./transaction_checker.ts";
import type { Invariant, Report } from "./violation.ts";

/** Names of writers that may repeat records begin so. */
export const PLAIN_WRITER = "plain";
/** Names of transactions begin so; what follows the last slash numbers the transaction. */
export const TRANSACTIONAL_WRITER = "txn";

/** Everything that clients have been told, held against everything else that they have been told. */
export class Judge {
  readonly transactions: TransactionChecker;
  readonly #logs = new Map<string, LogChecker>();
  readonly #offsets = new Map<string, RegisterChecker<number>>();
  readonly #producers = new Map<number, string>();
  /** The number of the last record of each writer that each reader saw, by partition. */
  readonly #lastSeen = new Map<string, number>();
  readonly #successes = new Map<string, number>();

  #nextNumber = 0;

  constructor(
    readonly report: (invariant: Invariant, found: string) => void,
    private readonly nowMs: () => number,
  ) {
    this.transactions = new TransactionChecker(report as Report);
  }

  log(topic: string, partition: number): LogChecker {
    const key = `${topic}-${partition}`;
    let log = this.#logs.get(key);
    if (log === undefined) {
      const mayRepeat = (writer: string) => writer.startsWith(PLAIN_WRITER);
      this.#logs.set(key, log = new LogChecker(key, this.report, mayRepeat));
    }
    return log;
  }

  /** All partitions that were written to. */
  logs(): IterableIterator<LogChecker> {
    return this.#logs.values();
  }

  /** The committed offset of a group for one partition, written by one client. */
  committedOffset(group: string, topic: string, partition: number): RegisterChecker<number> {
    const key = `${group} ${topic}-${partition}`;
    let register = this.#offsets.get(key);
    if (register === undefined) {
      const name = `offset of ${key}`;
      register = new RegisterChecker<number>(name, this.report, "neverBack", -1);
      this.#offsets.set(key, register);
    }
    return register;
  }

  /** Some other value that one client writes. */
  register(name: string, initial: string): RegisterChecker<string> {
    return new RegisterChecker<string>(name, this.report, "metadata", initial);
  }

  /** A producer id was given out; nobody else may have it in that epoch. */
  producerId(id: number, epoch: number, owner: string): void {
    const before = this.#producers.get(id);
    if (before !== undefined && before !== owner) {
      this.report(
        "fenced",
        `producer id ${id} (epoch ${epoch}) was given to ${before} and ${owner}`,
      );
    }
    this.#producers.set(id, owner);
  }

  /** A reader of committed records was shown one. */
  visible(topic: string, partition: number, reader: string, { value, offset }: SeenRecord): void {
    const writer = writerOf(value);
    if (writer.startsWith(TRANSACTIONAL_WRITER)) {
      this.transactions.visible(writer, `${topic}-${partition}`, value);
    }
    if (writer.startsWith(PLAIN_WRITER)) return;
    const stream = writer.startsWith(TRANSACTIONAL_WRITER)
      ? writer.slice(0, writer.lastIndexOf("/"))
      : writer;
    const key = `${reader} ${topic}-${partition} ${stream}`;
    const number = Number(value.slice(writer.length + 1));
    const last = this.#lastSeen.get(key) ?? -1;
    if (number <= last) {
      this.report(
        "transactions",
        `${topic}-${partition}: ${reader} saw ${value} at ${offset} behind number ${last}`,
      );
    }
    this.#lastSeen.set(key, number);
  }

  /** A reader that had been shown all below `offset` was told that it is not there. */
  outOfRange(topic: string, partition: number, offset: number): void {
    this.report("noTruncation", `${topic}-${partition}: ${offset} was shown and is out of range`);
  }

  /** Numbers for records of writers that come and go. */
  nextNumber(): number {
    return this.#nextNumber++;
  }

  /** An action of `name` has succeeded. */
  succeeded(name: string): void {
    this.#successes.set(name, this.nowMs());
  }

  /** When `name` last succeeded, in simulated milliseconds; -1 when it never did. */
  lastSuccessMs(name: string): number {
    return this.#successes.get(name) ?? -1;
  }
}
