import assert from "node:assert/strict";
import allVersions from "../../golden/all_versions.json" with { type: "json" };
import vectors from "../../golden/messages.json" with { type: "json" };
import type { MessageCodec } from "../../../src/protocol/codec.ts";
import { ALL_CODECS } from "../../../src/protocol/generated/all_codecs.ts";
import { type FieldSchema, type StructSchema } from "../../../src/protocol/schema/model.ts";
import { decodeMessage, encodeMessage } from "../../../src/protocol/wire/message_bytes.ts";
import { canonicalMessage } from "./canonical_message.ts";
import { defaultOf, type LooseMessage, SCHEMAS } from "./schema_arbitrary.ts";

/**
 * The bytes in `tests/golden` were written by the message classes of Kafka 4.2.1. Fields that a
 * vector does not name were left at their default; bytes and records are given in hexadecimal.
 */
function message(struct: Pick<StructSchema, "fields">, values: LooseMessage): LooseMessage {
  const names = new Set(struct.fields.map((field) => field.name));
  for (const name of Object.keys(values)) assert.ok(names.has(name), `no field ${name}`);
  return Object.fromEntries(struct.fields.map((field) => {
    const given = values[field.name];
    return [field.name, given === undefined ? defaultOf(field) : fieldValue(field, given)];
  }));
}

function fieldValue(field: FieldSchema, given: unknown): unknown {
  if (given === null) return null;
  if (field.isArray) {
    assert.ok(Array.isArray(given));
    return given.map((element: unknown) => fieldValue({ ...field, isArray: false }, element));
  }
  if (typeof field.type !== "string") return message(field.type, given as LooseMessage);
  if (field.type !== "bytes" && field.type !== "records") return given;
  assert.equal(typeof given, "string");
  return hexBytes(given as string);
}

function hexBytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

const codecs = new Map(
  ALL_CODECS.map((
    codec,
  ) => [codec.name, codec as unknown as MessageCodec<LooseMessage, LooseMessage>]),
);
const schemas = new Map(SCHEMAS.map((schema) => [schema.name, schema]));

for (const vector of vectors) {
  const { message: name, version, hex } = vector;
  const label = `${name} v${version}${"note" in vector ? ` (${vector.note})` : ""}`;
  const values = message(schemas.get(name)!, vector.values as LooseMessage);
  const codec = codecs.get(name)!;

  Deno.test(`${label}: write() makes the bytes that Kafka makes`, () => {
    assert.deepEqual(encodeMessage(codec, values, version), hexBytes(hex));
  });

  Deno.test(`${label}: read() finds the fields that Kafka wrote`, () => {
    assert.deepEqual(decodeMessage(codec, hexBytes(hex), version), values);
  });
}

// Kafka's own classes read these bytes, too, and wrote them again unchanged.
Deno.test("MessageCodec reads and writes every version as Kafka does", () => {
  const files: Readonly<Record<string, Readonly<Record<string, string>>>> = allVersions;
  assert.deepEqual(Object.keys(files).toSorted(), [...schemas.keys()].toSorted());
  for (const [name, versions] of Object.entries(files)) {
    const schema = schemas.get(name)!;
    const codec = codecs.get(name)!;
    const { min, max } = schema.versions;
    assert.equal(Object.keys(versions).length, max - min + 1, name);
    for (const [text, hex] of Object.entries(versions)) {
      const version = Number(text);
      const expected = canonicalMessage(schema, version);
      const label = `${name} v${version}`;
      assert.deepEqual(encodeMessage(codec, expected, version), hexBytes(hex), label);
      assert.deepEqual(decodeMessage(codec, hexBytes(hex), version), expected, label);
    }
  }
});
