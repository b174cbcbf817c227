import type { ApiDefinition } from "./codec.ts";
import type { ByteReader } from "./wire/byte_reader.ts";
import type { ByteWriter } from "./wire/byte_writer.ts";

/** What goes before the body of every request. */
export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

const API_VERSIONS_KEY = 18;

/** The parts of an {@link ApiDefinition} that decide about headers. */
type HeaderFacts = {
  readonly key: number;
  readonly request: Pick<ApiDefinition["request"], "flexibleFrom">;
  readonly response: Pick<ApiDefinition["response"], "flexibleFrom">;
};

/** True when requests of that version carry header v2, which ends in tagged fields. */
export function hasFlexibleRequestHeader(api: HeaderFacts, apiVersion: number): boolean {
  const { flexibleFrom } = api.request;
  return flexibleFrom !== undefined && apiVersion >= flexibleFrom;
}

/**
 * True when responses of that version carry header v1, which ends in tagged fields. ApiVersions
 * never does: its client can't know yet which version the broker answers in (KIP-511).
 */
export function hasFlexibleResponseHeader(api: HeaderFacts, apiVersion: number): boolean {
  if (api.key === API_VERSIONS_KEY) return false;
  const { flexibleFrom } = api.response;
  return flexibleFrom !== undefined && apiVersion >= flexibleFrom;
}

/**
 * Reads the header of a request, v1 or v2. The client id has a plain int16 length in both.
 *
 * @param isFlexible whether the version of the API has header v2; false for keys that are unknown,
 *   whose requests can't be read any further
 * @throws {ProtocolError} when the bytes are no header
 */
export function readRequestHeader(
  reader: ByteReader,
  isFlexible: (apiKey: number, apiVersion: number) => boolean,
): RequestHeader {
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  const clientId = reader.nullableString();
  if (isFlexible(apiKey, apiVersion)) reader.skipTaggedFields();
  return { apiKey, apiVersion, correlationId, clientId };
}

/** Writes the header of a request: v2 when `flexible`, else v1. */
export function writeRequestHeader(
  writer: ByteWriter,
  header: RequestHeader,
  flexible: boolean,
): void {
  writer.int16(header.apiKey);
  writer.int16(header.apiVersion);
  writer.int32(header.correlationId);
  writer.nullableString(header.clientId);
  if (flexible) writer.unsignedVarint(0);
}

/**
 * Reads the header of a response, v1 when `flexible`, else v0; returns the correlation id.
 * @throws {ProtocolError} when the bytes are no header
 */
export function readResponseHeader(reader: ByteReader, flexible: boolean): number {
  const correlationId = reader.int32();
  if (flexible) reader.skipTaggedFields();
  return correlationId;
}

/** Writes the header of a response: v1 when `flexible`, else v0. */
export function writeResponseHeader(
  writer: ByteWriter,
  correlationId: number,
  flexible: boolean,
): void {
  writer.int32(correlationId);
  if (flexible) writer.unsignedVarint(0);
}
