import { deepEqual, equal, notEqual } from "node:assert/strict";
import fc from "fast-check";
import { Codec } from "../../../../src/protocol/compression/codec.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";
import {
  type BatchInit,
  buildBatch,
  type RecordInit,
} from "../../../../src/protocol/records/batch_builder.ts";
import * as layout from "../../../../src/protocol/records/batch_layout.ts";
import { restoreCrc, verifyCrc } from "../../../../src/protocol/records/batch_scan.ts";
import { validateProduced } from "../../../../src/protocol/records/batch_validation.ts";
import type { ProduceRules } from "../../../../src/protocol/records/produce_rules.ts";
import { InvalidBatch, ValidBatch } from "../../../../src/protocol/records/produce_verdict.ts";
import { readRecords } from "../../../../src/protocol/records/record_reader.ts";
import { recordInits } from "./arbitrary_records.ts";

const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;
const RULES: ProduceRules = {
  maxMessageBytes: 1048588,
  segmentBytes: 1 << 30,
  timestampType: "CreateTime",
  timestampBeforeMaxMs: 2 ** 63,
  timestampAfterMaxMs: HOUR,
  compacted: false,
  compressionType: "producer",
  decompressedBytesMax: 1 << 24,
};
const KEY = Uint8Array.of(1);
const ALL = Object.values(Codec);
const COMPRESSING = [Codec.gzip, Codec.snappy, Codec.lz4, Codec.zstd];

function judge(batch: Uint8Array, rules: Partial<ProduceRules> = {}, apiVersion = 13) {
  return validateProduced(batch, { ...RULES, ...rules }, apiVersion, NOW);
}

function accepted(batch: Uint8Array, rules: Partial<ProduceRules> = {}): ValidBatch {
  const verdict = judge(batch, rules);
  if (verdict.kind === "invalid") throw new Error(verdict.errorMessage);
  equal(verifyCrc(verdict.bytes, 0), true);
  equal(layout.maxTimestamp(verdict.bytes, 0), verdict.maxTimestamp);
  return verdict;
}

function refused(batch: Uint8Array, rules: Partial<ProduceRules> = {}, version = 13): InvalidBatch {
  const verdict = judge(batch, rules, version);
  if (verdict.kind === "valid") throw new Error("the batch was accepted");
  notEqual(verdict.errorMessage, "");
  return verdict;
}

function errorCode(batch: Uint8Array, rules: Partial<ProduceRules> = {}, version = 13): number {
  return refused(batch, rules, version).errorCode;
}

const sample: RecordInit[] = [{ key: KEY, timestamp: NOW }, { key: KEY, timestamp: NOW - 5 }];
const build = (init: BatchInit = {}, records = sample) => buildBatch(records, init);

/** The batch with a header field patched and the CRC made right again. */
function patched(patch: (batch: Uint8Array) => void, init: BatchInit = {}): Uint8Array {
  const batch = build(init);
  patch(batch);
  restoreCrc(batch, 0);
  return batch;
}

for (const codec of ALL) {
  Deno.test(`validateProduced() keeps the producer's bytes when codec ${codec} is sound`, () => {
    const batch = build({ codec, producerId: 5, producerEpoch: 0, baseSequence: 0 });
    const verdict = accepted(batch);
    equal(verdict.bytes, batch);
    deepEqual([verdict.rewritten, verdict.recordCount, verdict.maxTimestamp], [false, 2, NOW]);
  });
}

Deno.test("validateProduced() is INVALID_RECORD when there isn't exactly one v2 batch", () => {
  const batch = build();
  equal(errorCode(new Uint8Array(0)), ErrorCode.INVALID_RECORD);
  equal(errorCode(batch.subarray(0, batch.length - 1)), ErrorCode.INVALID_RECORD);
  equal(errorCode(Uint8Array.of(...batch, ...batch)), ErrorCode.INVALID_RECORD);
  for (const magic of [0, 1, 3]) equal(errorCode(batch.with(16, magic)), ErrorCode.INVALID_RECORD);
});

Deno.test("validateProduced() leaves the rest out when a second batch is cut off", () => {
  const batch = build();
  deepEqual(accepted(Uint8Array.of(...batch, ...batch.subarray(0, 70))).bytes, batch);
});

Deno.test("validateProduced() is CORRUPT_MESSAGE when length or CRC is wrong", () => {
  equal(errorCode(patched((batch) => batch[11] = 3)), ErrorCode.CORRUPT_MESSAGE);
  for (const codec of ALL) {
    const batch = build({ codec });
    batch[batch.length - 1]! ^= 1;
    equal(errorCode(batch), ErrorCode.CORRUPT_MESSAGE);
  }
});

Deno.test("validateProduced() is UNSUPPORTED_COMPRESSION_TYPE when zstd comes before v7", () => {
  const code = ErrorCode.UNSUPPORTED_COMPRESSION_TYPE;
  equal(errorCode(build({ codec: Codec.zstd }), {}, 6), code);
  equal(judge(build({ codec: Codec.zstd }), {}, 7).kind, "valid");
  equal(errorCode(patched((batch) => layout.setAttributes(batch, 0, 6))), code);
});

Deno.test("validateProduced() is MESSAGE_TOO_LARGE when the batch has a byte too many", () => {
  const batch = build();
  equal(errorCode(batch, { maxMessageBytes: batch.length - 1 }), ErrorCode.MESSAGE_TOO_LARGE);
  accepted(batch, { maxMessageBytes: batch.length, segmentBytes: batch.length });
  equal(errorCode(batch, { segmentBytes: batch.length - 1 }), ErrorCode.RECORD_LIST_TOO_LARGE);
});

Deno.test("validateProduced() is INVALID_RECORD when the header contradicts itself", () => {
  const cases: Uint8Array[] = [
    build({ baseOffset: 1 }),
    build({ isControl: true }),
    build({ producerId: 7 }),
    build({}, []),
    build({ lastOffsetDelta: 2 }),
    patched((batch) => layout.setRecordCount(batch, 0, -1)),
    patched((batch) => layout.setRecordCount(batch, 0, 3)),
    build({ codec: Codec.lz4, lastOffsetDelta: 0 }),
  ];
  for (const batch of cases) equal(errorCode(batch), ErrorCode.INVALID_RECORD);
});

Deno.test("validateProduced() is INVALID_RECORD when the records are malformed", () => {
  equal(errorCode(build({}, [{ offsetDelta: 1 }, { offsetDelta: 1 }])), ErrorCode.INVALID_RECORD);
  const beyond = patched((batch) => batch[layout.HEADER_BYTES] = 126);
  equal(errorCode(beyond), ErrorCode.INVALID_RECORD);
  const twoInsteadOfOne = patched((batch) => {
    layout.setRecordCount(batch, 0, 1);
    layout.setLastOffsetDelta(batch, 0, 0);
  });
  equal(errorCode(twoInsteadOfOne), ErrorCode.INVALID_RECORD);
});

for (const codec of [Codec.none, Codec.gzip]) {
  Deno.test(`validateProduced() names records without a key when compacted, codec ${codec}`, () => {
    const batch = build({ codec }, [{}, { key: KEY }, {}]);
    const verdict = refused(batch, { compacted: true });
    equal(verdict.errorCode, ErrorCode.INVALID_RECORD);
    deepEqual(verdict.recordErrors.map((error) => error.batchIndex), [0, 2]);
    accepted(batch);
    accepted(build({ codec }), { compacted: true });
  });

  Deno.test(`validateProduced() names records out of the time window, codec ${codec}`, () => {
    const times = [NOW, NOW + HOUR + 1, NOW - 1001, -1, NOW - 1000, NOW + HOUR];
    const batch = build({ codec }, times.map((timestamp) => ({ key: KEY, timestamp })));
    const verdict = refused(batch, { timestampBeforeMaxMs: 1000 });
    equal(verdict.errorCode, ErrorCode.INVALID_TIMESTAMP);
    deepEqual(verdict.recordErrors.map((error) => error.batchIndex), [1, 2]);
    deepEqual(refused(batch).recordErrors.map((error) => error.batchIndex), [1]);
    accepted(batch, { timestampType: "LogAppendTime", timestampBeforeMaxMs: 1000 });
  });

  Deno.test(`validateProduced() is INVALID_TIMESTAMP when LogAppendTime is claimed, ${codec}`, () => {
    const batch = build({ codec, logAppendTimeMs: NOW });
    for (const timestampType of ["CreateTime", "LogAppendTime"] as const) {
      const verdict = refused(batch, { timestampType });
      equal(verdict.errorCode, ErrorCode.INVALID_TIMESTAMP);
      equal(verdict.recordErrors.length, 2);
    }
  });
}

Deno.test("validateProduced() prefers INVALID_TIMESTAMP when a key is missing too", () => {
  const batch = build({}, [{ timestamp: NOW }, { key: KEY, timestamp: NOW + 2 * HOUR }]);
  const verdict = refused(batch, { compacted: true });
  equal(verdict.errorCode, ErrorCode.INVALID_TIMESTAMP);
  deepEqual(verdict.recordErrors.map((error) => error.batchIndex), [0, 1]);
});

Deno.test("validateProduced() accepts records without a timestamp when the past is limited", () => {
  accepted(build({}, [{}, { timestamp: NOW }]), { timestampBeforeMaxMs: 10 });
});

for (const codec of [Codec.none, Codec.snappy]) {
  Deno.test(`validateProduced() stamps a copy when the topic has LogAppendTime, ${codec}`, () => {
    const batch = build({ codec });
    const before = batch.slice();
    const verdict = accepted(batch, { timestampType: "LogAppendTime" });
    deepEqual(batch, before);
    equal(verdict.rewritten, true);
    equal(layout.isLogAppendTime(verdict.bytes, 0), true);
    deepEqual(readRecords(verdict.bytes).map(({ timestamp }) => timestamp), [NOW, NOW]);
  });
}

Deno.test("validateProduced() corrects a copy when the max timestamp is not the records'", () => {
  const batch = patched((batch) => layout.setMaxTimestamp(batch, 0, NOW + 7));
  const verdict = accepted(batch);
  deepEqual([verdict.rewritten, verdict.maxTimestamp], [true, NOW]);
  equal(layout.maxTimestamp(batch, 0), NOW + 7);
});

Deno.test("validateProduced() keeps every record when it compresses anew, from any codec to any", () => {
  const codec = fc.constantFrom(...ALL);
  fc.assert(
    fc.property(recordInits, codec, codec, (records, from, to) => {
      const batch = buildBatch(records, { codec: from, isTransactional: true });
      const verdict = accepted(batch, {
        compressionType: { codec: to },
        timestampAfterMaxMs: 2 ** 63,
      });
      equal(verdict.rewritten, from !== to);
      equal(layout.codecOf(verdict.bytes, 0), to);
      equal(layout.isTransactional(verdict.bytes, 0), true);
      deepEqual(readRecords(verdict.bytes), readRecords(batch));
    }),
    { numRuns: 60 },
  );
});

Deno.test("validateProduced() is MESSAGE_TOO_LARGE when it grows by being decompressed", () => {
  const batch = build({ codec: Codec.zstd }, [{ value: new Uint8Array(5000) }]);
  const rules = { compressionType: { codec: Codec.none }, maxMessageBytes: 1000 };
  equal(errorCode(batch, rules), ErrorCode.MESSAGE_TOO_LARGE);
});

for (const codec of COMPRESSING) {
  Deno.test(`validateProduced() is MESSAGE_TOO_LARGE when codec ${codec} is a bomb`, () => {
    const batch = build({ codec }, [{ key: KEY, value: new Uint8Array(200_000) }]);
    const rules = { compacted: true, decompressedBytesMax: 100_000 };
    equal(errorCode(batch, rules), ErrorCode.MESSAGE_TOO_LARGE);
  });

  Deno.test(`validateProduced() is INVALID_RECORD when codec ${codec} can't be decompressed`, () => {
    const batch = build({ codec });
    batch.fill(0xff, layout.HEADER_BYTES);
    restoreCrc(batch, 0);
    equal(errorCode(batch, { compacted: true }), ErrorCode.INVALID_RECORD);
  });
}

Deno.test("validateProduced() throws nothing when any byte is another and the CRC is right", () => {
  const codec = fc.constantFrom(...ALL);
  fc.assert(
    fc.property(recordInits, codec, fc.nat(), fc.nat(255), (records, codec, at, to) => {
      const batch = buildBatch(records, { codec });
      batch[layout.ATTRIBUTES_AT + at % (batch.length - layout.ATTRIBUTES_AT)] = to;
      restoreCrc(batch, 0);
      for (const compressionType of ["producer", { codec: Codec.none }] as const) {
        const verdict = judge(batch, { compacted: true, compressionType });
        equal(verdict.kind === "valid" || verdict.errorCode > 0, true);
      }
    }),
    { numRuns: 300 },
  );
});
