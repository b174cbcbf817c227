import type { RecordRanges } from "../../../client/producer/batch_writer.ts";
import type { RecordHeader } from "../../../protocol/records/record_cursor.ts";
import { indexOf } from "../../records/line_reader.ts";
import { parseRecord } from "../../records/json_records.ts";
import { UsageError } from "../../session/failures.ts";

/** How a piece of the input becomes a record. */
export interface LineRules {
  /** Ends the key; undefined when there are no keys in the input. */
  readonly keyDelimiter: Uint8Array | undefined;
  /** The key of all records that have none in the input; undefined for null. */
  readonly key: Uint8Array | undefined;
  readonly headers: readonly RecordHeader[];
  /** Whether an empty key or value is null: a tombstone. */
  readonly emptyIsNull: boolean;
  readonly isJson: boolean;
}

const NOTHING = new Uint8Array(0);
const decoder = new TextDecoder();

/** Turns pieces of the input into records. The record is the same object each time. */
export class LineParser {
  readonly record: RecordRanges = {
    bytes: NOTHING,
    keyStart: 0,
    keyLength: -1,
    valueStart: 0,
    valueLength: -1,
    headers: [],
    timestamp: 0,
  };
  /** The partition that the input asks for; -1 when it asks for none. */
  partition = -1;
  #count = 0;
  readonly #rules: LineRules;
  /** Where key and value are put together when they are no ranges of one array. */
  #scratch = new Uint8Array(1024);

  constructor(rules: LineRules) {
    this.#rules = rules;
  }

  /** @param nowMs the time of the record, unless the input has one */
  parse(bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    this.#count++;
    const { record } = this;
    record.timestamp = nowMs;
    if (this.#rules.isJson) {
      this.#parseJson(bytes.subarray(start, end), nowMs);
      return;
    }
    const { keyDelimiter, key, headers, emptyIsNull } = this.#rules;
    record.bytes = bytes;
    record.headers = headers;
    record.valueStart = start;
    record.keyLength = -1;
    if (keyDelimiter !== undefined) {
      const at = indexOf(bytes, keyDelimiter, start, end);
      if (at >= 0) {
        record.keyStart = start;
        record.keyLength = at - start;
        record.valueStart = at + keyDelimiter.length;
      }
    }
    record.valueLength = end - record.valueStart;
    if (emptyIsNull && record.valueLength === 0) record.valueLength = -1;
    if (emptyIsNull && record.keyLength === 0) record.keyLength = -1;
    if (record.keyLength < 0 && key !== undefined) this.#join(key, bytes);
  }

  /** Puts the key that all records have before the value. */
  #join(key: Uint8Array, bytes: Uint8Array): void {
    const { record } = this;
    const valueLength = Math.max(0, record.valueLength);
    this.#reserve(key.length + valueLength);
    this.#scratch.set(key);
    const { valueStart } = record;
    this.#scratch.set(bytes.subarray(valueStart, valueStart + valueLength), key.length);
    record.bytes = this.#scratch;
    record.keyStart = 0;
    record.keyLength = key.length;
    record.valueStart = key.length;
  }

  #parseJson(line: Uint8Array, nowMs: number): void {
    let parsed;
    try {
      parsed = parseRecord(decoder.decode(line));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new UsageError(`record ${this.#count} of the input: ${error.message}`);
    }
    const { record } = this;
    const key = parsed.key ?? this.#rules.key ?? null;
    const keyLength = key?.length ?? 0;
    const valueLength = parsed.value?.length ?? 0;
    this.#reserve(keyLength + valueLength);
    if (key !== null) this.#scratch.set(key);
    if (parsed.value !== null) this.#scratch.set(parsed.value, keyLength);
    record.bytes = this.#scratch;
    record.keyStart = 0;
    record.keyLength = key === null ? -1 : keyLength;
    record.valueStart = keyLength;
    record.valueLength = parsed.value === null ? -1 : valueLength;
    record.headers = [...this.#rules.headers, ...parsed.headers];
    record.timestamp = parsed.timestamp ?? nowMs;
    this.partition = parsed.partition ?? -1;
  }

  #reserve(bytes: number): void {
    if (this.#scratch.length < bytes) this.#scratch = new Uint8Array(2 * bytes);
  }
}
