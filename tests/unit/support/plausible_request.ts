import fc from "fast-check";
import type { Uuid } from "../../../src/base/uuid.ts";
import { API_SCHEMAS } from "../../../src/protocol/schema/all_schemas.ts";
import {
  type FieldSchema,
  includesVersion,
  type StructSchema,
} from "../../../src/protocol/schema/model.ts";
import { buildBatch } from "../../../src/protocol/records/batch_builder.ts";
import { defaultOf, type LooseMessage, messageArbitrary } from "../protocol/schema_arbitrary.ts";

/** What requests may speak of, besides nonsense. */
export interface Plausible {
  readonly names: readonly string[];
  readonly topicIds: readonly Uuid[];
}

/** Requests of one API and version that often hit what is there, and sometimes make no sense. */
export function plausibleRequest(
  apiKey: number,
  version: number,
  plausible: Plausible,
): fc.Arbitrary<LooseMessage> {
  const schema = API_SCHEMAS.find((api) => api.key === apiKey)!.request;
  const struct = (of: Pick<StructSchema, "fields">): fc.Arbitrary<LooseMessage> => {
    const fields = of.fields.map((each) => [each.name, field(each)]);
    return fc.record(Object.fromEntries(fields), { noNullPrototype: true });
  };
  const field = (of: FieldSchema): fc.Arbitrary<unknown> => {
    if (!includesVersion(of.versions, version)) return fc.constant(defaultOf(of));
    const element = typeof of.type === "string"
      ? plausibleValue(of, version, plausible)
      : struct(of.type);
    const value = of.isArray ? fc.array(element, { maxLength: 3 }) : element;
    return includesVersion(of.nullable, version)
      ? fc.oneof({ arbitrary: value, weight: 4 }, { arbitrary: fc.constant(null), weight: 1 })
      : value;
  };
  return struct(schema);
}

function plausibleValue(
  field: FieldSchema,
  version: number,
  { names, topicIds }: Plausible,
): fc.Arbitrary<unknown> {
  switch (field.type) {
    case "uuid":
      return fc.constantFrom(...topicIds);
    case "records":
      return fc.constantFrom<Uint8Array>(
        buildBatch([{ value: Uint8Array.of(1) }]),
        Uint8Array.of(1),
      );
    case "string":
      return fc.oneof(fc.constantFrom(...names), anyValue(field, version));
    case "int8":
    case "int16":
    case "int32":
    case "int64":
      return LARGE_IS_SLOW.test(field.name)
        ? fc.integer({ min: -1, max: 3 })
        : fc.oneof(fc.integer({ min: -7, max: 3 }), anyValue(field, version));
    default:
      return anyValue(field, version);
  }
}

/** Fields whose large values make a test wait, or make thousands of partitions. */
const LARGE_IS_SLOW = /maxWait|timeout|numPartitions|^count$|replicationFactor/i;

function anyValue(field: FieldSchema, version: number): fc.Arbitrary<unknown> {
  const alone = { ...field, isArray: false, nullable: undefined } as FieldSchema;
  return messageArbitrary({ fields: [alone] }, version).map((message) => message[field.name]);
}
