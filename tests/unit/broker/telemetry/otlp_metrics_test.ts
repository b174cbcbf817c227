import assert from "node:assert/strict";
import fc from "fast-check";
import { readClientMetrics } from "../../../../src/broker/telemetry/otlp_metrics.ts";
import { ProtocolError } from "../../../../src/protocol/protocol_error.ts";
import { bytesField, doublePoint, intPoint, metricsOf, varintField } from "./otlp_bytes.ts";

Deno.test("readClientMetrics() gives gauges and sums with their values and attributes", () => {
  const bytes = metricsOf(
    { name: "a.rate", gauge: [doublePoint(1.5, { node: "1" }), intPoint(-7)] },
    { name: "a.total", sum: [intPoint(12)], temporality: 1 },
    { name: "b.total", sum: [intPoint(13)], temporality: 2 },
  );
  assert.deepEqual(readClientMetrics(bytes), [
    {
      name: "a.rate",
      kind: "gauge",
      isDelta: false,
      value: 1.5,
      attributes: new Map([["node", "1"]]),
    },
    { name: "a.rate", kind: "gauge", isDelta: false, value: -7, attributes: new Map() },
    { name: "a.total", kind: "sum", isDelta: true, value: 12, attributes: new Map() },
    { name: "b.total", kind: "sum", isDelta: false, value: 13, attributes: new Map() },
  ]);
});

Deno.test("readClientMetrics() passes over what it does not take", () => {
  const histogram = bytesField(9, bytesField(1, varintField(3, 1)));
  const metric = [...bytesField(1, [...new TextEncoder().encode("h")]), ...histogram];
  const unknown = [...varintField(100, 300), (101 << 3 | 5) & 0x7f | 0x80, 6, 1, 2, 3, 4];
  const scope = [...unknown, ...bytesField(2, metric)];
  const bytes = new Uint8Array(bytesField(1, bytesField(2, scope)));
  assert.deepEqual(readClientMetrics(bytes), []);
});

Deno.test("readClientMetrics() refuses bytes that are cut off at any place, or reads less", () => {
  const whole = metricsOf({ name: "a.rate", gauge: [doublePoint(1.5, { node: "1" })] });
  let refused = 0;
  for (let length = 1; length < whole.length; length++) {
    assert.throws(() => readClientMetrics(whole.subarray(0, length)), ProtocolError);
    refused++;
  }
  assert.ok(refused > 20);
});

Deno.test("readClientMetrics() throws nothing but ProtocolError whatever the bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    try {
      readClientMetrics(bytes);
    } catch (error) {
      assert.ok(error instanceof ProtocolError, String(error));
    }
  }));
});

Deno.test("readClientMetrics() takes 2000 points of a push and cuts long texts", () => {
  const many = Array.from({ length: 2500 }, () => intPoint(1));
  const points = readClientMetrics(metricsOf({ name: "x".repeat(5000), gauge: many }));
  assert.equal(points.length, 2000);
  assert.equal(points[0]!.name.length, 256);
});
