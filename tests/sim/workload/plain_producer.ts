import { produceOnce } from "./produce_call.ts";
import { type Actor, anyPartition, backOff, think, type WorkloadContext } from "./workload.ts";

const ATTEMPTS_MAX = 4;
const RECORDS_MAX = 4;

/** Sends batches without idempotence, some with acks=1, and sends those again that may be lost. */
export class PlainProducer implements Actor {
  successes = 0;
  #next = 0;

  constructor(private readonly context: WorkloadContext) {}

  get name(): string {
    return this.context.name;
  }

  async run(): Promise<void> {
    const { context } = this;
    while (context.isOn()) {
      await think(context);
      await this.#produce();
    }
  }

  async #produce(): Promise<void> {
    const { random, judge, client } = this.context;
    const { topic, partition } = anyPartition(this.context);
    const acks = random.chance(0.8) ? -1 : 1;
    const values: string[] = [];
    const count = 1 + random.below(RECORDS_MAX);
    for (let i = 0; i < count; i++) values.push(`${this.name}:${this.#next++}`);
    const log = judge.log(topic, partition);
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      for (const value of values) log.sent(value);
      const timestampMs = client.options.io.clock.wallMs();
      const verdict = await produceOnce(client, { topic, partition, values, acks, timestampMs });
      if (verdict.kind === "acknowledged") {
        this.successes++;
        judge.succeeded(this.name);
        // The leader alone has it with acks=1: it may be lost, and its offset be given again.
        if (acks === -1) {
          values.forEach((value, i) => log.acknowledged(verdict.baseOffset + i, value));
        }
        return;
      }
      if (!this.context.isOn()) return;
      await backOff(this.context);
    }
  }
}
