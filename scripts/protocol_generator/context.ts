import type { VersionRange } from "../../src/protocol/codec.ts";
import {
  type FieldSchema,
  includesVersion,
  intersectVersions,
  type MessageSchema,
  type PrimitiveType,
  type StructSchema,
} from "../../src/protocol/schema/model.ts";

/**
 * The versions that a piece of generated code runs in, by which its conditions are simplified:
 * where only flexible versions come, nothing asks whether the version is flexible.
 */
export interface Context {
  readonly versions: VersionRange;
  readonly flexibleFrom: number | undefined;
}

/** A condition on the version: known when generating, or an expression for run time. */
export type Condition = boolean | string;

/** When a version of `context` is within `range`. */
export function within(range: VersionRange | undefined, context: Context): Condition {
  const common = intersectVersions(range, context.versions);
  if (common === undefined) return false;
  const { min, max } = context.versions;
  const lower = common.min > min ? `version >= ${common.min}` : undefined;
  const upper = common.max < max ? `version <= ${common.max}` : undefined;
  if (lower === undefined) return upper ?? true;
  return upper === undefined ? lower : `${lower} && ${upper}`;
}

/** When a version of `context` is flexible: the name `flexible` where it must be asked. */
export function flexibility(context: Context): Condition {
  const { flexibleFrom, versions } = context;
  if (flexibleFrom === undefined || flexibleFrom > versions.max) return false;
  return flexibleFrom <= versions.min ? true : "flexible";
}

/** The opposite of a comparison, or of a condition that is made of several. */
export function negate(condition: string): string {
  const simple = /^([\w.]+) (===|>=|<=) ([^&|]+)$/.exec(condition);
  if (simple === null) {
    return /^[\w.]+\([^()]*\)$/.test(condition) ? `!${condition}` : `!(${condition})`;
  }
  const opposite = { "===": "!==", ">=": "<", "<=": ">" }[simple[2] as "===" | ">=" | "<="];
  return `${simple[1]} ${opposite} ${simple[3]}`;
}

/** True when generated code mentions the variable `version`, not a property or text of that name. */
export function mentionsVersion(code: string): boolean {
  return /(?<![."\w])version(?![":\w])/.test(code);
}

/** The context of the code that runs only where `field` is present; undefined if it never is. */
export function fieldContext(field: FieldSchema, context: Context): Context | undefined {
  const versions = intersectVersions(field.versions, context.versions);
  return versions === undefined ? undefined : { ...context, versions };
}

/** The context of the section of tagged fields, which only flexible versions have. */
export function flexibleOnly(context: Context): Context {
  const { versions: { min, max }, flexibleFrom } = context;
  return { flexibleFrom, versions: { min: Math.max(min, flexibleFrom ?? min), max } };
}

/** The context of the branch in which a version is flexible, or is not. */
function flexibleBranch(context: Context, flexible: boolean): Context {
  if (flexibility(context) !== "flexible") return context;
  if (flexible) return flexibleOnly(context);
  return { ...context, versions: { ...context.versions, max: context.flexibleFrom! - 1 } };
}

/** How a field stands on the wire: with compact lengths or old ones, able to be null or not. */
export interface Encoding<T> {
  readonly compact: Condition;
  readonly whenCompact: T;
  readonly whenPlain: T;
}

/** The conditions for compact lengths and, in either branch, for null. */
export function encodingOf(field: FieldSchema, context: Context): Encoding<Condition> {
  if (!field.flexible) {
    const nullable = within(field.nullable, context);
    return { compact: false, whenCompact: nullable, whenPlain: nullable };
  }
  return {
    compact: flexibility(context),
    whenCompact: within(field.nullable, flexibleBranch(context, true)),
    whenPlain: within(field.nullable, flexibleBranch(context, false)),
  };
}

/** Chooses between two expressions by a condition. */
export function choose(condition: Condition, whenTrue: string, whenFalse: string): string {
  if (condition === true) return whenTrue;
  if (condition === false || whenTrue === whenFalse) return whenFalse;
  return `(${condition} ? ${whenTrue} : ${whenFalse})`;
}

/** A struct with the versions that it is reached in. */
export interface PlacedStruct {
  readonly struct: StructSchema;
  readonly context: Context;
}

/**
 * All structs of a message, inner ones first, the message itself last. A shared struct comes once,
 * with the range of versions from the first to the last that reaches it.
 */
export function structsOf(message: MessageSchema): PlacedStruct[] {
  const order: StructSchema[] = [];
  const reach = new Map<StructSchema, VersionRange>();
  const visit = (struct: StructSchema, versions: VersionRange): void => {
    const known = reach.get(struct);
    const widened = known === undefined ? versions : {
      min: Math.min(known.min, versions.min),
      max: Math.max(known.max, versions.max),
    };
    reach.set(struct, widened);
    for (const field of struct.fields) {
      const inner = intersectVersions(field.versions, widened);
      if (typeof field.type !== "string") visit(field.type, inner ?? widened);
    }
    if (!order.includes(struct)) order.push(struct);
  };
  visit({ name: message.name, fields: message.fields }, message.versions);
  const { flexibleFrom } = message;
  return order.map((struct) => ({
    struct,
    context: { versions: reach.get(struct)!, flexibleFrom },
  }));
}

const FIXED_BYTES: Readonly<Partial<Record<PrimitiveType, number>>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
};

/** The least number of bytes that an element of the array `field` takes in any version. */
export function elementBytesMin(field: FieldSchema, context: Context): number {
  let least = Infinity;
  for (let version = context.versions.min; version <= context.versions.max; version++) {
    least = Math.min(least, typeBytesMin(field.type, version, context));
  }
  if (least < 1) {
    throw new Error(`elements of ${field.name} may be empty: no bound on their number`);
  }
  return least;
}

function typeBytesMin(
  type: PrimitiveType | StructSchema,
  version: number,
  context: Context,
): number {
  const flexible = context.flexibleFrom !== undefined && version >= context.flexibleFrom;
  if (typeof type === "string") {
    return FIXED_BYTES[type] ?? (flexible ? 1 : type === "string" ? 2 : 4);
  }
  let bytes = flexible ? 1 : 0;
  for (const field of type.fields) {
    if (!includesVersion(field.versions, version) || includesVersion(field.tagged, version)) {
      continue;
    }
    if (field.isArray) bytes += flexible ? 1 : 4;
    else if (typeof field.type !== "string" && field.nullable !== undefined) bytes += 1;
    else bytes += typeBytesMin(field.type, version, context);
  }
  return bytes;
}
