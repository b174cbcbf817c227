import assert from "node:assert/strict";
import fc from "fast-check";
import { uuidFromBytes } from "../../../../src/base/uuid.ts";
import { ByteReader } from "../../../../src/protocol/wire/byte_reader.ts";
import { ProtocolError } from "../../../../src/protocol/protocol_error.ts";

function over(...bytes: number[]): ByteReader {
  return new ByteReader().reset(Uint8Array.from(bytes));
}

Deno.test("ByteReader.int8() to uint32() agree with DataView", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 15, maxLength: 15 }), (bytes) => {
      const view = new DataView(bytes.buffer);
      const reader = new ByteReader().reset(bytes);
      assert.equal(reader.int8(), view.getInt8(0));
      assert.equal(reader.int16(), view.getInt16(1));
      assert.equal(reader.uint16(), view.getUint16(3));
      assert.equal(reader.int32(), view.getInt32(5));
      assert.equal(reader.uint32(), view.getUint32(9));
      assert.equal(reader.position, 13);
      assert.equal(reader.remaining, 2);
    }),
  );
});

Deno.test("ByteReader.int64() returns the nearest double", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigInt64(0, value);
      assert.equal(new ByteReader().reset(bytes).int64(), Number(value));
    }),
  );
});

Deno.test("ByteReader.float64() agrees with DataView", () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setFloat64(0, value);
      assert.ok(Object.is(new ByteReader().reset(bytes).float64(), value));
    }),
  );
});

Deno.test("ByteReader.bool() takes any byte but zero for true", () => {
  const reader = over(0, 1, 2, 255);
  assert.deepEqual([reader.bool(), reader.bool(), reader.bool(), reader.bool()], [
    false,
    true,
    true,
    true,
  ]);
});

Deno.test("ByteReader.unsignedVarint() reads one to five bytes", () => {
  assert.equal(over(0x00).unsignedVarint(), 0);
  assert.equal(over(0x7f).unsignedVarint(), 127);
  assert.equal(over(0x80, 0x01).unsignedVarint(), 128);
  assert.equal(over(0xff, 0x7f).unsignedVarint(), 16383);
  assert.equal(over(0xff, 0xff, 0xff, 0x7f).unsignedVarint(), 0x0fffffff);
  assert.equal(over(0xff, 0xff, 0xff, 0xff, 0x0f).unsignedVarint(), 0xffffffff);
});

Deno.test("ByteReader.unsignedVarint() throws when the number has more than 32 bits", () => {
  assert.throws(() => over(0xff, 0xff, 0xff, 0xff, 0x1f).unsignedVarint(), ProtocolError);
  assert.throws(() => over(0x80, 0x80, 0x80, 0x80, 0x80, 0).unsignedVarint(), ProtocolError);
});

Deno.test("ByteReader strings are UTF-8 in four encodings", () => {
  assert.equal(over(0, 2, 104, 105).string(), "hi");
  assert.equal(over(3, 104, 105).compactString(), "hi");
  assert.equal(over(0, 0).nullableString(), "");
  assert.equal(over(0xff, 0xff).nullableString(), null);
  assert.equal(over(0).compactNullableString(), null);
  assert.equal(over(3, 0xc3, 0xbc).compactNullableString(), "ü");
});

Deno.test("ByteReader strings throw when null comes where it may not", () => {
  assert.throws(() => over(0xff, 0xff).string(), ProtocolError);
  assert.throws(() => over(0).compactString(), ProtocolError);
  assert.throws(() => over(0xff, 0xfe).nullableString(), ProtocolError);
});

Deno.test("ByteReader.string() puts U+FFFD in place of bytes that are no UTF-8", () => {
  assert.equal(over(0, 3, 97, 0xff, 98).string(), "a\ufffdb");
  assert.equal(over(0, 2, 0xe2, 0x82).string(), "\ufffd");
});

Deno.test("ByteReader.string() keeps a byte order mark", () => {
  assert.equal(over(0, 4, 0xef, 0xbb, 0xbf, 97).string(), "\ufeffa");
});

Deno.test("ByteReader.string() returns what TextDecoder does, whatever was read before", () => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 80 }),
        fc.uint8Array({ maxLength: 3, max: 100, min: 97 }),
        fc.uint8Array({ minLength: 36, maxLength: 44, min: 97, max: 98 }),
      ),
      (text) => {
        assert.equal(over(0, text.length, ...text).string(), decoder.decode(text));
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("ByteReader.compactString() throws when the length is beyond what Kafka allows", () => {
  const bytes = new Uint8Array(40000).fill(97);
  bytes.set([0x81, 0x80, 0x02]);
  const reader = new ByteReader();
  assert.throws(() => reader.reset(bytes).compactString(), /a string of 32768 bytes/);
  bytes.set([0x80, 0x80, 0x02]);
  assert.equal(reader.reset(bytes).compactString().length, 32767);
});

Deno.test("ByteReader.string() tells texts apart when one is the Latin-1 form of the other", () => {
  // Among so many pairs some share a place in the table of known strings.
  for (let i = 0; i < 10_000; i++) {
    const suffix = `${i}`.padEnd(i % 37, "xyz");
    const text = `é${suffix}`;
    const latin1 = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const utf8 = new TextEncoder().encode(text);
    assert.equal(over(0, utf8.length, ...utf8).string(), text);
    assert.equal(over(0, latin1.length, ...latin1).string(), `\ufffd${suffix}`);
  }
});

Deno.test("ByteReader.uuid() tells ids apart when they share a place in the table", () => {
  // Words of 0 and of 0x401 come to the same place, in any combination.
  const ids = Array.from(
    { length: 16 },
    (_, bits) =>
      Uint8Array.from({ length: 16 }, (_, i) => {
        const isSet = (bits >> (i >> 2)) & 1;
        return isSet === 0 ? 0 : [0, 0, 4, 1][i & 3]!;
      }),
  );
  for (const first of ids) {
    for (const second of ids) {
      const reader = over(...first, ...second);
      assert.equal(reader.uuid(), uuidFromBytes(first));
      assert.equal(reader.uuid(), uuidFromBytes(second));
    }
  }
});

Deno.test("ByteReader.bytes() copies, so that the buffer may be used again", () => {
  for (
    const [buffer, read] of [
      [[0, 0, 0, 2, 5, 6], (r: ByteReader) => r.bytes()],
      [[0, 0, 0, 2, 5, 6], (r: ByteReader) => r.nullableBytes()],
      [[3, 5, 6], (r: ByteReader) => r.compactBytes()],
      [[3, 5, 6], (r: ByteReader) => r.compactNullableBytes()],
    ] as const
  ) {
    const bytes = Uint8Array.from(buffer);
    const value = read(new ByteReader().reset(bytes));
    bytes.fill(0);
    assert.deepEqual(value, Uint8Array.of(5, 6));
  }
});

Deno.test("ByteReader.records() is a view of the buffer", () => {
  for (
    const [buffer, read] of [
      [[0, 0, 0, 2, 5, 6], (r: ByteReader) => r.records()],
      [[0, 0, 0, 2, 5, 6], (r: ByteReader) => r.nullableRecords()],
      [[3, 5, 6], (r: ByteReader) => r.compactRecords()],
      [[3, 5, 6], (r: ByteReader) => r.compactNullableRecords()],
    ] as const
  ) {
    const bytes = Uint8Array.from(buffer);
    const value = read(new ByteReader().reset(bytes));
    assert.equal(value?.buffer, bytes.buffer);
    assert.equal(value?.byteOffset, buffer.length - 2);
    assert.equal(value?.length, 2);
  }
});

Deno.test("ByteReader bytes and records are null only where they may be", () => {
  assert.equal(over(0xff, 0xff, 0xff, 0xff).nullableBytes(), null);
  assert.equal(over(0xff, 0xff, 0xff, 0xff).nullableRecords(), null);
  assert.equal(over(0).compactNullableBytes(), null);
  assert.equal(over(0).compactNullableRecords(), null);
  assert.throws(() => over(0xff, 0xff, 0xff, 0xff).bytes(), ProtocolError);
  assert.throws(() => over(0xff, 0xff, 0xff, 0xff).records(), ProtocolError);
  assert.throws(() => over(0).compactBytes(), ProtocolError);
  assert.throws(() => over(0).compactRecords(), ProtocolError);
  assert.throws(() => over(0xff, 0xff, 0xff, 0xfe).nullableBytes(), ProtocolError);
});

Deno.test("ByteReader throws before it copies when a length is beyond the window", () => {
  const reader = new ByteReader();
  const bytes = Uint8Array.from([0x7f, 0xff, 0xff, 0xff, 1, 2, 3]);
  for (const read of [() => reader.bytes(), () => reader.records()]) {
    reader.reset(bytes);
    assert.throws(read, /2147483647 bytes wanted, 3 left/);
  }
});

Deno.test("ByteReader stays in its window when the buffer goes on", () => {
  const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
  const reader = new ByteReader().reset(bytes, 2, 5);
  assert.equal(reader.remaining, 3);
  assert.throws(() => reader.int32(), ProtocolError);
  assert.equal(reader.int16(), 0x0304);
  assert.deepEqual(reader.rest(), Uint8Array.of(5));
  assert.throws(() => reader.int8(), ProtocolError);
});

Deno.test("ByteReader.reset() refuses a window when the buffer is shorter", () => {
  const reader = new ByteReader();
  assert.throws(() => reader.reset(new Uint8Array(4), 0, 5), RangeError);
  assert.throws(() => reader.reset(new Uint8Array(4), 3, 2), RangeError);
});

Deno.test("ByteReader.arrayLength() judges the claim by the size of an element", () => {
  assert.equal(over(0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0).arrayLength(4), 2);
  assert.throws(() => over(0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0).arrayLength(4), ProtocolError);
  assert.throws(() => over(3, 0, 0, 0, 0, 0, 0, 0).compactArrayLength(4), ProtocolError);
});

Deno.test("ByteReader.nullableArrayLength() is -1 for null", () => {
  assert.equal(over(0xff, 0xff, 0xff, 0xff).nullableArrayLength(1), -1);
  assert.equal(over(0).compactNullableArrayLength(1), -1);
  assert.equal(over(1).compactNullableArrayLength(1), 0);
  assert.throws(() => over(0xff, 0xff, 0xff, 0xff).arrayLength(1), ProtocolError);
  assert.throws(() => over(0).compactArrayLength(1), ProtocolError);
  assert.throws(() => over(0xff, 0xff, 0xff, 0xfe).nullableArrayLength(1), ProtocolError);
});

Deno.test("ByteReader.reset() gives a new element budget", () => {
  const bytes = Uint8Array.from([5, 0, 0, 0, 0, 5, 0, 0, 0, 0]);
  const reader = new ByteReader(7).reset(bytes);
  assert.equal(reader.compactArrayLength(1), 4);
  reader.int32();
  assert.throws(() => reader.compactArrayLength(1), /more than 7 array elements/);
  assert.equal(reader.reset(bytes, 5).compactArrayLength(1), 4);
});

Deno.test("ByteReader.endTaggedField() throws when a field took more or less than it claimed", () => {
  for (const [size, read] of [[3, "int32"], [5, "int32"]] as const) {
    const reader = over(size, 0, 0, 0, 0, 0);
    const end = reader.beginTaggedField();
    reader[read]();
    assert.throws(() => reader.endTaggedField(end), ProtocolError);
  }
  assert.throws(() => over(3, 0, 0).beginTaggedField(), ProtocolError);
});

Deno.test("ByteReader.skipTaggedFields() passes over a section, nested sizes unread", () => {
  const reader = over(2, 0, 1, 0xff, 9, 2, 0xff, 0xff, 42);
  reader.skipTaggedFields();
  assert.equal(reader.int8(), 42);
  reader.expectEnd();
});

Deno.test("ByteReader.skipTaggedFields() ends when the claimed count can't be there", () => {
  assert.throws(() => over(0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0).skipTaggedFields(), ProtocolError);
});

Deno.test("ByteReader.expectEnd() throws when bytes are left", () => {
  assert.throws(() => over(1).expectEnd(), /1 bytes after the message/);
});
