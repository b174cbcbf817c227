import { invariant } from "../../base/invariant.ts";
import type { VersionRange } from "../codec.ts";
import {
  type ApiSchema,
  type DefaultValue,
  type FieldSchema,
  type MessageKind,
  type MessageSchema,
  OPEN_END,
  parseVersions,
  PRIMITIVE_TYPES,
  type PrimitiveType,
  type StructSchema,
} from "./model.ts";

/**
 * The words that the schemas of this folder are written in. Versions are texts: "3" is one, "3-7"
 * a closed range, "3+" an open one. A field reads as type, versions, and what is special about it:
 *
 *     leaderEpoch: int32("9+", { default: -1, ignorable: true }),
 *     partitions: arrayOf("FetchPartition", "0+", { fields: { ... } }),
 */
export interface FieldOptions {
  /** The versions that allow null; `true` stands for all that have the field. */
  readonly nullable?: true | string;
  /** Makes it a tagged field. */
  readonly tag?: number;
  /** The versions in which it is tagged; when left out, all that have the field. */
  readonly tagged?: string;
  /** Without it: zero, empty or false. */
  readonly default?: DefaultValue;
  readonly ignorable?: true;
  readonly mapKey?: true;
  /** "none" keeps the encoding of old versions in flexible ones. */
  readonly flexible?: "none";
}

/** Options of a field whose type is declared in place. */
export interface StructOptions extends FieldOptions {
  readonly fields?: Fields;
}

/** A field that has no name yet: its key in {@link Fields} gives it. */
export type FieldDeclaration = Omit<FieldSchema, "name">;

/** The fields of a struct in the order of the wire. */
export type Fields = Readonly<Record<string, FieldDeclaration>>;

function declare(
  type: PrimitiveType | StructSchema,
  isArray: boolean,
  versionsText: string,
  options: FieldOptions,
): FieldDeclaration {
  const versions = parseVersions(versionsText);
  const { nullable, tagged } = options;
  return {
    type,
    isArray,
    versions,
    nullable: nullable === undefined
      ? undefined
      : nullable === true
      ? versions
      : parseVersions(nullable),
    tagged: options.tag === undefined
      ? undefined
      : tagged === undefined
      ? versions
      : parseVersions(tagged),
    tag: options.tag,
    default: options.default,
    ignorable: options.ignorable === true,
    mapKey: options.mapKey === true,
    flexible: options.flexible !== "none",
  };
}

function primitive(type: PrimitiveType) {
  return (versions: string, options: FieldOptions = {}): FieldDeclaration =>
    declare(type, false, versions, options);
}

export const bool = primitive("bool");
export const int8 = primitive("int8");
export const int16 = primitive("int16");
export const uint16 = primitive("uint16");
export const int32 = primitive("int32");
export const uint32 = primitive("uint32");
export const int64 = primitive("int64");
export const float64 = primitive("float64");
export const uuid = primitive("uuid");
export const string = primitive("string");
export const bytes = primitive("bytes");
export const records = primitive("records");

/** 2^63-1 as the nearest double, which is how an int64 of that value is held. */
export const INT64_MAX = 2 ** 63;

/** A struct that several fields of a message share. */
export function shared(name: string, fields: Fields): StructSchema {
  return { name, fields: named(fields) };
}

/** A field that holds one struct, declared in place or {@link shared}. */
export function struct(
  type: string | StructSchema,
  versions: string,
  options: StructOptions = {},
): FieldDeclaration {
  return declare(structOf(type, options), false, versions, options);
}

/** A field that holds an array: of a primitive type, or of structs as in {@link struct}. */
export function arrayOf(
  type: string | StructSchema,
  versions: string,
  options: StructOptions = {},
): FieldDeclaration {
  const element = isPrimitive(type) ? type : structOf(type, options);
  return declare(element, true, versions, options);
}

function isPrimitive(type: string | StructSchema): type is PrimitiveType {
  return (PRIMITIVE_TYPES as readonly unknown[]).includes(type);
}

function structOf(type: string | StructSchema, options: StructOptions): StructSchema {
  if (typeof type !== "string") {
    invariant(options.fields === undefined, `${type.name} is shared and has its fields`);
    return type;
  }
  invariant(options.fields !== undefined, `${type} has no fields`);
  return { name: type, fields: named(options.fields) };
}

function named(fields: Fields): readonly FieldSchema[] {
  return Object.entries(fields).map(([name, field]) => ({ name, ...field }));
}

/** A message without its name and kind. */
export interface MessageBody {
  readonly versions: string;
  /** The versions with compact lengths and tagged fields, such as "12+". */
  readonly flexible?: string;
  readonly latestVersionUnstable?: true;
  readonly fields: Fields;
}

/** Declares an API. `name` is without "Request" and "Response". */
export function api(
  key: number,
  name: string,
  bodies: { readonly request: MessageBody; readonly response: MessageBody },
): ApiSchema {
  return {
    key,
    name,
    request: message("request", `${name}Request`, bodies.request, key),
    response: message("response", `${name}Response`, bodies.response, key),
  };
}

/** Declares a message that is no part of an API. `apiKey` is the number of a record type. */
export function message(
  kind: MessageKind,
  name: string,
  body: MessageBody,
  apiKey?: number,
): MessageSchema {
  const flexible: VersionRange | undefined = body.flexible === undefined
    ? undefined
    : parseVersions(body.flexible);
  invariant(flexible === undefined || flexible.max === OPEN_END, `${name} stops being flexible`);
  return {
    kind,
    name,
    apiKey,
    versions: parseVersions(body.versions),
    flexibleFrom: flexible?.min,
    latestVersionUnstable: body.latestVersionUnstable === true,
    fields: named(body.fields),
  };
}
