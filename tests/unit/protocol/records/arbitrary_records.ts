/** Generators of records for property tests. */
import fc from "fast-check";
import type { RecordInit } from "../../../../src/protocol/records/batch_builder.ts";
import type { RecordView } from "../../../../src/protocol/records/record_reader.ts";

const bytes = fc.uint8Array({ maxLength: 200 });
const nullable = fc.option(bytes);

export const recordInit = fc.record({
  key: nullable,
  value: nullable,
  timestamp: fc.oneof(
    fc.constant(-1),
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_900_000 }),
    fc.nat(),
  ),
  headers: fc.array(fc.record({ key: bytes, value: nullable }), { maxLength: 3 }),
});

export const recordInits = fc.array(recordInit, { minLength: 1, maxLength: 30 });

/** What is read of a batch at `baseOffset` that was built of `records`. */
export function asRead(records: readonly RecordInit[], baseOffset: number): RecordView[] {
  return records.map((record, i) => ({
    offset: baseOffset + (record.offsetDelta ?? i),
    timestamp: record.timestamp ?? -1,
    key: record.key ?? null,
    value: record.value ?? null,
    headers: record.headers ?? [],
  }));
}
