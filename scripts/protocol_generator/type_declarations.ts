import {
  type FieldSchema,
  intersectVersions,
  type PrimitiveType,
  type StructSchema,
} from "../../src/protocol/schema/model.ts";
import type { Context, PlacedStruct } from "./context.ts";
import { constantCase } from "./names.ts";

const TYPESCRIPT: Readonly<Record<PrimitiveType, string>> = {
  bool: "boolean",
  int8: "number",
  int16: "number",
  uint16: "number",
  int32: "number",
  uint32: "number",
  int64: "number",
  float64: "number",
  uuid: "Uuid",
  string: "string",
  bytes: "Uint8Array",
  records: "Uint8Array",
};

/** True when the default of the field is null. Records are the only type whose own default is. */
export function defaultsToNull(field: FieldSchema): boolean {
  return field.default === null ||
    (field.default === undefined && field.type === "records" && field.nullable !== undefined);
}

/** True when some version that is served may hold null. */
export function mayBeNull(field: FieldSchema, context: Context): boolean {
  return defaultsToNull(field) ||
    intersectVersions(field.nullable, context.versions) !== undefined;
}

/** True when the field may be left out of what is written. */
export function isOptional(field: FieldSchema): boolean {
  return field.default !== undefined || field.tag !== undefined;
}

/** True when what is written has a type of its own: something in it is optional, or records. */
export function hasOwnInit(struct: StructSchema): boolean {
  return struct.fields.some((field) =>
    isOptional(field) || field.type === "records" ||
    (typeof field.type !== "string" && hasOwnInit(field.type))
  );
}

/** The interfaces of a struct as it is read and as it is written. */
export function declareTypes({ struct, context }: PlacedStruct, doc: string): string {
  const { name } = struct;
  if (struct.fields.length === 0) {
    return `${doc}export type ${name} = Record<string, never>;\nexport type ${name}Init = ${name};\n`;
  }
  const read = struct.fields.map((field) =>
    `  readonly ${field.name}: ${fieldType(field, context, false)};\n`
  );
  const init = struct.fields.map((field) =>
    `  readonly ${field.name}${isOptional(field) ? "?" : ""}: ${fieldType(field, context, true)};\n`
  );
  const initType = hasOwnInit(struct)
    ? `export interface ${name}Init {\n${init.join("")}}\n`
    : `export type ${name}Init = ${name};\n`;
  return `${doc}export interface ${name} {\n${read.join("")}}\n\n${initType}`;
}

function fieldType(field: FieldSchema, context: Context, init: boolean): string {
  const nullable = mayBeNull(field, context);
  if (init && field.type === "records") {
    return nullable ? "RecordsInit" : "Exclude<RecordsInit, null>";
  }
  const element = elementType(field, init);
  const type = field.isArray ? `readonly ${element}[]` : element;
  return nullable ? `${type} | null` : type;
}

/** The type of the field, or of its elements when it is an array. */
export function elementType(field: FieldSchema, init: boolean): string {
  if (typeof field.type === "string") return TYPESCRIPT[field.type];
  return init ? `${field.type.name}Init` : field.type.name;
}

/** A field like the elements of `field`, an array. */
export function elementField(field: FieldSchema): FieldSchema {
  return { ...field, isArray: false, nullable: undefined, default: undefined };
}

/** The default of a field as an expression. Structs have constants. */
export function defaultExpression(field: FieldSchema): string {
  if (defaultsToNull(field)) return "null";
  if (field.isArray) return "[]";
  if (typeof field.type !== "string") return `DEFAULT_${constantCase(field.type.name)}`;
  if (field.type === "uuid") return "ZERO_UUID";
  if (field.type === "bytes" || field.type === "records") return "EMPTY_BYTES";
  const value = field.default ?? (field.type === "bool" ? false : field.type === "string" ? "" : 0);
  return value === 2 ** 63 ? "2 ** 63" : JSON.stringify(value);
}

/** The constant that stands for a struct that a version lacks. */
export function declareDefault({ struct }: PlacedStruct): string {
  const values = struct.fields.map((field) => `  ${field.name}: ${defaultExpression(field)},\n`);
  const { name } = struct;
  return `const DEFAULT_${constantCase(name)}: ${name} = {\n${values.join("")}};\n`;
}
