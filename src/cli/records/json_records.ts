/** Records as JSON, one to a line: what `consume -o json` prints and `produce --json` reads. */
import type { RecordCursor, RecordHeader } from "../../protocol/records/record_cursor.ts";
import type { Plain } from "../output/yaml.ts";
import type { RecordOrigin } from "./record_format.ts";

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A record that was read from JSON. */
export interface ParsedRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
  readonly partition: number | undefined;
  readonly timestamp: number | undefined;
}

/** A record as plain values. Bytes that are no UTF-8 go into a member `...Base64` instead. */
export function plainRecord(record: RecordCursor, origin: RecordOrigin): { [key: string]: Plain } {
  return {
    topic: origin.topic,
    partition: origin.partition,
    offset: record.offset,
    timestamp: record.timestamp,
    ...plainBytes("key", record.key),
    ...plainBytes("value", record.value),
    headers: record.headers().map(({ key, value }) => ({
      name: new TextDecoder().decode(key),
      ...plainBytes("value", value),
    })),
  };
}

function plainBytes(name: string, bytes: Uint8Array | null): { [key: string]: string | null } {
  if (bytes === null) return { [name]: null };
  try {
    return { [name]: strictDecoder.decode(bytes) };
  } catch {
    return { [`${name}Base64`]: toBase64(bytes) };
  }
}

/**
 * Reads a record; what {@link plainRecord} gives is understood, offsets and topics are passed over.
 * @throws {SyntaxError} when it is no such record
 */
export function parseRecord(line: string): ParsedRecord {
  const parsed: unknown = JSON.parse(line);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new SyntaxError("not an object");
  }
  const members = parsed as Readonly<Record<string, unknown>>;
  return {
    key: bytesOf(members, "key"),
    value: bytesOf(members, "value"),
    headers: headersOf(members["headers"]),
    partition: numberOf(members, "partition"),
    timestamp: numberOf(members, "timestamp"),
  };
}

function bytesOf(members: Readonly<Record<string, unknown>>, name: string): Uint8Array | null {
  const encoded = members[`${name}Base64`];
  if (encoded !== undefined) {
    if (typeof encoded !== "string") throw new SyntaxError(`${name}Base64 is no text`);
    return fromBase64(encoded);
  }
  const value = members[name];
  if (value === undefined || value === null) return null;
  // What is no text is kept as the JSON that it is.
  return encoder.encode(typeof value === "string" ? value : JSON.stringify(value));
}

function headersOf(value: unknown): RecordHeader[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map(headerOf);
  if (typeof value !== "object") throw new SyntaxError("headers are neither a list nor an object");
  return Object.entries(value).map(([name, value]) => headerOf({ name, value }));
}

function headerOf(value: unknown): RecordHeader {
  const members = (typeof value === "object" && value !== null ? value : {}) as Readonly<
    Record<string, unknown>
  >;
  const { name } = members as { readonly name?: unknown };
  if (typeof name !== "string") throw new SyntaxError("a header has no name");
  return { key: encoder.encode(name), value: bytesOf(members, "value") };
}

function numberOf(members: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = members[name];
  if (value === undefined || value === null) return undefined;
  if (!Number.isSafeInteger(value)) throw new SyntaxError(`${name} is no whole number`);
  return value as number;
}

export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** @throws {SyntaxError} */
function fromBase64(text: string): Uint8Array {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw new SyntaxError(`${text.slice(0, 40)} is no base64`);
  }
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
