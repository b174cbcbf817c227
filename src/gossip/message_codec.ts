/**
 * Messages as bytes. A packet's content is messages one after the other, each a type (one byte), the
 * length of the rest (varint) and its fields: texts with their length in UTF-8 before them, numbers
 * as unsigned varlongs. A type that is not known is passed over, so that a later version can add
 * one; any other flaw makes the whole packet void.
 */
import {
  readUnsignedVarint,
  readUnsignedVarlong,
  sizeOfUnsignedVarint,
  varintLength,
  varlongLength,
  writeUnsignedVarint,
  writeUnsignedVarlong,
} from "../base/varint.ts";
import {
  HOST_BYTES_MAX,
  INCARNATION_MAX,
  type MemberAddress,
  NAME_BYTES_MAX,
  profileProblem,
  TAG_COUNT_MAX,
  TAGS_BYTES_MAX,
  utf8Length,
} from "./member.ts";
import type { AliveClaim, Destination, GossipMessage } from "./messages.ts";

const TYPES = ["ping", "indirectPing", "ack", "nack", "alive", "suspect", "dead"] as const;
/** Bytes of the longest message: an alive claim with all its texts at their limits. */
const BODY_BYTES_MAX = 2 * NAME_BYTES_MAX + HOST_BYTES_MAX + TAGS_BYTES_MAX + 128;
const SEQUENCE_MAX = 2 ** 32 - 1;
const PORT_MAX = 65_535;

const UTF8 = new TextEncoder();
const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A flaw in received bytes. Never leaves this file. */
class MalformedError extends Error {
  override readonly name = "MalformedError";
}

/** The bytes of one message. The texts of the message keep to the limits of `member.ts`. */
export function encodeMessage(message: GossipMessage): Uint8Array {
  const writer = new BodyWriter();
  writeBody(writer, message);
  const body = writer.bytes();
  const head = 1 + sizeOfUnsignedVarint(body.length);
  const bytes = new Uint8Array(head + body.length);
  bytes[0] = TYPES.indexOf(message.type);
  writeUnsignedVarint(bytes, 1, body.length);
  bytes.set(body, head);
  return bytes;
}

/** All messages of a packet's content; undefined when one of them is malformed. */
export function decodeMessages(payload: Uint8Array): GossipMessage[] | undefined {
  const messages: GossipMessage[] = [];
  let at = 0;
  try {
    while (at < payload.length) {
      const type = payload[at]!;
      const lengthBytes = varintLength(payload, at + 1, payload.length);
      if (lengthBytes === 0) return undefined;
      const start = at + 1 + lengthBytes;
      const end = start + readUnsignedVarint(payload, at + 1);
      if (end > payload.length) return undefined;
      const message = readBody(new BodyReader(payload, start, end), type);
      if (message !== undefined) messages.push(message);
      at = end;
    }
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
  return messages;
}

function writeBody(writer: BodyWriter, message: GossipMessage): void {
  switch (message.type) {
    case "ping":
      writer.number(message.sequence);
      writer.text(message.target);
      return writer.destination(message.source);
    case "indirectPing":
      writer.number(message.sequence);
      writer.text(message.target);
      writer.destination(message.at);
      return writer.destination(message.source);
    case "ack":
      writer.number(message.sequence);
      return writer.text(message.name);
    case "nack":
      return writer.number(message.sequence);
    case "alive":
      return writeAlive(writer, message);
    case "suspect":
    case "dead":
      writer.text(message.name);
      writer.number(message.incarnation);
      return writer.text(message.from);
  }
}

function writeAlive(writer: BodyWriter, message: AliveClaim): void {
  writer.text(message.name);
  writer.number(message.incarnation);
  writer.destination(message);
  writer.number(message.tags.size);
  for (const [key, value] of message.tags) {
    writer.text(key);
    writer.text(value);
  }
}

function readBody(reader: BodyReader, type: number): GossipMessage | undefined {
  const name = TYPES[type];
  if (name === undefined) return undefined;
  const message = readMessage(reader, name);
  reader.end();
  return message;
}

function readMessage(reader: BodyReader, type: GossipMessage["type"]): GossipMessage {
  switch (type) {
    case "ping": {
      const sequence = reader.number(SEQUENCE_MAX);
      return { type, sequence, target: reader.name(), source: reader.destination() };
    }
    case "indirectPing": {
      const sequence = reader.number(SEQUENCE_MAX);
      const target = reader.name();
      return { type, sequence, target, at: reader.destination(), source: reader.destination() };
    }
    case "ack":
      return { type, sequence: reader.number(SEQUENCE_MAX), name: reader.name() };
    case "nack":
      return { type, sequence: reader.number(SEQUENCE_MAX) };
    case "alive":
      return readAlive(reader);
    case "suspect":
    case "dead": {
      const name = reader.name();
      const incarnation = reader.number(INCARNATION_MAX - 1);
      return { type, name, incarnation, from: reader.name() };
    }
  }
}

function readAlive(reader: BodyReader): AliveClaim {
  const name = reader.name();
  const incarnation = reader.number(INCARNATION_MAX - 1);
  const { address, bootId } = reader.destination();
  const tags = new Map<string, string>();
  for (let left = reader.number(TAG_COUNT_MAX); left > 0; left--) {
    tags.set(reader.text(TAGS_BYTES_MAX), reader.text(TAGS_BYTES_MAX));
  }
  const claim: AliveClaim = { type: "alive", name, incarnation, address, bootId, tags };
  if (profileProblem(claim) !== undefined) throw new MalformedError();
  return claim;
}

/** Appends fields to a buffer that is as large as any message. */
class BodyWriter {
  readonly #buffer = new Uint8Array(BODY_BYTES_MAX);
  #length = 0;

  number(value: number): void {
    this.#length = writeUnsignedVarlong(this.#buffer, this.#length, value);
  }

  text(text: string): void {
    const length = utf8Length(text);
    this.number(length);
    if (length === text.length) {
      for (let i = 0; i < length; i++) this.#buffer[this.#length + i] = text.charCodeAt(i);
    } else UTF8.encodeInto(text, this.#buffer.subarray(this.#length));
    this.#length += length;
  }

  destination({ address, bootId }: Destination): void {
    this.text(address.host);
    this.number(address.port);
    this.text(bootId);
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
}

/** Reads fields of untrusted bytes. All methods throw {@link MalformedError}. */
class BodyReader {
  #at: number;

  constructor(
    private readonly payload: Uint8Array,
    start: number,
    private readonly limit: number,
  ) {
    this.#at = start;
  }

  number(max: number): number {
    const length = varlongLength(this.payload, this.#at, this.limit);
    if (length === 0) throw new MalformedError();
    const value = readUnsignedVarlong(this.payload, this.#at);
    if (value > max) throw new MalformedError();
    this.#at += length;
    return value;
  }

  text(bytesMax: number): string {
    const length = this.number(bytesMax);
    if (this.#at + length > this.limit) throw new MalformedError();
    const start = this.#at;
    this.#at += length;
    return asciiText(this.payload, start, this.#at) ?? strictText(this.payload, start, this.#at);
  }

  name(): string {
    const name = this.text(NAME_BYTES_MAX);
    if (name === "") throw new MalformedError();
    return name;
  }

  destination(): Destination {
    const address: MemberAddress = { host: this.text(HOST_BYTES_MAX), port: this.number(PORT_MAX) };
    if (address.host === "" || address.port === 0) throw new MalformedError();
    return { address, bootId: this.name() };
  }

  /** Nothing may be left over. */
  end(): void {
    if (this.#at !== this.limit) throw new MalformedError();
  }
}

/** Nearly all texts are ASCII and short, for which the runtime's decoder takes long. */
function asciiText(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = "";
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= 0x80) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** @throws {MalformedError} */
function strictText(bytes: Uint8Array, start: number, end: number): string {
  try {
    return STRICT_UTF8.decode(bytes.subarray(start, end));
  } catch {
    throw new MalformedError();
  }
}
