import assert from "node:assert/strict";
import fc from "fast-check";
import { InvariantError } from "../../../../src/base/invariant.ts";
import type { Uuid } from "../../../../src/base/uuid.ts";
import { ProtocolError } from "../../../../src/protocol/protocol_error.ts";
import { ByteReader } from "../../../../src/protocol/wire/byte_reader.ts";
import { ByteWriter, EXTERNAL_BYTES_MIN } from "../../../../src/protocol/wire/byte_writer.ts";

function written(write: (writer: ByteWriter) => void, initialBytes = 1): Uint8Array {
  const writer = new ByteWriter(initialBytes);
  write(writer);
  assert.equal(writer.size, writer.toBytes().length);
  return writer.toBytes();
}

function readBack(write: (writer: ByteWriter) => void): ByteReader {
  return new ByteReader().reset(written(write));
}

Deno.test("ByteWriter numbers are read back, also when the buffer grows in between", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -128, max: 127 }),
      fc.integer({ min: -32768, max: 32767 }),
      fc.integer({ min: 0, max: 65535 }),
      fc.integer(),
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.maxSafeInteger(),
      fc.double(),
      fc.boolean(),
      (int8, int16, uint16, int32, uint32, int64, float64, bool) => {
        const reader = readBack((writer) => {
          writer.int8(int8);
          writer.int16(int16);
          writer.uint16(uint16);
          writer.int32(int32);
          writer.uint32(uint32);
          writer.int64(int64);
          writer.float64(float64);
          writer.bool(bool);
          writer.unsignedVarint(uint32);
        });
        assert.equal(reader.int8(), int8);
        assert.equal(reader.int16(), int16);
        assert.equal(reader.uint16(), uint16);
        assert.equal(reader.int32(), int32);
        assert.equal(reader.uint32(), uint32);
        assert.equal(reader.int64(), int64);
        assert.ok(Object.is(reader.float64(), float64));
        assert.equal(reader.bool(), bool);
        assert.equal(reader.unsignedVarint(), uint32);
        reader.expectEnd();
      },
    ),
  );
});

Deno.test("ByteWriter.int64() saturates at both ends", () => {
  const top = Uint8Array.of(0x7f, 255, 255, 255, 255, 255, 255, 255);
  const bottom = Uint8Array.of(0x80, 0, 0, 0, 0, 0, 0, 0);
  assert.deepEqual(written((writer) => writer.int64(2 ** 63)), top);
  assert.deepEqual(written((writer) => writer.int64(Infinity)), top);
  assert.deepEqual(written((writer) => writer.int64(-(2 ** 63))), bottom);
  assert.deepEqual(written((writer) => writer.int64(-(2 ** 64))), bottom);
});

Deno.test("ByteWriter.int64() writes the exact value of a large double", () => {
  for (const value of [2 ** 62 + 2 ** 20, -(2 ** 62) - 2 ** 20, -(2 ** 32), -1, 2 ** 63 - 1024]) {
    const bytes = written((writer) => writer.int64(value));
    assert.equal(new DataView(bytes.buffer).getBigInt64(0), BigInt(value));
  }
});

Deno.test("ByteWriter throws InvariantError when a number is outside its type", () => {
  const writer = new ByteWriter();
  assert.throws(() => writer.int8(128), InvariantError);
  assert.throws(() => writer.int8(-129), InvariantError);
  assert.throws(() => writer.int16(32768), InvariantError);
  assert.throws(() => writer.uint16(-1), InvariantError);
  assert.throws(() => writer.int32(2 ** 31), InvariantError);
  assert.throws(() => writer.int32(1.5), InvariantError);
  assert.throws(() => writer.uint32(-1), InvariantError);
  assert.throws(() => writer.int64(0.5), InvariantError);
  assert.throws(() => writer.int64(NaN), InvariantError);
  assert.throws(() => writer.unsignedVarint(-1), InvariantError);
  assert.throws(() => writer.unsignedVarint(2 ** 32), InvariantError);
  assert.equal(writer.size % 8, 0);
});

Deno.test("ByteWriter strings are read back in all encodings", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 70, unit: "grapheme-ascii" }),
        fc.string({ maxLength: 70, unit: "grapheme" }),
        fc.constantFrom("a".repeat(64), "a".repeat(65), "a".repeat(127), "a".repeat(128)),
      ),
      (text) => {
        const reader = readBack((writer) => {
          writer.string(text);
          writer.compactString(text);
          writer.nullableString(text);
          writer.compactNullableString(text);
          writer.nullableString(null);
          writer.compactNullableString(null);
        });
        assert.equal(reader.string(), text);
        assert.equal(reader.compactString(), text);
        assert.equal(reader.nullableString(), text);
        assert.equal(reader.compactNullableString(), text);
        assert.equal(reader.nullableString(), null);
        assert.equal(reader.compactNullableString(), null);
        reader.expectEnd();
      },
    ),
  );
});

Deno.test("ByteWriter.string() throws ProtocolError when an int16 can't hold the length", () => {
  const writer = new ByteWriter();
  writer.string("a".repeat(32767));
  assert.throws(() => writer.string("a".repeat(32768)), ProtocolError);
  assert.throws(() => writer.compactString("ü".repeat(16384)), ProtocolError);
});

Deno.test("ByteWriter bytes and uuids are read back", () => {
  const uuid = "AbCdEfGhIjKlMnOpQrStUg" as Uuid;
  const bytes = Uint8Array.of(1, 2, 3);
  const reader = readBack((writer) => {
    writer.bytes(bytes);
    writer.nullableBytes(null);
    writer.compactBytes(bytes);
    writer.compactNullableBytes(null);
    writer.uuid(uuid);
  });
  assert.deepEqual(reader.bytes(), bytes);
  assert.equal(reader.nullableBytes(), null);
  assert.deepEqual(reader.compactBytes(), bytes);
  assert.equal(reader.compactNullableBytes(), null);
  assert.equal(reader.uuid(), uuid);
});

Deno.test("ByteWriter.patchInt32() fills what reserveInt32() left, after the buffer grew", () => {
  const bytes = written((writer) => {
    const length = writer.reserveInt32();
    writer.string("body");
    writer.patchInt32(length, writer.size - 4);
  });
  assert.deepEqual(bytes, Uint8Array.of(0, 0, 0, 6, 0, 4, 98, 111, 100, 121));
});

Deno.test("ByteWriter.patchInt32() throws when nothing was reserved there", () => {
  const writer = new ByteWriter();
  writer.int16(1);
  assert.throws(() => writer.patchInt32(0, 1), InvariantError);
});

Deno.test("ByteWriter.chunks() holds records by reference when they are large", () => {
  const large = new Uint8Array(EXTERNAL_BYTES_MIN).fill(1);
  const small = new Uint8Array(EXTERNAL_BYTES_MIN - 1).fill(2);
  const writer = new ByteWriter();
  writer.int8(9);
  writer.records([small, large, large, small]);
  writer.int8(8);
  const chunks = writer.chunks();
  assert.deepEqual(chunks.map((chunk) => chunk.length), [
    1 + 4 + small.length,
    large.length,
    large.length,
    small.length + 1,
  ]);
  assert.equal(chunks[1], large);
  assert.equal(chunks[2], large);
  assert.notEqual(chunks[0]!.buffer, small.buffer);
  assert.equal(writer.size, 6 + 2 * small.length + 2 * large.length);
});

Deno.test("ByteWriter.records() is read back whatever the pieces are", () => {
  const sizes = fc.constantFrom(0, 1, 100, EXTERNAL_BYTES_MIN - 1, EXTERNAL_BYTES_MIN, 20_000);
  fc.assert(
    fc.property(fc.array(sizes, { maxLength: 4 }), fc.boolean(), (lengths, compact) => {
      const pieces = lengths.map((length, i) => new Uint8Array(length).fill(i + 1));
      const reader = readBack((writer) => {
        if (compact) writer.compactNullableRecords(pieces);
        else writer.nullableRecords(pieces);
        writer.int32(-7);
      });
      const read = compact ? reader.compactRecords() : reader.records();
      assert.deepEqual(read, Uint8Array.from(pieces.flatMap((piece) => [...piece])));
      assert.equal(reader.int32(), -7);
      reader.expectEnd();
    }),
    { numRuns: 20 },
  );
});

Deno.test("ByteWriter records are null where they may be", () => {
  assert.deepEqual(
    written((writer) => writer.nullableRecords(null)),
    Uint8Array.of(255, 255, 255, 255),
  );
  assert.deepEqual(written((writer) => writer.compactNullableRecords(null)), Uint8Array.of(0));
});

Deno.test("ByteWriter.endTaggedField() moves the field when its size takes more bytes", () => {
  for (const length of [0, 1, 127, 128, 16383, 16384]) {
    const payload = new Uint8Array(length).map((_, i) => i);
    const reader = readBack((writer) => {
      const outer = writer.beginTaggedField(200);
      const inner = writer.beginTaggedField(1);
      writer.raw(payload);
      writer.endTaggedField(inner);
      writer.endTaggedField(outer);
      writer.int8(3);
    });
    assert.equal(reader.unsignedVarint(), 200);
    const outer = reader.beginTaggedField();
    assert.equal(reader.unsignedVarint(), 1);
    const inner = reader.beginTaggedField();
    assert.equal(inner, outer);
    assert.equal(inner - reader.position, length);
    for (const byte of payload) assert.equal(reader.int8() & 255, byte);
    reader.endTaggedField(inner);
    assert.equal(reader.int8(), 3);
    reader.expectEnd();
  }
});

Deno.test("ByteWriter.endTaggedField() counts records that are kept by reference", () => {
  const before = new Uint8Array(EXTERNAL_BYTES_MIN).fill(1);
  const payload = new Uint8Array(EXTERNAL_BYTES_MIN + 7).map((_, i) => i);
  const reader = readBack((writer) => {
    writer.records(before);
    const outer = writer.beginTaggedField(2);
    const inner = writer.beginTaggedField(1);
    writer.int8(9);
    writer.compactRecords([payload, payload]);
    writer.int8(8);
    writer.endTaggedField(inner);
    writer.endTaggedField(outer);
    writer.int8(3);
  });
  assert.deepEqual(reader.records(), before);
  assert.equal(reader.unsignedVarint(), 2);
  const outer = reader.beginTaggedField();
  assert.equal(reader.unsignedVarint(), 1);
  const inner = reader.beginTaggedField();
  assert.equal(inner, outer);
  assert.equal(reader.int8(), 9);
  assert.deepEqual(reader.compactRecords(), Uint8Array.of(...payload, ...payload));
  assert.equal(reader.int8(), 8);
  reader.endTaggedField(inner);
  assert.equal(reader.int8(), 3);
  reader.expectEnd();
});

Deno.test("ByteWriter.reset() forgets what was written, records by reference too", () => {
  const writer = new ByteWriter();
  writer.records(new Uint8Array(EXTERNAL_BYTES_MIN));
  writer.raw(new Uint8Array(1 << 20));
  writer.reset();
  assert.equal(writer.size, 0);
  assert.deepEqual(writer.chunks(), []);
  writer.int16(5);
  assert.deepEqual(writer.chunks().map((chunk) => [...chunk]), [[0, 5]]);
  assert.ok(writer.chunks()[0]!.buffer.byteLength < 1 << 20, "one large message is not kept");
});
