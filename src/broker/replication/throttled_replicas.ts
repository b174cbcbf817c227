/** Which replicas of a topic are throttled: `*.replication.throttled.replicas` (KIP-73). */
export class ThrottledReplicas {
  static readonly NONE = new ThrottledReplicas([]);

  readonly #all: boolean;
  readonly #pairs: ReadonlySet<string>;

  /** @param entries each `PARTITION:BROKER`, or `*` for all */
  constructor(entries: readonly string[]) {
    this.#all = entries.includes("*");
    this.#pairs = new Set(entries);
  }

  has(partition: number, brokerId: number): boolean {
    if (this.#all) return true;
    return this.#pairs.size > 0 && this.#pairs.has(`${partition}:${brokerId}`);
  }
}
