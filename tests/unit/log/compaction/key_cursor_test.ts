import assert from "node:assert/strict";
import fc from "fast-check";
import { KeyCursor } from "../../../../src/log/compaction/key_cursor.ts";
import { buildBatch } from "../../../../src/protocol/records/batch_builder.ts";
import { HEADER_BYTES } from "../../../../src/protocol/records/batch_layout.ts";
import { CorruptBatchError } from "../../../../src/protocol/records/corrupt_batch_error.ts";
import { openBatch } from "../../../../src/protocol/records/record_reader.ts";

const BYTES = fc.option(fc.uint8Array({ maxLength: 300 }));
const RECORD = fc.record({
  key: BYTES,
  value: BYTES,
  timestamp: fc.integer({ min: -1, max: 2 ** 45 }),
  headers: fc.array(fc.record({ key: fc.uint8Array({ maxLength: 9 }), value: BYTES }), {
    maxLength: 3,
  }),
});

Deno.test("KeyCursor.next() finds what RecordCursor does", () => {
  fc.assert(
    fc.property(fc.array(RECORD, { minLength: 1, maxLength: 200 }), (records) => {
      const batch = buildBatch(records);
      const expected = openBatch(batch);
      const cursor = new KeyCursor();
      cursor.reset(batch, HEADER_BYTES, batch.length, records.length);
      let end: number = HEADER_BYTES;
      while (expected.next()) {
        assert.ok(cursor.next());
        assert.equal(cursor.recordStart, end);
        end = cursor.recordEnd;
        assert.equal(cursor.offsetDelta, expected.offsetDelta);
        assert.equal(cursor.timestampDelta, expected.timestampDelta);
        assert.equal(cursor.keyLength, expected.keyLength);
        if (cursor.keyLength > 0) assert.equal(cursor.keyStart, expected.keyStart);
        assert.equal(cursor.hasValue, expected.valueLength >= 0);
      }
      assert.ok(!cursor.next());
      assert.equal(end, batch.length);
    }),
    { numRuns: 50 },
  );
});

Deno.test("KeyCursor.next() never leaves its records, whatever their bytes are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat({ max: 5 }), (bytes, count) => {
      const cursor = new KeyCursor();
      cursor.reset(bytes, 0, bytes.length, count);
      try {
        while (cursor.next()) {
          const keyEnd = cursor.keyStart + Math.max(0, cursor.keyLength);
          assert.ok(cursor.recordStart < cursor.recordEnd && cursor.recordEnd <= bytes.length);
          assert.ok(cursor.keyStart > cursor.recordStart && keyEnd <= cursor.recordEnd);
        }
      } catch (error) {
        assert.ok(error instanceof CorruptBatchError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
