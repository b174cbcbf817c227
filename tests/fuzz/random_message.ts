import { uuidFromBytes, ZERO_UUID } from "../../src/base/uuid.ts";
import {
  type FieldSchema,
  includesVersion,
  type PrimitiveType,
  type StructSchema,
} from "../../src/protocol/schema/model.ts";
import type { Dice } from "./dice.ts";

/** A message whose type is known from its schema only. */
export type LooseMessage = Readonly<Record<string, unknown>>;

type Struct = Pick<StructSchema, "fields">;

const TEXTS = ["", "a", "topic", "group-1", "localhost", "ü", "x".repeat(130)];
const NUMBERS = [0, 1, -1, 2, 7];

/** A message that can be written in `version`, with arrays that are short and often empty. */
export function randomMessage(struct: Struct, version: number, dice: Dice): LooseMessage {
  const message: Record<string, unknown> = {};
  for (const field of struct.fields) {
    message[field.name] = includesVersion(field.versions, version) && !dice.oneIn(6)
      ? randomValue(field, version, dice)
      : defaultValue(field, version);
  }
  return message;
}

/** The message with every field at its default, in a form that `version` can carry. */
export function defaultMessage(struct: Struct, version: number): LooseMessage {
  const message: Record<string, unknown> = {};
  for (const field of struct.fields) message[field.name] = defaultValue(field, version);
  return message;
}

function randomValue(field: FieldSchema, version: number, dice: Dice): unknown {
  if (includesVersion(field.nullable, version) && dice.oneIn(5)) return null;
  if (!field.isArray) return randomElement(field, version, dice);
  return Array.from({ length: dice.below(4) }, () => randomElement(field, version, dice));
}

function randomElement(field: FieldSchema, version: number, dice: Dice): unknown {
  return typeof field.type === "string"
    ? randomPrimitive(field.type, dice)
    : randomMessage(field.type, version, dice);
}

function randomPrimitive(type: PrimitiveType, dice: Dice): unknown {
  switch (type) {
    case "bool":
      return dice.oneIn(2);
    case "int8":
      return dice.oneIn(2) ? dice.pick(NUMBERS) : dice.between(-0x80, 0x7f);
    case "int16":
      return dice.oneIn(2) ? dice.pick(NUMBERS) : dice.between(-0x8000, 0x7fff);
    case "uint16":
      return dice.between(0, 0xffff);
    case "int32":
      return dice.oneIn(2) ? dice.pick(NUMBERS) : dice.next() | 0;
    case "uint32":
      return dice.next();
    case "int64":
      return dice.oneIn(2) ? dice.pick(NUMBERS) : dice.between(-(2 ** 53), 2 ** 53 - 1);
    case "float64":
      return dice.next() / 7;
    case "uuid":
      return dice.oneIn(3) ? ZERO_UUID : uuidFromBytes(dice.bytes(16));
    case "string":
      return dice.pick(TEXTS);
    case "bytes":
    case "records":
      return dice.bytes(dice.oneIn(20) ? 20_000 : dice.below(80));
  }
}

function defaultValue(field: FieldSchema, version: number): unknown {
  const isPresent = includesVersion(field.versions, version);
  const mayBeNull = !isPresent || includesVersion(field.nullable, version);
  if (field.default !== undefined && (field.default !== null || mayBeNull)) return field.default;
  if (field.isArray) return [];
  if (typeof field.type !== "string") return defaultMessage(field.type, version);
  switch (field.type) {
    case "bool":
      return false;
    case "string":
      return "";
    case "uuid":
      return ZERO_UUID;
    case "records":
      return mayBeNull && field.nullable !== undefined ? null : new Uint8Array(0);
    case "bytes":
      return new Uint8Array(0);
    default:
      return 0;
  }
}
