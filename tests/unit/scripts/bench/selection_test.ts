import { deepEqual, throws } from "node:assert/strict";
import { selectScenarios } from "../../../../scripts/bench/selection.ts";

function namesOf(names: readonly string[]): string[] {
  const { served, fresh } = selectScenarios({
    names,
    recordBytes: [1000, 100],
    partitions: [1, 6],
  });
  return [...served, ...fresh].flatMap((scenario) => scenario.names);
}

Deno.test("selectScenarios() takes every scenario but the group's and the cluster's when none is named", () => {
  deepEqual(namesOf([]), [
    ...["produce-1k-1p", "consume-1k-1p", "produce-1k-6p", "consume-1k-6p"],
    ...["produce-100-1p", "consume-100-1p", "produce-100-6p", "consume-100-6p"],
    ...["kcat-1k-1p", "kcat-100-1p", "latency", "flush-1", "flush-4", "flush-16"],
    ...["start", "memory", "connections", "partitions", "members", "groups"],
  ]);
});

Deno.test("selectScenarios() takes all names that go on from the given one at a dash", () => {
  deepEqual(namesOf(["consume-1k", "flush"]), [
    ...["consume-1k-1p", "consume-1k-6p", "flush-1", "flush-4", "flush-16"],
  ]);
  throws(() => namesOf(["consume-1"]), RangeError);
});

Deno.test("selectScenarios() takes those that need a group or a cluster when they are named", () => {
  deepEqual(namesOf(["cluster"]), ["cluster-failover", "cluster-idle"]);
  deepEqual(namesOf(["group-100"]), ["group-100-1p", "group-100-6p"]);
});

Deno.test("selectScenarios() throws when a name chooses nothing", () => {
  throws(() => namesOf(["latency", "latencies"]), /latencies/);
});
