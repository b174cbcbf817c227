import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { FigureSet, formatNumber, formatTable, median } from "../../../../scripts/bench/figures.ts";

Deno.test("median() is the middle value, or the mean of the two middle ones", () => {
  equal(median([3, 1, 2]), 2);
  equal(median([4, 1, 3, 2]), 2.5);
  equal(median([7]), 7);
  equal(Number.isNaN(median([])), true);
});

Deno.test("median() has as many values on either side when the values are many", () => {
  fc.assert(fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
    const middle = median(values);
    const below = values.filter((value) => value < middle).length;
    const above = values.filter((value) => value > middle).length;
    return below <= values.length / 2 && above <= values.length / 2;
  }));
});

Deno.test("FigureSet.add() files samples of several runs under one figure", () => {
  const figures = new FigureSet("any");
  figures.add("latency", [{ metric: "p99", unit: "ms", value: 5 }]);
  figures.add("latency", [{ metric: "p99", unit: "ms", value: 7 }]);
  figures.add("latency", [{ metric: "p99", unit: "ms", value: 90 }]);
  deepEqual(figures.get("latency", "p99")?.values, [5, 7, 90]);
  equal(figures.median("latency", "p99"), 7);
  equal(figures.median("latency", "p50"), undefined);
});

Deno.test("formatNumber() keeps about three significant digits", () => {
  deepEqual([1234.5, 123.4, 12.34, 1.234, 0.1234, NaN].map(formatNumber), [
    "1235",
    "123",
    "12.3",
    "1.23",
    "0.123",
    "-",
  ]);
});

Deno.test("formatTable() aligns columns under the widest cell", () => {
  equal(
    formatTable([["a", "b"], ["long", "1"], ["x", "22"]]),
    "a     b\n----  --\nlong  1\nx     22",
  );
});
