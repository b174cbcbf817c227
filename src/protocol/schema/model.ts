import type { VersionRange } from "../codec.ts";

/** The types of the wire that are not composed of others. */
export const PRIMITIVE_TYPES = [
  "bool",
  "int8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "float64",
  "uuid",
  "string",
  "bytes",
  "records",
] as const;

export type PrimitiveType = typeof PRIMITIVE_TYPES[number];

/** What a schema may give as the default of a field. */
export type DefaultValue = boolean | number | string | null;

/** A composed type. Two fields that share one object share one generated type. */
export interface StructSchema {
  readonly name: string;
  readonly fields: readonly FieldSchema[];
}

/** One field of a message or struct. */
export interface FieldSchema {
  readonly name: string;
  /** Of an array, the type of its elements. */
  readonly type: PrimitiveType | StructSchema;
  readonly isArray: boolean;
  /** The versions that have the field, tagged or not. */
  readonly versions: VersionRange;
  /** The versions in which it may be null. */
  readonly nullable: VersionRange | undefined;
  /** The versions in which it stands in the section of tagged fields, under `tag`. */
  readonly tagged: VersionRange | undefined;
  readonly tag: number | undefined;
  /** The default that the schema gives; undefined stands for zero, empty or false. */
  readonly default: DefaultValue | undefined;
  /** True when a version that lacks the field may be written although the field is set. */
  readonly ignorable: boolean;
  /** True when the elements of the surrounding array are distinguished by this field. */
  readonly mapKey: boolean;
  /** False when the field keeps its old encoding in versions that are flexible. */
  readonly flexible: boolean;
}

/** What kind of thing a message is. */
export type MessageKind =
  | "request"
  | "response"
  | "header"
  | "metadata"
  | "coordinatorKey"
  | "coordinatorValue"
  | "data";

/** One message with all its versions. */
export interface MessageSchema {
  readonly kind: MessageKind;
  readonly name: string;
  /** The API key, or the number of the record type. */
  readonly apiKey: number | undefined;
  readonly versions: VersionRange;
  /** The first flexible version; undefined when none is. */
  readonly flexibleFrom: number | undefined;
  readonly latestVersionUnstable: boolean;
  readonly fields: readonly FieldSchema[];
}

/** A request and its response. */
export interface ApiSchema {
  readonly key: number;
  readonly name: string;
  readonly request: MessageSchema;
  readonly response: MessageSchema;
}

/** The end of an open range such as "3+": no version is higher. */
export const OPEN_END = 0x7fff;

/**
 * The range that "3", "3-7" or "3+" names.
 * @throws {Error} when the text is none of these
 */
export function parseVersions(text: string): VersionRange {
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text);
  if (match === null) throw new Error(`no version range: ${text}`);
  const min = Number(match[1]);
  if (match[2] !== undefined) return { min, max: OPEN_END };
  return { min, max: match[3] === undefined ? min : Number(match[3]) };
}

/** True when `range` holds `version`; an absent range holds none. */
export function includesVersion(range: VersionRange | undefined, version: number): boolean {
  return range !== undefined && version >= range.min && version <= range.max;
}

/** The versions in both; undefined when there are none. */
export function intersectVersions(
  a: VersionRange | undefined,
  b: VersionRange | undefined,
): VersionRange | undefined {
  if (a === undefined || b === undefined) return undefined;
  const min = Math.max(a.min, b.min);
  const max = Math.min(a.max, b.max);
  return min <= max ? { min, max } : undefined;
}
