import assert from "node:assert/strict";
import {
  allot,
  segmentBytesFor,
  type TopicBudget,
  type TopicUse,
} from "../../../../src/metadata/storage/allotments.ts";

const MIB = 2 ** 20;

function topic(
  name: string,
  sizesMib: readonly number[],
  budget: Partial<TopicBudget> = {},
  rates: readonly number[] = [],
): TopicUse {
  return {
    budget: {
      name,
      limitBytes: Infinity,
      weight: 1,
      minBytes: 0,
      partitionLimitBytes: Infinity,
      isSpared: false,
      ...budget,
    },
    partitions: sizesMib.map((mib, partition) => ({
      partition,
      sizeBytes: mib * MIB,
      bytesPerSecond: rates[partition] ?? 0,
      isRemote: false,
    })),
  };
}

function mib(topics: readonly TopicUse[], budgetMib: number): string {
  return allot(budgetMib * MIB, topics)
    .map(({ topic, partition, bytes }) => `${topic}-${partition}:${Math.round(bytes / MIB)}`)
    .join(" ");
}

Deno.test("allot() divides among topics first, so that partitions win a topic nothing", () => {
  const one = topic("one", [500]);
  const many = topic("many", [100, 100, 100, 100, 100]);
  assert.equal(
    mib([one, many], 200),
    "one-0:100 many-0:20 many-1:20 many-2:20 many-3:20 many-4:20",
  );
});

Deno.test("allot() gives by weight and keeps minimums", () => {
  const light = topic("light", [500], { minBytes: 80 * MIB });
  const heavy = topic("heavy", [500], { weight: 9 });
  assert.equal(mib([light, heavy], 200), "light-0:80 heavy-0:120");
  assert.equal(mib([topic("light", [500]), heavy], 200), "light-0:20 heavy-0:180");
});

Deno.test("allot() gives more to who gets more", () => {
  const quiet = topic("quiet", [500]);
  const busy = topic("busy", [500], {}, [1000]);
  assert.equal(mib([quiet, busy], 400), "quiet-0:100 busy-0:300");
});

Deno.test("allot() leaves nearly all of a topic's total to its one hot partition", () => {
  const [hot] = allot(10_000 * MIB, [
    topic("t", [90, 1, 1, 1], { limitBytes: 100 * MIB }, [10 * MIB, 0, 0, 0]),
  ]);
  assert.ok(hot!.topicShareBytes >= 95 * MIB, `${hot!.topicShareBytes / MIB}`);
  assert.equal(hot!.bytes, hot!.topicShareBytes);
});

Deno.test("allot() takes the smallest limit", () => {
  const t = topic("t", [90, 90], { limitBytes: 100 * MIB, partitionLimitBytes: 30 * MIB });
  assert.equal(mib([t], 1000), "t-0:30 t-1:30");
  assert.equal(mib([t], 40), "t-0:20 t-1:20");
});

Deno.test("allot() takes what spared topics have off the budget", () => {
  const compacted = topic("compacted", [150], { isSpared: true });
  assert.equal(mib([compacted, topic("t", [90])], 200), "compacted-0:Infinity t-0:50");
});

Deno.test("allot() counts remote partitions for the total of their topic alone", () => {
  const use = topic("t", [90, 90], { limitBytes: 100 * MIB });
  const [first, second] = use.partitions;
  const half = { ...use, partitions: [first!, { ...second!, isRemote: true }] };
  assert.equal(mib([half], 1000), "t-0:50");
});

Deno.test("segmentBytesFor() cuts an allotment in eight, within what Kafka allows", () => {
  assert.equal(segmentBytesFor(80 * MIB, 1024 * MIB), 10 * MIB);
  assert.equal(segmentBytesFor(80 * MIB, 4 * MIB), 4 * MIB);
  assert.equal(segmentBytesFor(2 * MIB, 1024 * MIB), MIB);
  assert.equal(segmentBytesFor(Infinity, 1024 * MIB), 1024 * MIB);
});
