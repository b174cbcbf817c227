import assert from "node:assert/strict";
import type { SettingFact, StorageFacts } from "../../../../../src/client/admin/storage.ts";
import {
  changed,
  parsePartitions,
  parseSet,
  parseTopic,
} from "../../../../../src/cli/commands/storage/changes.ts";
import { viewOf } from "../../../../../src/cli/commands/storage/view.ts";
import { UsageError } from "../../../../../src/cli/session/failures.ts";

const MIB = 2 ** 20;
const NO_RATES = new Map<string, number>();

function settings(values: Readonly<Record<string, string>>, isOwn = false) {
  return new Map<string, SettingFact>(
    Object.entries(values).map(([name, value]) => [name, { value, isOwn }]),
  );
}

/** Two brokers of 1000 MiB, and a topic with two partitions of 100 MiB on the first. */
const FACTS: StorageFacts = {
  brokers: [1, 2].map((id) => ({
    id,
    ownBytes: id === 1 ? 200 * MIB : 0,
    space: undefined,
    settings: settings({ "log.storage.capacity.bytes": String(1000 * MIB) }),
  })),
  topics: [{
    name: "a",
    settings: settings({ "retention.weight": "1" }),
    partitions: [0, 1].map((partition) => ({
      partition,
      leader: 1,
      replicas: [1],
      sizeBytes: new Map([[1, 100 * MIB]]),
    })),
  }],
};

Deno.test("viewOf() shows marks and divides what a broker has", () => {
  const { brokers, topics } = viewOf(FACTS, NO_RATES);
  assert.equal(brokers[0]!.marks!.targetBytes, 850 * MIB);
  assert.deepEqual(topics[0]!.partitions.map(({ allotmentBytes }) => allotmentBytes / MIB), [
    425,
    425,
  ]);
});

Deno.test("viewOf() tells the rate and when the disk is full", () => {
  const [broker] = viewOf(FACTS, new Map([["a:0:1", 75 * MIB]])).brokers;
  assert.equal(broker!.bytesPerSecond, 75 * MIB);
  assert.equal(broker!.timeToFullMs, 10_000);
});

Deno.test("changed() lets topics without a setting of their own follow the brokers'", () => {
  const all = changed(FACTS, [parseSet("log.retention.topic.bytes=10%")]);
  assert.equal(viewOf(all, NO_RATES).topics[0]!.budget.limitBytes, 100 * MIB);
  const own = changed(FACTS, [
    parseSet("a:retention.topic.bytes=50MiB"),
    parseSet("log.retention.topic.bytes=10%"),
  ]);
  assert.equal(viewOf(own, NO_RATES).topics[0]!.budget.limitBytes, 50 * MIB);
});

Deno.test("changed() grows topics and makes new ones", () => {
  const after = changed(FACTS, [
    parsePartitions("a=4"),
    parseTopic("b=2:retention.min.bytes=1048576,retention.weight=3"),
  ]);
  assert.equal(after.topics[0]!.partitions.length, 4);
  const [, b] = viewOf(after, NO_RATES).topics;
  assert.deepEqual([b!.budget.weight, b!.budget.minBytes, b!.partitions.length], [3, MIB, 2]);
});

Deno.test("changes that make no sense are refused", () => {
  assert.throws(() => parseSet("a:flush.ms=1"), UsageError);
  assert.throws(() => parseSet("retention.topic.bytes=1"), UsageError);
  assert.throws(() => parseSet("a:retention.topic.bytes=lots"), UsageError);
  assert.throws(() => parsePartitions("a=0"), SyntaxError);
  assert.throws(() => changed(FACTS, [parsePartitions("a=2")]), UsageError);
  assert.throws(() => changed(FACTS, [parsePartitions("no=2")]), UsageError);
  assert.throws(() => changed(FACTS, [parseTopic("a=1")]), UsageError);
});
