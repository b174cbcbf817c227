import { deepEqual, equal } from "node:assert/strict";
import { FigureSet, type Unit } from "../../../../scripts/bench/figures.ts";
import { judge } from "../../../../scripts/bench/targets.ts";

type Row = readonly [scenario: string, metric: string, unit: Unit, value: number];

function figuresOf(broker: string, rows: readonly Row[]): FigureSet {
  const figures = new FigureSet(broker);
  for (const [scenario, metric, unit, value] of rows) {
    figures.add(scenario, [{ metric, unit, value }]);
  }
  return figures;
}

function verdicts(jocko: readonly Row[], kafka: readonly Row[], limit?: readonly Row[]): string[] {
  return judge({
    jocko: figuresOf("jocko", jocko),
    kafka: figuresOf("kafka", kafka),
    limit: limit === undefined ? undefined : figuresOf("limit", limit),
  }).map(({ scenario, target, met }) => `${met ? "pass" : "short"} ${scenario} ${target}`);
}

Deno.test("judge() asks for Kafka's throughput at half its CPU, and most of the yardstick's", () => {
  const name = "produce-1k-1p";
  deepEqual(
    verdicts(
      [[name, "throughput", "MB/s", 100], [name, "broker CPU", "s/GB", 4]],
      [[name, "throughput", "MB/s", 100], [name, "broker CPU", "s/GB", 7]],
      [[name, "throughput", "MB/s", 200]],
    ),
    [
      `pass ${name} throughput >= 1 x kafka`,
      `short ${name} broker CPU <= 0.5 x kafka`,
      `short ${name} throughput >= 0.7 x limit`,
    ],
  );
});

Deno.test("judge() compares latency, flush and start with Kafka's", () => {
  deepEqual(
    verdicts(
      [
        ["latency", "latency p99", "ms", 5],
        ["flush-16", "throughput", "MB/s", 49],
        ["start", "first start to first record", "ms", 300],
      ],
      [
        ["latency", "latency p99", "ms", 5],
        ["flush-16", "throughput", "MB/s", 10],
        ["start", "first start to first record", "ms", 3000],
      ],
    ),
    [
      "short flush-16 throughput >= 5 x kafka",
      "pass latency latency p99 <= 1 x kafka",
      "pass start first start to first record <= 0.1 x kafka",
    ],
  );
});

Deno.test("judge() holds memory and recovery against fixed bounds, whatever Kafka does", () => {
  const rows: Row[] = [
    ["memory", "resident, idle", "MB", 101],
    ["memory", "resident, after the load", "MB", 300],
    ["connections", "resident per connection", "KB", 11.9],
    ["partitions", "ready after kill -9", "s", 3.1],
  ];
  deepEqual(verdicts(rows, []), [
    "short memory resident, idle <= 100 MB",
    "pass memory resident, after the load <= 300 MB",
    "pass connections resident per connection <= 12 KB",
    "short partitions ready after kill -9 <= 3 s",
  ]);
});

Deno.test("judge() says nothing of a scenario that one side did not run", () => {
  equal(verdicts([["latency", "latency p99", "ms", 5]], []).length, 0);
});
