import type { FieldSchema, PrimitiveType } from "../../src/protocol/schema/model.ts";

/** `FetchRequest` as `fetch_request`. */
export function snakeCase(name: string): string {
  return name.replace(/KRaft/g, "Kraft").replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
}

/** `FetchRequest` as `fetchRequest`. */
export function camelCase(name: string): string {
  const text = name.replace(/KRaft/g, "Kraft");
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** `LeaderIdAndEpoch` as `LEADER_ID_AND_EPOCH`. */
export function constantCase(name: string): string {
  return snakeCase(name).toUpperCase();
}

const TAKEN = new Set([
  "element",
  "end",
  "flexible",
  "left",
  "mark",
  "message",
  "reader",
  "tags",
  "version",
  "writer",
]);

/** The local variable that holds a field, clear of the names that generated code uses itself. */
export function localName(field: FieldSchema): string {
  return TAKEN.has(field.name) ? `${field.name}Field` : field.name;
}

const CAPITALISED: Readonly<Partial<Record<PrimitiveType, string>>> = {
  string: "String",
  bytes: "Bytes",
  records: "Records",
};

/** The method of reader and writer for a type, such as `compactNullableString`. */
export function methodName(type: PrimitiveType, compact: boolean, nullable: boolean): string {
  const capitalised = CAPITALISED[type];
  return capitalised === undefined ? type : variant(capitalised, compact, nullable);
}

/** The method of reader and writer for the length of an array. */
export function lengthMethodName(compact: boolean, nullable: boolean): string {
  return variant("ArrayLength", compact, nullable);
}

function variant(capitalised: string, compact: boolean, nullable: boolean): string {
  const name = (compact ? "Compact" : "") + (nullable ? "Nullable" : "") + capitalised;
  return name.charAt(0).toLowerCase() + name.slice(1);
}
