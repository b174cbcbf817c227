/** Batches made by Kafka 4.2.1's Java classes and by librdkafka 2.0.2 (through kcat). */
import { deepEqual, equal } from "node:assert/strict";
import java from "../../../golden/records/kafka_java.json" with { type: "json" };
import librdkafka from "../../../golden/records/librdkafka.json" with { type: "json" };
import { Codec, codecByName } from "../../../../src/protocol/compression/codec.ts";
import { buildBatch } from "../../../../src/protocol/records/batch_builder.ts";
import * as layout from "../../../../src/protocol/records/batch_layout.ts";
import { scanBatches, verifyCrc } from "../../../../src/protocol/records/batch_scan.ts";
import {
  buildTransactionMarker,
  readControlRecord,
} from "../../../../src/protocol/records/control_record.ts";
import { readRecords, type RecordView } from "../../../../src/protocol/records/record_reader.ts";

const fromBase64 = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const toBase64 = (bytes: Uint8Array | null) => bytes && btoa(String.fromCharCode(...bytes));

function toJson({ offset, timestamp, key, value, headers }: RecordView) {
  const pairs = headers.map((h) => [new TextDecoder().decode(h.key), toBase64(h.value)]);
  return { offset, timestamp, key: toBase64(key), value: toBase64(value), headers: pairs };
}

function javaBatch(name: string): Uint8Array {
  return fromBase64(java.find((golden) => golden.name === name)!.base64);
}

for (const golden of java) {
  Deno.test(`readRecords() gives what Java reads when the batch is "${golden.name}"`, () => {
    const batch = fromBase64(golden.base64);
    deepEqual(scanBatches(batch, () => {}), { batches: 1, end: batch.length, reason: "end" });
    equal(verifyCrc(batch, 0), true);
    equal(layout.storedCrc(batch, 0), golden.crc);
    equal(layout.baseOffset(batch, 0), golden.baseOffset);
    equal(layout.lastOffset(batch, 0), golden.lastOffset);
    equal(layout.partitionLeaderEpoch(batch, 0), golden.leaderEpoch);
    equal(layout.codecOf(batch, 0), codecByName(golden.codec));
    equal(layout.maxTimestamp(batch, 0), golden.maxTimestamp);
    equal(layout.isLogAppendTime(batch, 0), golden.timestampType === "LogAppendTime");
    equal(layout.producerId(batch, 0), golden.producerId);
    equal(layout.producerEpoch(batch, 0), golden.producerEpoch);
    equal(layout.baseSequence(batch, 0), golden.baseSequence);
    equal(layout.lastSequence(batch, 0), golden.lastSequence);
    equal(layout.isTransactional(batch, 0), golden.transactional);
    equal(layout.isControl(batch, 0), golden.control);
    deepEqual(readRecords(batch).map(toJson), golden.records);
  });
}

for (const golden of librdkafka) {
  Deno.test(`readRecords() reads each record when the batch is "${golden.name}"`, () => {
    const batch = fromBase64(golden.base64);
    equal(verifyCrc(batch, 0), true);
    equal(layout.codecOf(batch, 0), codecByName(golden.codec));
    const texts = readRecords(batch).map(({ key, value }) =>
      [key, value].map((bytes) => new TextDecoder().decode(bytes!)).join(":")
    );
    const numbers = Array.from({ length: golden.count }, (_, i) => i + 1);
    deepEqual(
      texts,
      numbers.map((n) => `key${n}:some text that repeats, some text that repeats, number ${n}`),
    );
  });
}

Deno.test("buildBatch() gives Java's bytes when nothing is compressed", () => {
  const init = { baseOffset: 100, partitionLeaderEpoch: 7, codec: Codec.none };
  const batch = javaBatch("java none");
  deepEqual(buildBatch(readRecords(batch), init), batch);
});

Deno.test("buildBatch() gives Java's bytes when the batch is of a transaction", () => {
  const batch = javaBatch("java transactional");
  const made = buildBatch(readRecords(batch), {
    baseOffset: 5000000000,
    partitionLeaderEpoch: 7,
    producerId: 1234567890123,
    producerEpoch: 3,
    baseSequence: 2147483645,
    isTransactional: true,
  });
  deepEqual(made, batch);
});

for (const [name, committed] of [["commit", true], ["abort", false]] as const) {
  Deno.test(`buildTransactionMarker() gives Java's bytes when it is of ${name}`, () => {
    const batch = javaBatch(`java ${name} marker`);
    const coordinatorEpoch = committed ? 31 : 32;
    const made = buildTransactionMarker({
      committed,
      coordinatorEpoch,
      producerId: 42,
      producerEpoch: 5,
      timestamp: layout.maxTimestamp(batch, 0),
      baseOffset: layout.baseOffset(batch, 0),
      partitionLeaderEpoch: 9,
    });
    deepEqual(made, batch);
    deepEqual(readControlRecord(batch), { type: committed ? 1 : 0, coordinatorEpoch });
  });
}
