/**
 * Random lives of a broker on a small disk: topics come, grow and go, producers write evenly and
 * unevenly, the disk is resized, settings change, the process dies. After every step the promises
 * of the budget are held against what is on the disk.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Partition } from "../../../../src/broker/partition.ts";
import type { DiskBudget } from "../../../../src/broker/storage/disk_budget.ts";
import type { TrimReason } from "../../../../src/broker/storage/log_trims.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";
import { createPartitionsApi } from "../../../../src/protocol/generated/apis/create_partitions.ts";
import { incrementalAlterConfigsApi } from "../../../../src/protocol/generated/apis/incremental_alter_configs.ts";
import { SimulatedDisk } from "../../log/simulated_disk.ts";
import { FakeClock } from "../../server/fake_clock.ts";
import { BrokerFixture } from "../../support/broker_fixture.ts";
import { batch, produce } from "../../support/requests.ts";

const MIB = 2 ** 20;
const BATCH_BYTES = 256 * 1024;
const TEXT = "x".repeat(BATCH_BYTES);
const CONFIG = { "log.storage.shrink.grace.ms": "20000" };

type Step =
  | {
    readonly kind: "create";
    readonly topic: number;
    readonly limit: number;
    readonly min: number;
  }
  | { readonly kind: "delete"; readonly topic: number }
  | { readonly kind: "grow"; readonly topic: number }
  | {
    readonly kind: "produce";
    readonly topic: number;
    readonly skew: number;
    readonly count: number;
  }
  | { readonly kind: "resize"; readonly mib: number }
  | { readonly kind: "limit"; readonly topic: number; readonly limit: number }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "crash" };

const topic = fc.integer({ min: 0, max: 2 });
const limit = fc.constantFrom(-1, 4, 8, 16);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("create" as const),
      topic,
      limit,
      min: fc.constantFrom(0, 0, 1, 2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), topic }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("grow" as const), topic }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("produce" as const),
      topic,
      skew: fc.constantFrom(0, 1),
      count: fc.integer({ min: 1, max: 40 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("resize" as const),
      mib: fc.integer({ min: 16, max: 40 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("limit" as const), topic, limit }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      seconds: fc.integer({ min: 1, max: 90 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const) }) },
);

/** The largest segment that there can be: an eighth of the largest disk, and a batch. */
const SEGMENT_BYTES_MAX = 5 * MIB + 2 * BATCH_BYTES;

/** A broker, and what it has to keep to. */
class Life {
  #clock = new FakeClock();
  readonly #disk = new SimulatedDisk();
  #fixture: BrokerFixture | undefined;

  get fixture(): BrokerFixture {
    return this.#fixture!;
  }

  get budget(): DiskBudget {
    return this.fixture.broker.diskBudget;
  }

  async begin(): Promise<void> {
    const disk = this.#disk;
    disk.resizeTo(32 * MIB);
    this.#fixture = await BrokerFixture.open({ disk, clock: this.#clock, config: CONFIG });
  }

  /** Does the step, and judges what is there after it. */
  async take(step: Step): Promise<void> {
    const usedBefore = this.#used();
    const hardBefore = this.budget.state!.marks.hardBytes;
    const deleted = { ...this.budget.trims.deletedBytes };
    const sizes = new Map<Partition, number>();
    for (const partition of this.#partitions()) sizes.set(partition, partition.log.sizeBytes);
    await this.#do(step);
    const { marks } = this.budget.state!;
    // Where the disk became smaller than what is on it, at least nothing comes on top.
    const most = Math.max(marks.hardBytes, hardBefore, usedBefore);
    assert.ok(this.#used() <= most, `${this.#used()} bytes used, ${most} allowed`);
    if (step.kind === "crash") return;
    for (const [partition, before] of sizes) {
      const { minBytes } = partition.topic.settings.storage;
      if (!partition.isOnline) continue;
      assert.ok(partition.log.sizeBytes >= Math.min(before, minBytes), "a minimum was not kept");
    }
    if (step.kind === "produce") this.#judgeDeletions(deleted, step.topic);
  }

  /** A segment less would have been too few. */
  #judgeDeletions(before: Record<TrimReason, number>, topic: number): void {
    const { deletedBytes } = this.budget.trims;
    const { targetBytes } = this.budget.state!.marks;
    const pending = this.fixture.broker.logs.pendingRemovalBytes;
    if (deletedBytes.disk > before.disk) {
      assert.ok(this.#used() - pending + SEGMENT_BYTES_MAX > targetBytes, "too much for the disk");
    }
    if (deletedBytes.topic > before.topic) {
      const all = [...this.#partitions()].filter((p) => p.topic.name === `t${topic}`);
      const total = all.reduce((sum, { log }) => sum + log.sizeBytes, 0);
      const { limit } = all[0]!.topic.settings.storage;
      assert.ok(limit.kind === "bytes" && total + SEGMENT_BYTES_MAX > limit.bytes, "for the topic");
    }
  }

  /** Nobody writes any more: after a while nothing changes any more. */
  async comesToRest(): Promise<void> {
    await this.#clock.advance(100_000);
    const { deletedBytes } = this.budget.trims;
    const deleted = { ...deletedBytes };
    const { level, usedBytes } = this.budget.state!;
    await this.#clock.advance(200_000);
    assert.deepEqual(deletedBytes, deleted);
    assert.equal(this.budget.state!.level, level);
    assert.equal(this.budget.state!.usedBytes, usedBytes);
    await this.fixture.broker.close();
  }

  *#partitions(): Iterable<Partition> {
    yield* this.fixture.broker.partitions.all();
  }

  #used(): number {
    const { logs } = this.fixture.broker;
    return logs.sizeBytes + logs.pendingRemovalBytes;
  }

  async #do(step: Step): Promise<void> {
    const { fixture } = this;
    switch (step.kind) {
      case "create":
        if (this.#countOf(step.topic) > 0) return;
        await fixture.createTopic(`t${step.topic}`, 2, {
          "retention.topic.bytes": step.limit < 0 ? "-1" : `${step.limit}MiB`,
          "retention.min.bytes": String(step.min * MIB),
        });
        return;
      case "delete":
        if (this.#countOf(step.topic) > 0) await fixture.deleteTopic(`t${step.topic}`);
        return;
      case "grow":
        return await this.#grow(step.topic);
      case "produce":
        return await this.#produce(step.topic, step.skew, step.count);
      case "resize":
        this.#disk.resizeTo(step.mib * MIB);
        return await this.#clock.advance(5000);
      case "limit":
        return await this.#limit(step.topic, step.limit);
      case "wait":
        return await this.#clock.advance(step.seconds * 1000);
      case "crash":
        return await this.#crash();
    }
  }

  async #grow(topic: number): Promise<void> {
    const count = this.#countOf(topic);
    if (count === 0 || count > 5) return;
    await this.fixture.call(createPartitionsApi, 3, {
      topics: [{ name: `t${topic}`, count: count + 1, assignments: null }],
      timeoutMs: 1000,
      validateOnly: false,
    });
  }

  async #produce(topic: number, skew: number, count: number): Promise<void> {
    const partitions = this.#countOf(topic);
    if (partitions === 0) return;
    for (let i = 0; i < count; i++) {
      const partition = skew === 1 ? 0 : i % partitions;
      const answer = await produce(this.fixture, `t${topic}`, batch([TEXT]), { partition });
      assert.ok(typeof answer !== "string");
      const { errorCode } = answer;
      assert.ok(errorCode === ErrorCode.NONE || errorCode === ErrorCode.KAFKA_STORAGE_ERROR);
      await this.#clock.advance(1);
    }
  }

  async #limit(topic: number, mib: number): Promise<void> {
    if (this.#countOf(topic) === 0) return;
    const value = mib < 0 ? "-1" : `${mib}MiB`;
    const configs = [{ name: "retention.topic.bytes", configOperation: 0, value }];
    const resources = [{ resourceType: 2, resourceName: `t${topic}`, configs }];
    await this.fixture.call(incrementalAlterConfigsApi, 1, { resources, validateOnly: false });
  }

  async #crash(): Promise<void> {
    const { broker } = this.fixture;
    this.#disk.crash("process", () => 0.5);
    broker.beginStop();
    broker.diskBudget.stop();
    const clock = new FakeClock();
    clock.nowMs = this.#clock.nowMs;
    this.#clock = clock;
    this.#fixture = await BrokerFixture.open({ disk: this.#disk, clock, config: CONFIG, seed: 4 });
  }

  #countOf(topic: number): number {
    return this.fixture.broker.partitions.partitionCountOf(`t${topic}`);
  }
}

Deno.test("DiskBudget keeps its promises when everything changes at random", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
      const life = new Life();
      await life.begin();
      for (const each of steps) await life.take(each);
      await life.comesToRest();
    }),
    { numRuns: 15, endOnFailure: true },
  );
});
