import type { Report } from "./violation.ts";

type Outcome =
  /** Its end was not asked for yet. */
  | "open"
  /** Commit was asked for, and not answered. */
  | "committing"
  /** Abort was asked for or is certain to come, and commit never was. */
  | "aborted"
  | "committed";

interface KnownTransaction {
  outcome: Outcome;
  /** What was acknowledged in it, as `partition value`. */
  readonly written: Set<string>;
  readonly visible: Set<string>;
}

/** Judges what readers of committed records see of transactions: all or nothing. */
export class TransactionChecker {
  readonly #transactions = new Map<string, KnownTransaction>();

  constructor(private readonly report: Report) {}

  get committedCount(): number {
    let count = 0;
    for (const { outcome } of this.#transactions.values()) if (outcome === "committed") count++;
    return count;
  }

  begin(id: string): void {
    this.#transactions.set(id, { outcome: "open", written: new Set(), visible: new Set() });
  }

  /** A record of the transaction was acknowledged. */
  wrote(id: string, partition: string, value: string): void {
    this.#get(id).written.add(`${partition} ${value}`);
  }

  /** The producer asks for the end. */
  ending(id: string, isCommit: boolean): void {
    const transaction = this.#get(id);
    if (isCommit) transaction.outcome = "committing";
    else if (transaction.outcome === "open") transaction.outcome = "aborted";
  }

  /** The end was answered with success. */
  ended(id: string, isCommit: boolean): void {
    const transaction = this.#get(id);
    const isOther = isCommit
      ? transaction.outcome === "aborted"
      : transaction.outcome === "committed";
    if (isOther) this.report("transactions", `${id}: ended both ways`);
    transaction.outcome = isCommit ? "committed" : "aborted";
    if (!isCommit && transaction.visible.size > 0) {
      this.report("transactions", `${id}: aborted, and ${[...transaction.visible][0]} was visible`);
    }
  }

  /** A reader of committed records was shown a record of the transaction. */
  visible(id: string, partition: string, value: string): void {
    const transaction = this.#transactions.get(id);
    if (transaction === undefined) {
      this.report("transactions", `${id}: ${value} is visible, and it never began`);
      return;
    }
    if (transaction.outcome === "open" || transaction.outcome === "aborted") {
      this.report(
        "transactions",
        `${id}: ${value} of ${partition} is visible though the transaction is ${transaction.outcome}`,
      );
    }
    transaction.visible.add(`${partition} ${value}`);
  }

  /** Everything that is visible in the end has been told. */
  finish(): void {
    for (const [id, { outcome, written, visible }] of this.#transactions) {
      if (visible.size === 0 && outcome !== "committed") continue;
      for (const record of written) {
        if (!visible.has(record)) {
          this.report(
            "transactions",
            `${id} (${outcome}): ${record} is missing, ${visible.size} of ${written.size} are there`,
          );
          return;
        }
      }
    }
  }

  #get(id: string): KnownTransaction {
    const transaction = this.#transactions.get(id);
    if (transaction === undefined) throw new Error(`transaction ${id} never began`);
    return transaction;
  }
}
