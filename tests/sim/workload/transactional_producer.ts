import { TransactionSession } from "./transaction_session.ts";
import { type Actor, anyPartition, backOff, think, type WorkloadContext } from "./workload.ts";

const RECORDS_MAX = 6;
const COMMIT_CHANCE = 0.75;
/** How often a transaction is left open, as by a producer that crashed. */
const ABANDON_CHANCE = 0.05;

/** Writes records to several partitions in transactions, and commits or aborts them. */
export class TransactionalProducer implements Actor {
  successes = 0;
  #next = 0;
  readonly #session: TransactionSession;

  constructor(private readonly context: WorkloadContext) {
    this.#session = new TransactionSession(context, context.name);
  }

  get name(): string {
    return this.context.name;
  }

  async run(): Promise<void> {
    const { context } = this;
    while (context.isOn()) {
      await think(context);
      if (this.#session.isUsable || await this.#session.initialize()) await this.#transaction();
      else await backOff(context);
    }
  }

  async #transaction(): Promise<void> {
    const { random, judge } = this.context;
    const session = this.#session;
    const id = session.begin();
    const count = 1 + random.below(RECORDS_MAX);
    for (let i = 0; i < count; i++) {
      const { topic, partition } = anyPartition(this.context);
      const outcome = await session.write(topic, partition, `${id}:${this.#next++}`);
      if (outcome === "failed") return;
    }
    if (random.chance(ABANDON_CHANCE)) {
      while (!await session.initialize()) await backOff(this.context);
      return;
    }
    if (await session.end(random.chance(COMMIT_CHANCE)) === "done") {
      this.successes++;
      judge.succeeded(this.name);
    }
  }
}
