import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import type { Judge } from "../checkers/judge.ts";
import type { ClusterClient } from "../client/cluster_client.ts";
import type { SeededRandom } from "../world/seeded_random.ts";
import { TOPICS } from "./topics.ts";
import { ensureTopic } from "./admin.ts";
import { commitOffset, fetchOffset } from "./offset_calls.ts";
import { produceOnce } from "./produce_call.ts";
import { TailingConsumer } from "./tailing_consumer.ts";
import { TransactionSession } from "./transaction_session.ts";
import type { WorkloadContext } from "./workload.ts";

const RETRY_MS = 100;

/** Does one of everything, to see whether the cluster serves. */
export class ProgressProbe {
  readonly #open = new Set<string>();

  constructor(
    private readonly client: ClusterClient,
    private readonly random: SeededRandom,
    private readonly judge: Judge,
  ) {}

  /** What has not succeeded yet. */
  waitsFor(): string {
    return [...this.#open].join(", ");
  }

  async run(): Promise<void> {
    const work = [
      this.#until("commit an offset", () => this.#commitOffset()),
      this.#until("commit a transaction", () => this.#transaction()),
      this.#until("create a topic", async () => {
        await ensureTopic(this.client, { name: "after", partitions: 1 }, 1);
        return true;
      }),
    ];
    for (const { name, partitions } of TOPICS) {
      for (let index = 0; index < partitions; index++) {
        work.push(this.#until(`produce to ${name}-${index}`, () => this.#produce(name, index)));
      }
    }
    await Promise.all(work);
  }

  async #until(name: string, attempt: () => Promise<boolean>): Promise<void> {
    this.#open.add(name);
    while (!await attempt()) {
      this.client.forgetGuide();
      await this.client.sleep(RETRY_MS);
    }
    this.#open.delete(name);
  }

  async #produce(topic: string, partition: number): Promise<boolean> {
    const value = `plain-probe-${topic}-${partition}:0`;
    const log = this.judge.log(topic, partition);
    log.sent(value);
    const timestampMs = this.client.options.io.clock.wallMs();
    const wish = { topic, partition, values: [value], acks: -1, timestampMs } as const;
    const verdict = await produceOnce(this.client, wish);
    if (verdict.kind !== "acknowledged") return false;
    log.acknowledged(verdict.baseOffset, value);
    // The watermark follows with the next round of fetches of the followers.
    return await this.#read(topic, partition, verdict.baseOffset);
  }

  async #read(topic: string, partition: number, offset: number): Promise<boolean> {
    const context = this.#context(`reader-probe-${topic}-${partition}`);
    const options = { topic, partition, isolation: "read_uncommitted" } as const;
    const reader = new TailingConsumer(context, options, offset);
    for (let attempt = 0; attempt < 5; attempt++) {
      await reader.step();
      if (reader.offset > offset) return true;
    }
    return false;
  }

  async #commitOffset(): Promise<boolean> {
    const place = { group: "probe", topic: "one", partition: 0 };
    if (await commitOffset(this.client, place, 7) !== ErrorCode.NONE) return false;
    const offset = await fetchOffset(this.client, place);
    if (offset !== undefined && offset !== 7) {
      this.judge.report("neverBack", `the probe committed offset 7 and read ${offset}`);
    }
    return offset === 7;
  }

  async #transaction(): Promise<boolean> {
    const session = new TransactionSession(this.#context("txn-probe"), "txn-probe");
    if (!await session.initialize()) return false;
    const id = session.begin();
    if (await session.write("many", 0, `${id}:${this.judge.nextNumber()}`) === "failed") {
      return false;
    }
    return await session.end(true) === "done";
  }

  #context(name: string): WorkloadContext {
    const { client, judge, random } = this;
    return { name, client, judge, random, topics: TOPICS, thinkMs: 0, isOn: () => true };
  }
}
