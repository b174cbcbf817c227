/** Format strings for records, with kcat's letters. */
import type { RecordCursor } from "../../protocol/records/record_cursor.ts";
import { unescape } from "./escapes.ts";
import type { OutputWriter } from "./output_writer.ts";

/** Where a record came from. */
export interface RecordOrigin {
  readonly topic: string;
  readonly partition: number;
}

/** Writes the record that the cursor is at. */
export type WriteRecord = (
  out: OutputWriter,
  record: RecordCursor,
  bytes: Uint8Array,
  origin: RecordOrigin,
) => void;

const encoder = new TextEncoder();
const NULL_TEXT = encoder.encode("NULL");
const NOTHING = new Uint8Array(0);

/** What the letters stand for, for the help. */
export const FORMAT_LETTERS = `%t topic  %p partition  %o offset  %T timestamp in ms  %k key
%v or %s value  %h headers as name=value,...  %K %S length of key and value in bytes, -1 for null
%R length of the value as 4 bytes  %% percent sign  \\n \\t \\xNN bytes`;

/**
 * A function that writes records as `format` says.
 * @param showsNull whether a key or value that is null is written as NULL; else as nothing
 * @throws {SyntaxError} when the format has a letter that means nothing
 */
export function recordFormat(format: string, showsNull: boolean): WriteRecord {
  const nullText = showsNull ? NULL_TEXT : NOTHING;
  const steps: WriteRecord[] = [];
  for (
    const [, literal, letter] of format.matchAll(/((?:[^%\\]|\\x[0-9A-Fa-f]{2}|\\.?)+)|%(.?)/gs)
  ) {
    if (literal !== undefined) steps.push(literalStep(unescape(literal)));
    else steps.push(letterStep(letter ?? "", nullText));
  }
  return (out, record, bytes, origin) => {
    for (const step of steps) step(out, record, bytes, origin);
  };
}

function literalStep(literal: Uint8Array): WriteRecord {
  return (out) => out.append(literal, 0, literal.length);
}

function letterStep(letter: string, nullText: Uint8Array): WriteRecord {
  switch (letter) {
    case "v":
    case "s":
      return (out, record, bytes) =>
        writeRange(out, bytes, record.valueStart, record.valueLength, nullText);
    case "k":
      return (out, record, bytes) =>
        writeRange(out, bytes, record.keyStart, record.keyLength, nullText);
    case "S":
      return (out, record) => writeNumber(out, record.valueLength);
    case "K":
      return (out, record) => writeNumber(out, record.keyLength);
    case "R":
      return (out, record) => writeInt32(out, record.valueLength);
    case "o":
      return (out, record) => writeNumber(out, record.offset);
    case "T":
      return (out, record) => writeNumber(out, record.timestamp);
    case "p":
      return (out, _record, _bytes, origin) => writeNumber(out, origin.partition);
    case "t":
      return topicStep();
    case "h":
      return (out, record) => writeHeaders(out, record, nullText);
    case "%":
      return literalStep(encoder.encode("%"));
    default:
      throw new SyntaxError(`%${letter} in the format means nothing; there are\n${FORMAT_LETTERS}`);
  }
}

/** Most records in a row are of one topic, so its bytes are kept. */
function topicStep(): WriteRecord {
  let topic = "";
  let bytes = NOTHING;
  return (out, _record, _bytes, origin) => {
    if (origin.topic !== topic) {
      topic = origin.topic;
      bytes = encoder.encode(topic);
    }
    out.append(bytes, 0, bytes.length);
  };
}

function writeRange(
  out: OutputWriter,
  bytes: Uint8Array,
  start: number,
  length: number,
  nullText: Uint8Array,
): void {
  if (length >= 0) out.append(bytes, start, length);
  else out.append(nullText, 0, nullText.length);
}

/** A whole number in decimal, without a string. */
export function writeNumber(out: OutputWriter, value: number): void {
  out.ensure(24);
  const { bytes } = out;
  let left = Math.abs(value);
  let at = out.at;
  if (value < 0) bytes[at++] = 45;
  const first = at;
  do {
    const rest = Math.floor(left / 10);
    bytes[at++] = 48 + (left - rest * 10);
    left = rest;
  } while (left > 0);
  for (let low = first, high = at - 1; low < high; low++, high--) {
    const swapped = bytes[low]!;
    bytes[low] = bytes[high]!;
    bytes[high] = swapped;
  }
  out.at = at;
}

function writeInt32(out: OutputWriter, value: number): void {
  out.ensure(4);
  const { bytes, at } = out;
  bytes[at] = value >> 24;
  bytes[at + 1] = value >> 16;
  bytes[at + 2] = value >> 8;
  bytes[at + 3] = value;
  out.at = at + 4;
}

const EQUALS_AND_COMMA = encoder.encode("=,");

function writeHeaders(out: OutputWriter, record: RecordCursor, nullText: Uint8Array): void {
  if (record.headerCount === 0) return;
  record.headers().forEach(({ key, value }, index) => {
    if (index > 0) out.append(EQUALS_AND_COMMA, 1, 1);
    out.append(key, 0, key.length);
    out.append(EQUALS_AND_COMMA, 0, 1);
    const text = value ?? nullText;
    out.append(text, 0, text.length);
  });
}
