import { deepEqual, throws } from "node:assert/strict";
import {
  parseConsumerPerformance,
  parseProducerPerformance,
} from "../../../../scripts/bench/loads.ts";

const WHOLE = "350000 records sent, 9997.7 records/sec (9.53 MB/sec), 2.31 ms avg latency, " +
  "310.00 ms max latency, 2 ms 50th, 9 ms 95th, 80 ms 99th, 300 ms 99.9th.";
const STEADY = "300000 steady state records sent, 9999.9 records/sec (9.54 MB/sec), 1.90 ms avg " +
  "latency, 40.00 ms max latency, 1 ms 50th, 4 ms 95th, 12 ms 99th, 31 ms 99.9th.";

Deno.test("parseProducerPerformance() reads rate and percentiles of the only summary", () => {
  deepEqual(parseProducerPerformance(`5000 records sent, ...\n${WHOLE}\n`), {
    recordsPerSecond: 9997.7,
    latencies: { p50: 2, p95: 9, p99: 80, p999: 300 },
  });
});

Deno.test("parseProducerPerformance() takes latencies of the steady state after a warm-up", () => {
  deepEqual(parseProducerPerformance(`${WHOLE}\n${STEADY}\n`), {
    recordsPerSecond: 9997.7,
    latencies: { p50: 1, p95: 4, p99: 12, p999: 31 },
  });
});

Deno.test("parseProducerPerformance() throws when there is no summary", () => {
  throws(() => parseProducerPerformance("org.apache.kafka.common.KafkaException\n"), /no summary/);
});

Deno.test("parseConsumerPerformance() reads records and the time without the rebalance", () => {
  const line =
    "2026-11-22 19:00:00:000, 2026-11-22 19:00:05:000, 286.1, 57.2, 3000000, 600000.0, " +
    "3000, 2000, 143.0, 1500000.0";
  deepEqual(parseConsumerPerformance(`WARN something, or other\n${line}\n`), {
    records: 3_000_000,
    seconds: 2,
  });
});

Deno.test("parseConsumerPerformance() throws when nothing was consumed", () => {
  throws(() => parseConsumerPerformance("WARNING: Exiting before consuming\n"), /no figures/);
});
