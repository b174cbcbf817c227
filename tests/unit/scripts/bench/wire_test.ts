import { equal } from "node:assert/strict";
import { crc32c, FieldReader, FieldWriter } from "../../../../scripts/bench/frames.ts";
import { singleRecordBatch } from "../../../../scripts/bench/wire.ts";

Deno.test("crc32c() gives the check value of the catalogue", () => {
  equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
});

Deno.test("FieldReader reads what FieldWriter wrote when the buffer had to grow", () => {
  const writer = new FieldWriter(1);
  writer.int16(-2);
  writer.string("partition");
  writer.string(null);
  writer.int32(0x12345678);
  const reader = new FieldReader(writer.written());
  equal(reader.int16(), -2);
  equal(reader.string(), "partition");
  equal(reader.string(), "");
  equal(reader.int32(), 0x12345678);
});

Deno.test("singleRecordBatch() is as long as its length field says, and its CRC holds", () => {
  const batch = singleRecordBatch(new Uint8Array(100), 1_700_000_000_000);
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  equal(view.getInt32(8) + 12, batch.length);
  equal(view.getInt8(16), 2);
  equal(view.getUint32(17), crc32c(batch.subarray(21)));
  equal(view.getInt32(57), 1);
  equal(view.getBigInt64(27), 1_700_000_000_000n);
});
