import fc from "fast-check";
import { type Uuid, uuidFromBytes, ZERO_UUID } from "../../../src/base/uuid.ts";
import { API_SCHEMAS, MESSAGE_SCHEMAS } from "../../../src/protocol/schema/all_schemas.ts";
import {
  type FieldSchema,
  includesVersion,
  type MessageSchema,
  type PrimitiveType,
  type StructSchema,
} from "../../../src/protocol/schema/model.ts";

/** The schema of every message that has a codec. */
export const SCHEMAS: readonly MessageSchema[] = [
  ...API_SCHEMAS.flatMap(({ request, response }) => [request, response]),
  ...Object.values(MESSAGE_SCHEMAS).flat(),
];

/** A decoded message whose type is known from its schema only. */
export type LooseMessage = Readonly<Record<string, unknown>>;

const int = (min: number, max: number) => fc.oneof(fc.integer({ min, max }), fc.constant(min));

const uuid = fc.oneof(
  {
    arbitrary: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((b) => uuidFromBytes(b)),
    weight: 4,
  },
  { arbitrary: fc.constant<Uuid>(ZERO_UUID), weight: 1 },
);

const int64 = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(-(2 ** 63), 2 ** 63, -1, 0, 2 ** 62, -(2 ** 32)),
);

const PRIMITIVES: Readonly<Record<PrimitiveType, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int8: int(-0x80, 0x7f),
  int16: int(-0x8000, 0x7fff),
  uint16: int(0, 0xffff),
  int32: int(-0x80000000, 0x7fffffff),
  uint32: int(0, 0xffffffff),
  int64,
  // Zero has two signs and one default; a negative zero that equals the default is not written.
  float64: fc.double({ noNaN: true }).map((value) => value === 0 ? 0 : value),
  uuid,
  string: fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ maxLength: 6, unit: "grapheme" }),
    fc.constantFrom("", "a".repeat(63), "a".repeat(64), "a".repeat(127), "ü".repeat(128)),
  ),
  bytes: fc.oneof(fc.uint8Array({ maxLength: 9 }), fc.constant(new Uint8Array(200).fill(7))),
  records: fc.oneof(
    fc.uint8Array({ maxLength: 9 }),
    fc.constant(new Uint8Array(16 * 1024).fill(5)),
  ),
};

/** The default of a field, as the readers fill it in. */
export function defaultOf(field: FieldSchema): unknown {
  if (field.default !== undefined) return field.default;
  if (field.isArray) return [];
  if (typeof field.type !== "string") return defaultMessage(field.type);
  switch (field.type) {
    case "bool":
      return false;
    case "string":
      return "";
    case "uuid":
      return ZERO_UUID;
    case "records":
      return field.nullable === undefined ? new Uint8Array(0) : null;
    case "bytes":
      return new Uint8Array(0);
    default:
      return 0;
  }
}

/** A message or struct with the default in every field. */
export function defaultMessage(struct: Pick<StructSchema, "fields">): LooseMessage {
  return Object.fromEntries(struct.fields.map((field) => [field.name, defaultOf(field)]));
}

/** Messages as a read of `version` returns them: what the version lacks holds its default. */
export function messageArbitrary(
  struct: Pick<StructSchema, "fields">,
  version: number,
): fc.Arbitrary<LooseMessage> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of struct.fields) fields[field.name] = fieldArbitrary(field, version);
  return fc.record(fields, { noNullPrototype: true });
}

function fieldArbitrary(field: FieldSchema, version: number): fc.Arbitrary<unknown> {
  if (!includesVersion(field.versions, version)) return fc.constant(defaultOf(field));
  const element = typeof field.type === "string"
    ? PRIMITIVES[field.type]
    : messageArbitrary(field.type, version);
  const value = field.isArray ? fc.array(element, { maxLength: 2 }) : element;
  const chosen = fc.oneof(
    { arbitrary: value, weight: 5 },
    { arbitrary: fc.constant(usableDefault(field, version)), weight: 1 },
  );
  if (!includesVersion(field.nullable, version)) return chosen;
  return fc.oneof({ arbitrary: chosen, weight: 4 }, { arbitrary: fc.constant(null), weight: 1 });
}

/** The default, unless it is null where the version has no null. */
function usableDefault(field: FieldSchema, version: number): unknown {
  const value = defaultOf(field);
  if (value !== null || includesVersion(field.nullable, version)) return value;
  return defaultOf({ ...field, default: undefined, nullable: undefined });
}
