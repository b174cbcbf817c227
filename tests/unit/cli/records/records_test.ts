import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRecord, plainRecord, toBase64 } from "../../../../src/cli/records/json_records.ts";
import { parseDelimiter, unescape } from "../../../../src/cli/records/escapes.ts";
import { forEachLine, indexOf, indexOfByte } from "../../../../src/cli/records/line_reader.ts";
import { OutputWriter } from "../../../../src/cli/records/output_writer.ts";
import { recordFormat, writeNumber } from "../../../../src/cli/records/record_format.ts";
import { writeValues } from "../../../../src/cli/records/value_lines.ts";
import { LineParser, type LineRules } from "../../../../src/cli/commands/produce/lines.ts";
import { UsageError } from "../../../../src/cli/session/failures.ts";
import { buildBatch, type RecordInit } from "../../../../src/protocol/records/batch_builder.ts";
import { HEADER_BYTES } from "../../../../src/protocol/records/batch_layout.ts";
import { CorruptBatchError } from "../../../../src/protocol/records/corrupt_batch_error.ts";
import { openBatch } from "../../../../src/protocol/records/record_reader.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const utf8 = (text: string): Uint8Array => encoder.encode(text);

class MemorySink {
  readonly isTerminal = false;
  readonly chunks: Uint8Array[] = [];
  failure: Error | undefined;

  write(bytes: Uint8Array): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.chunks.push(bytes.slice());
    return Promise.resolve();
  }

  get text(): string {
    return this.chunks.map((chunk) => decoder.decode(chunk)).join("");
  }
}

function written(write: (out: OutputWriter) => void): string {
  const out = new OutputWriter(new MemorySink());
  write(out);
  return decoder.decode(out.bytes.subarray(0, out.at));
}

Deno.test("OutputWriter gathers while a write is under way, and leaves its bytes alone", async () => {
  const written: Uint8Array[] = [];
  const texts: string[] = [];
  const gates: (() => void)[] = [];
  const out = new OutputWriter({
    isTerminal: false,
    write: (bytes) => {
      written.push(bytes);
      return new Promise((resolve) => gates.push(resolve));
    },
  });
  /** Takes what is being written, as late as that may be. */
  const take = async (): Promise<void> => {
    texts.push(decoder.decode(written.at(-1)));
    gates.shift()!();
    for (let i = 0; i < 5; i++) await Promise.resolve();
  };
  out.append(utf8("abc"), 1, 2);
  out.flush();
  out.append(utf8("def"), 0, 3);
  out.flush();
  await take();
  out.append(utf8("ghi"), 0, 3);
  const finished = out.finish();
  await take();
  await take();
  await finished;
  assert.deepEqual(texts, ["bc", "def", "ghi"]);
});

Deno.test("OutputWriter has no room while megabytes wait", async () => {
  const sink = new MemorySink();
  const out = new OutputWriter(sink);
  out.append(new Uint8Array(1), 0, 1);
  out.flush();
  assert.equal(out.room(), undefined);
  out.append(new Uint8Array(5_000_000), 0, 5_000_000);
  const room = out.room();
  assert(room !== undefined);
  await room;
  assert.equal(out.room(), undefined);
  assert.equal(sink.chunks.reduce((sum, chunk) => sum + chunk.length, 0), 5_000_001);
});

Deno.test("OutputWriter.finish() rejects with what writing failed with, but for a broken pipe", async () => {
  const sink = new MemorySink();
  sink.failure = new Error("disk full");
  const out = new OutputWriter(sink);
  out.append(utf8("x"), 0, 1);
  await assert.rejects(out.finish(), /disk full/);
  assert(out.hasFailed);
  sink.failure = Object.assign(new Error("gone"), { name: "BrokenPipe" });
  const unread = new OutputWriter(sink);
  unread.append(utf8("x"), 0, 1);
  await unread.finish();
  assert(unread.hasFailed);
});

Deno.test("forEachLine() gives every piece whatever the reads and delimiters are", async () => {
  const property = fc.asyncProperty(
    fc.array(fc.string({ unit: fc.constantFrom("a", "b", "|", "\n"), maxLength: 6 })),
    fc.constantFrom("\n", "|", "ab", "||", "\n|"),
    fc.integer({ min: 1, max: 7 }),
    async (pieces, delimiter, readBytes) => {
      const text = pieces.join("");
      const bytes = utf8(text);
      let at = 0;
      const source = {
        isTerminal: false,
        close: () => undefined,
        read(into: Uint8Array) {
          const piece = bytes.subarray(at, at + Math.min(readBytes, into.length));
          into.set(piece);
          at += piece.length;
          return Promise.resolve(piece.length);
        },
      };
      const lines: string[] = [];
      let reads = 0;
      let waits = 0;
      await forEachLine(source, utf8(delimiter), {
        arrived: () => reads++,
        line: (bytes, start, end) => lines.push(decoder.decode(bytes.subarray(start, end))),
        room: () => Promise.resolve(void waits++),
      });
      assert.equal(reads, Math.ceil(bytes.length / readBytes));
      assert.equal(waits, reads);
      const expected = text.split(delimiter);
      if (expected.at(-1) === "") expected.pop();
      assert.deepEqual(lines, expected);
    },
  );
  await fc.assert(property);
});

Deno.test("forEachLine() grows for a line that is longer than its buffer", async () => {
  const long = new Uint8Array(3_000_000).fill(97);
  long[long.length - 1] = 10;
  let at = 0;
  const lengths: number[] = [];
  await forEachLine(
    {
      isTerminal: false,
      close: () => undefined,
      read(into) {
        const piece = long.subarray(at, at + into.length);
        into.set(piece);
        at += piece.length;
        return Promise.resolve(piece.length);
      },
    },
    utf8("\n"),
    {
      arrived: () => undefined,
      line: (_, start, end) => lengths.push(end - start),
      room: () => Promise.resolve(),
    },
  );
  assert.deepEqual(lengths, [2_999_999]);
});

Deno.test("indexOfByte() finds what the array's own search finds", () => {
  const memory = new Uint8Array(64);
  const words = new Int32Array(memory.buffer);
  const bytes = fc.array(fc.constantFrom(0, 1, 10, 127, 128, 138, 255), { maxLength: 64 });
  fc.assert(
    fc.property(bytes, fc.constantFrom(0, 10, 128, 255), fc.nat(64), (list, wanted, from) => {
      memory.fill(wanted);
      memory.set(list);
      const filled = memory.subarray(0, list.length);
      assert.equal(indexOfByte(filled, words, wanted, from), filled.indexOf(wanted, from));
    }),
  );
});

Deno.test("indexOf() finds nothing that reaches beyond the end", () => {
  assert.equal(indexOf(utf8("xab"), utf8("ab"), 0, 2), -1);
  assert.equal(indexOf(utf8("aab"), utf8("ab"), 0), 1);
});

Deno.test("unescape() knows escapes, and refuses others", () => {
  assert.deepEqual([...unescape("a\\n\\r\\t\\0\\\\\\x1fé")], [
    97,
    10,
    13,
    9,
    0,
    92,
    31,
    0xc3,
    0xa9,
  ]);
  assert.throws(() => unescape("\\q"), /\\q in/);
  assert.throws(() => unescape("a\\"), SyntaxError);
  assert.throws(() => parseDelimiter(""), /empty/);
});

const RECORDS: readonly RecordInit[] = [
  { key: utf8("k"), value: utf8("one"), timestamp: 1_000 },
  {
    value: utf8("two"),
    timestamp: 2_000,
    headers: [{ key: utf8("a"), value: utf8("1") }, { key: utf8("b"), value: null }],
  },
  { key: utf8("x".repeat(100)), value: null, timestamp: 900 },
];

function formatted(format: string, showsNull = false): string {
  const batch = buildBatch(RECORDS, { baseOffset: 40 });
  const write = recordFormat(format, showsNull);
  return written((out) => {
    const cursor = openBatch(batch);
    while (cursor.next()) write(out, cursor, batch, { topic: "orders", partition: 3 });
  });
}

Deno.test("recordFormat() writes what its letters stand for", () => {
  assert.equal(
    formatted("%t-%p %o %T\\n"),
    "orders-3 40 1000\norders-3 41 2000\norders-3 42 900\n",
  );
  assert.equal(formatted("[%v|%s]"), "[one|one][two|two][|]");
  assert.equal(formatted("%K,%S;"), "1,3;-1,3;100,-1;");
  assert.equal(formatted("%h;"), ";a=1,b=;;");
  assert.equal(formatted("%k=%v;", true), `k=one;NULL=two;${"x".repeat(100)}=NULL;`);
  assert.equal(formatted("%h;", true), ";a=1,b=NULL;;");
  assert.equal(formatted("%R").length > 0, true);
  assert.equal(formatted("100%%\\x41"), "100%A".repeat(3));
  assert.throws(() => recordFormat("%q", false), /%q in the format means nothing/);
  assert.throws(() => recordFormat("50%", false), SyntaxError);
});

Deno.test("recordFormat() writes lengths as four bytes for %R", () => {
  const batch = buildBatch([{ value: new Uint8Array(258) }, { value: null }]);
  const out = new OutputWriter(new MemorySink());
  const write = recordFormat("%R", false);
  const cursor = openBatch(batch);
  while (cursor.next()) write(out, cursor, batch, { topic: "t", partition: 0 });
  assert.deepEqual([...out.bytes.subarray(0, out.at)], [0, 0, 1, 2, 255, 255, 255, 255]);
});

Deno.test("writeNumber() writes every whole number as String() does", () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (value) => {
    assert.equal(written((out) => writeNumber(out, value)), String(value));
  }));
});

const recordArbitrary = fc.record({
  key: fc.option(fc.uint8Array({ maxLength: 70 }), { nil: null }),
  value: fc.option(fc.uint8Array({ maxLength: 300 }), { nil: null }),
  timestamp: fc.integer({ min: 0, max: 2 ** 40 }),
  headers: fc.array(
    fc.record({
      key: fc.uint8Array({ maxLength: 5 }),
      value: fc.option(fc.uint8Array({ maxLength: 5 }), { nil: null }),
    }),
    { maxLength: 2 },
  ),
});

Deno.test("writeValues() writes the values that the cursor finds", () => {
  fc.assert(fc.property(
    fc.array(recordArbitrary, { minLength: 1, maxLength: 20 }),
    fc.constantFrom("\n", "--", "\0\0\0"),
    (records, delimiter) => {
      const batch = buildBatch(records);
      const out = new OutputWriter(new MemorySink());
      writeValues(out, batch, HEADER_BYTES, batch.length, records.length, utf8(delimiter));
      const expected = records.flatMap(({ value }) => [...value ?? [], ...utf8(delimiter)]);
      assert.deepEqual([...out.bytes.subarray(0, out.at)], expected);
    },
  ));
});

Deno.test("writeValues() throws, and ends, when a record is malformed", () => {
  fc.assert(fc.property(
    fc.array(recordArbitrary, { minLength: 1, maxLength: 5 }),
    fc.nat(),
    fc.nat(255),
    (records, at, byte) => {
      const batch = buildBatch(records);
      batch[HEADER_BYTES + at % (batch.length - HEADER_BYTES)] = byte;
      const out = new OutputWriter(new MemorySink());
      try {
        writeValues(out, batch, HEADER_BYTES, batch.length, records.length, utf8("\n"));
      } catch (error) {
        assert(error instanceof CorruptBatchError);
      }
    },
  ));
  const batch = buildBatch([{ value: utf8("abc") }]);
  const cut = (end: number, count: number) =>
    writeValues(new OutputWriter(new MemorySink()), batch, HEADER_BYTES, end, count, utf8("\n"));
  assert.throws(() => cut(batch.length - 1, 1), CorruptBatchError);
  assert.throws(() => cut(batch.length, 2), CorruptBatchError);
  assert.throws(() => cut(batch.length, 0), CorruptBatchError);

  const two = buildBatch([{ value: utf8("abc") }, { value: utf8("def") }]);
  // Size, attributes, two deltas and the null key go before the length of the first value.
  two[HEADER_BYTES + 5] = 2 * 5;
  assert.throws(
    () =>
      writeValues(new OutputWriter(new MemorySink()), two, HEADER_BYTES, two.length, 2, utf8("\n")),
    CorruptBatchError,
    "a value reaches into the next record",
  );
});

Deno.test("parseRecord() reads what plainRecord() gives, whatever the bytes", () => {
  fc.assert(fc.property(fc.array(recordArbitrary, { minLength: 1, maxLength: 4 }), (records) => {
    const named = records.map((record) => ({
      ...record,
      headers: record.headers.map(({ value }, i) => ({ key: utf8(`h${i}`), value })),
    }));
    const cursor = openBatch(buildBatch(named));
    for (const record of named) {
      assert(cursor.next());
      const plain = plainRecord(cursor, { topic: "t", partition: 5 });
      const parsed = parseRecord(JSON.stringify(plain));
      assert.deepEqual(parsed.key, record.key);
      assert.deepEqual(parsed.value, record.value);
      assert.deepEqual(parsed.headers, record.headers);
      assert.deepEqual([parsed.partition, parsed.timestamp], [5, record.timestamp]);
    }
  }));
});

Deno.test("parseRecord() keeps values that are no text as JSON, and takes headers as an object", () => {
  const { value, key, headers } = parseRecord('{"value":{"a":[1]},"key":7,"headers":{"x":"1"}}');
  assert.equal(decoder.decode(value!), '{"a":[1]}');
  assert.equal(decoder.decode(key!), "7");
  assert.deepEqual(headers, [{ key: utf8("x"), value: utf8("1") }]);
  for (
    const line of ["[]", "1", "{", '{"valueBase64":1}', '{"headers":[{}]}', '{"partition":1.5}']
  ) {
    assert.throws(() => parseRecord(line), SyntaxError, line);
  }
  assert.throws(() => parseRecord('{"valueBase64":"%"}'), /no base64/);
  assert.equal(toBase64(Uint8Array.of(255, 0)), "/wA=");
});

const RULES: LineRules = {
  keyDelimiter: undefined,
  key: undefined,
  headers: [],
  emptyIsNull: false,
  isJson: false,
};

function parsed(line: string, rules: Partial<LineRules> = {}) {
  const parser = new LineParser({ ...RULES, ...rules });
  parser.parse(utf8(`##${line}##`), 2, 2 + utf8(line).length, 77);
  const { record, partition } = parser;
  const range = (start: number, length: number): string | null =>
    length < 0 ? null : decoder.decode(record.bytes.subarray(start, start + length));
  return {
    key: range(record.keyStart, record.keyLength),
    value: range(record.valueStart, record.valueLength),
    timestamp: record.timestamp,
    partition,
  };
}

Deno.test("LineParser makes records of lines", () => {
  const place = { timestamp: 77, partition: -1 };
  assert.deepEqual(parsed("abc"), { key: null, value: "abc", ...place });
  const keyDelimiter = utf8(":");
  assert.deepEqual(parsed("k:v:w", { keyDelimiter }), { key: "k", value: "v:w", ...place });
  assert.deepEqual(parsed("kv", { keyDelimiter }), { key: null, value: "kv", ...place });
  assert.deepEqual(parsed("", { keyDelimiter }), { key: null, value: "", ...place });
  const emptyIsNull = true;
  assert.deepEqual(parsed("k:", { keyDelimiter, emptyIsNull }), {
    key: "k",
    value: null,
    ...place,
  });
  assert.deepEqual(parsed(":v", { keyDelimiter, emptyIsNull }), {
    key: null,
    value: "v",
    ...place,
  });
  const key = utf8("fixed");
  assert.deepEqual(parsed("v", { key }), { key: "fixed", value: "v", ...place });
  assert.deepEqual(parsed("k:v", { key, keyDelimiter }), { key: "k", value: "v", ...place });
});

Deno.test("LineParser makes records of JSON lines, and says which line is wrong", () => {
  const isJson = true;
  const line = '{"key":"k","value":"v","partition":2,"timestamp":5}';
  assert.deepEqual(parsed(line, { isJson }), { key: "k", value: "v", partition: 2, timestamp: 5 });
  const parser = new LineParser({ ...RULES, isJson });
  parser.parse(utf8("{}"), 0, 2, 1);
  assert.throws(
    () => parser.parse(utf8("{"), 0, 1, 1),
    (error) => error instanceof UsageError && error.message.startsWith("record 2 of the input: "),
  );
});
