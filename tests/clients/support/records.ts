/**
 * The records and limits that every suite uses, so that one behaviour is asked of every client in
 * the same words.
 */
import assert from "node:assert/strict";

/** A record as a producer sends it and a consumer gets it back. */
export interface PlainRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** In order; a name may come twice. */
  readonly headers: readonly (readonly [string, Uint8Array | null])[];
  /** CreateTime, milliseconds since the epoch. */
  readonly timestampMs: number;
}

/** Every codec of the record batch format, by the name clients give it. */
export const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
/** One of {@link CODECS}. */
export type Codec = typeof CODECS[number];

/** 2026-01-01T00:00:00Z: an arbitrary, fixed base of test timestamps. */
export const BASE_TIMESTAMP_MS = 1_767_225_600_000;
/** A record of this many bytes fits the default `max.message.bytes` (1 048 588). */
export const LARGE_BYTES = 900_000;
/** A record of this many bytes does not, unless it compresses well. */
export const TOO_LARGE_BYTES = 1_300_000;
/** Names that no topic may have, by rule. */
export const BAD_TOPIC_NAMES = ["bad/name", "with space", "ümlaut", ".", "..", "x".repeat(250)];

const encoder = new TextEncoder();

/** UTF-8 bytes of `text`. */
export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** A topic name that no other test and no earlier run uses. */
export function uniqueTopic(stem: string): string {
  return `${stem}-${crypto.randomUUID().slice(0, 8)}`;
}

/** `size` bytes that do not compress and are the same in every run. */
export function noise(size: number, seed = 1): Uint8Array {
  const out = new Uint8Array(size);
  let state = seed;
  for (let i = 0; i < size; i++) {
    // xorshift32: not random enough for anything but looking random to a compressor.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    out[i] = state & 255;
  }
  return out;
}

/** Records at the edges of the format: null, empty, binary, non-ASCII, headers. */
export function edgeRecords(): PlainRecord[] {
  const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
  const contents: Omit<PlainRecord, "timestampMs">[] = [
    { key: bytes("key"), value: bytes("value"), headers: [] },
    { key: null, value: bytes("null key"), headers: [] },
    { key: bytes("tombstone"), value: null, headers: [] },
    { key: null, value: null, headers: [] },
    { key: new Uint8Array(0), value: new Uint8Array(0), headers: [] },
    { key: everyByte, value: everyByte, headers: [] },
    { key: bytes("ключ"), value: bytes("значение 値 🙂"), headers: [["größe", bytes("groß")]] },
    { key: bytes("h"), value: bytes("two"), headers: [["a", bytes("1")], ["b", bytes("2")]] },
    { key: bytes("h"), value: bytes("empty header"), headers: [["empty", new Uint8Array(0)]] },
    { key: bytes("long"), value: bytes("long line ".repeat(2000)), headers: [] },
    { key: bytes("noise"), value: noise(5000), headers: [["noise", noise(300, 7)]] },
  ];
  return contents.map((content, i) => ({ ...content, timestampMs: BASE_TIMESTAMP_MS + i * 1000 }));
}

/** Fails, naming the first record that differs, when `actual` is not `expected` byte by byte. */
export function assertSameRecords(
  actual: readonly PlainRecord[],
  expected: readonly PlainRecord[],
): void {
  const count = Math.min(actual.length, expected.length);
  for (let i = 0; i < count; i++) {
    assert.deepEqual(printable(actual[i]), printable(expected[i]), `record ${i}`);
  }
  assert.equal(actual.length, expected.length, "number of records");
}

function printable(record: PlainRecord | undefined): unknown {
  if (record === undefined) return undefined;
  const { key, value, headers, timestampMs } = record;
  return {
    key: hex(key),
    value: hex(value),
    headers: headers.map(([name, content]) => [name, hex(content)]),
    timestampMs,
  };
}

function hex(content: Uint8Array | null): string | null {
  return content === null ? null : new Uint8Array(content).toHex();
}
