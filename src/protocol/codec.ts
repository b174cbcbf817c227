import type { ByteReader } from "./wire/byte_reader.ts";
import type { ByteWriter } from "./wire/byte_writer.ts";

/** First and last version, both included. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Reads and writes one message in every version of it. Generated from the schema of the message.
 *
 * `T` is what is read: every field is there, those that a version lacks hold their default. `Init`
 * is what is written: fields with a default of their own may be left out.
 */
export interface MessageCodec<T, Init = T> {
  /** The name of the message in Kafka's schemas, such as `FetchRequest`. */
  readonly name: string;
  /**
   * The key of the API. For records of the metadata log and of the coordinators, the number that
   * goes before the record and tells its type. Undefined for other messages.
   */
  readonly apiKey: number | undefined;
  readonly versions: VersionRange;
  /** The first version with compact lengths and tagged fields; undefined when none has them. */
  readonly flexibleFrom: number | undefined;
  /**
   * Reads from the reader's position on. Fields of type `records` are views of the reader's
   * buffer; everything else is a copy and may be kept.
   * @throws {ProtocolError} when the bytes are no message of that version
   */
  read(reader: ByteReader, version: number): T;
  /**
   * Appends the message. A field that `version` lacks is left out.
   * @throws {UnsupportedVersionError} when such a field is not ignorable and differs from its
   *   default
   */
  write(writer: ByteWriter, message: Init, version: number): void;
}

/**
 * One API of the protocol: its key and its two messages. A server needs the first two types, which
 * are what it reads and writes; a client the other two.
 */
export interface ApiDefinition<
  Request = unknown,
  ResponseInit = unknown,
  RequestInit = never,
  Response = unknown,
> {
  readonly key: number;
  /** Kafka's name of the API, such as `Fetch`. */
  readonly name: string;
  readonly request: MessageCodec<Request, RequestInit>;
  readonly response: MessageCodec<Response, ResponseInit>;
  /** True when the highest version is not to be advertised. */
  readonly latestVersionUnstable: boolean;
}
