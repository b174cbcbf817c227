/** KafkaJS at work while brokers come and go. */
import { type Admin, type Consumer, Kafka, logLevel, type Producer } from "kafkajs";
import { pause } from "../../clients/support/process.ts";

const BATCH = 10;
const REST_MS = 30;
const COMMIT_EVERY = 20;
const POLL_MS = 250;

/** A client that does not give up, and sees broken connections soon. */
export function kafkajs(bootstrap: string): Kafka {
  return new Kafka({
    brokers: bootstrap.split(","),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2000,
    requestTimeout: 5000,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 200 },
  });
}

/** Runs `use` with an admin client. */
export async function withAdmin<T>(
  bootstrap: string,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = kafkajs(bootstrap).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Makes topics of three partitions with three replicas, of which two must have each record. */
export async function createTopics(bootstrap: string, topics: readonly string[]): Promise<void> {
  const configEntries = [{ name: "min.insync.replicas", value: "2" }];
  await withAdmin(bootstrap, (admin) =>
    admin.createTopics({
      topics: topics.map((topic) => ({
        topic,
        numPartitions: 3,
        replicationFactor: 3,
        configEntries,
      })),
      waitForLeaders: true,
    }));
}

/**
 * An idempotent producer of numbers, one request of one partition at a time, because KafkaJS renumbers
 * the records of partitions that were written already when another one of the same request was not.
 */
export class KafkaJsLoad {
  /** Numbers of which KafkaJS could not tell whether they were written. */
  readonly unknown = new Set<number>();
  readonly #producer: Producer;
  readonly #sending: Promise<void>;
  #isSending = true;
  #count = 0;
  #failure: Error | undefined;

  private constructor(producer: Producer, topic: string, partitions: number) {
    this.#producer = producer;
    this.#sending = this.#send(topic, partitions);
  }

  static async start(bootstrap: string, topic: string, partitions: number): Promise<KafkaJsLoad> {
    const producer = kafkajs(bootstrap).producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    return new KafkaJsLoad(producer, topic, partitions);
  }

  /** @returns how many numbers were sent; those that are not in {@link unknown} must be there */
  async end(): Promise<number> {
    this.#isSending = false;
    await this.#sending;
    await this.#producer.disconnect();
    if (this.#failure !== undefined) throw this.#failure;
    return this.#count;
  }

  async #send(topic: string, partitions: number): Promise<void> {
    for (let turn = 0; this.#isSending; turn++) {
      const partition = turn % partitions;
      const numbers = Array.from({ length: BATCH }, (_, index) => this.#count + index);
      this.#count += BATCH;
      const messages = numbers.map((number) => ({ partition, value: String(number) }));
      try {
        await this.#producer.send({ topic, acks: -1, timeout: 5000, messages });
      } catch (cause) {
        for (const number of numbers) this.unknown.add(number);
        this.#failure = new Error(`numbers from ${numbers[0]} on partition ${partition}`, {
          cause,
        });
        return;
      }
      await pause(REST_MS);
    }
  }
}

/** A member of a group that commits as it goes and compares what it is given with that. */
export class KafkaJsMember {
  readonly #next = new Map<number, number>();
  readonly #committed = new Map<number, number>();
  #flaw: string | undefined;

  private constructor(readonly consumer: Consumer) {}

  static async start(bootstrap: string, groupId: string, topic: string): Promise<KafkaJsMember> {
    const consumer = kafkajs(bootstrap).consumer({
      groupId,
      sessionTimeout: 10_000,
      heartbeatInterval: 1000,
      maxWaitTimeInMs: 500,
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const member = new KafkaJsMember(consumer);
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ partition, message }) =>
        member.#take(topic, partition, Number(message.offset)),
    });
    return member;
  }

  /** What went against the contract; undefined when nothing did. */
  get flaw(): string | undefined {
    return this.#flaw;
  }

  /** How many records lie before what was committed. */
  get committed(): number {
    return [...this.#committed.values()].reduce((sum, offset) => sum + offset, 0);
  }

  /** How many records lie before what was read. */
  get read(): number {
    return [...this.#next.values()].reduce((sum, offset) => sum + offset, 0);
  }

  async end(): Promise<void> {
    await this.consumer.disconnect();
  }

  async #take(topic: string, partition: number, offset: number): Promise<void> {
    const expected = this.#next.get(partition) ?? 0;
    const committed = this.#committed.get(partition) ?? 0;
    if (offset > expected) {
      this.#flaw ??= `partition ${partition}: offset ${offset} instead of ${expected}`;
    }
    if (offset < committed) {
      this.#flaw ??= `partition ${partition}: offset ${offset} again, after ${committed}`;
    }
    this.#next.set(partition, offset + 1);
    if ((offset + 1) % COMMIT_EVERY !== 0) return;
    const offsets = [{ topic, partition, offset: String(offset + 1) }];
    await this.consumer.commitOffsets(offsets);
    this.#committed.set(partition, offset + 1);
  }
}

/** Asks for the committed offsets of groups again and again: none may ever be lower than before. */
export class CommitWatch {
  readonly #highest = new Map<string, number>();
  readonly #watching: Promise<void>;
  #isWatching = true;
  #flaw: string | undefined;
  #answers = 0;

  /** @param groups the topic that each group reads */
  constructor(bootstrap: string, groups: ReadonlyMap<string, string>) {
    this.#watching = this.#watch(bootstrap, groups);
  }

  get flaw(): string | undefined {
    return this.#flaw;
  }

  /** How often an answer with a committed offset came. */
  get answers(): number {
    return this.#answers;
  }

  async end(): Promise<void> {
    this.#isWatching = false;
    await this.#watching;
  }

  async #watch(bootstrap: string, groups: ReadonlyMap<string, string>): Promise<void> {
    await withAdmin(bootstrap, async (admin) => {
      while (this.#isWatching) {
        for (const [groupId, topic] of groups) {
          const answer = await this.#ask(admin, groupId, topic);
          for (const [partition, offset] of answer) this.#compare(groupId, partition, offset);
        }
        await pause(POLL_MS);
      }
    });
  }

  /** An answer that does not come is none; the next round asks again. */
  async #ask(admin: Admin, groupId: string, topic: string): Promise<[number, number][]> {
    try {
      const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] });
      return (answer?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]);
    } catch (error) {
      if (error instanceof Error && error.name.startsWith("KafkaJS")) return [];
      throw error;
    }
  }

  #compare(groupId: string, partition: number, offset: number): void {
    const key = `${groupId}-${partition}`;
    const highest = this.#highest.get(key) ?? -1;
    if (offset < highest) this.#flaw ??= `${key}: ${offset} is committed, ${highest} was before`;
    if (offset >= 0) this.#answers++;
    this.#highest.set(key, Math.max(highest, offset));
  }
}
