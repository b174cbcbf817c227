import type { FieldSchema } from "../../src/protocol/schema/model.ts";
import {
  choose,
  type Condition,
  type Context,
  elementBytesMin,
  encodingOf,
  fieldContext,
  flexibility,
  flexibleOnly,
  mentionsVersion,
  negate,
  type PlacedStruct,
  within,
} from "./context.ts";
import { lengthMethodName, localName, methodName } from "./names.ts";
import { defaultExpression, elementField, elementType, mayBeNull } from "./type_declarations.ts";

/** The function that reads a struct; `takesVersion` tells which structs' functions want it. */
export function readFunction(placed: PlacedStruct, takesVersion: ReadonlySet<string>): string {
  const { struct, context } = placed;
  const lines: string[] = [];
  for (const field of struct.fields) {
    if (field.tag === undefined) lines.push(readField(field, context, takesVersion));
  }
  const tagged = struct.fields.filter((field) => field.tag !== undefined);
  lines.push(...readTagged(tagged, context, takesVersion));
  const properties = struct.fields.map((field) => {
    const local = localName(field);
    return local === field.name ? field.name : `${field.name}: ${local}`;
  });
  lines.push(`return { ${properties.join(", ")} };`);
  let body = lines.join("\n");
  if (/\bflexible\b/.test(body)) {
    body = `const flexible = version >= ${context.flexibleFrom};\n${body}`;
  }
  const reader = /\breader\b/.test(body) ? "reader" : "_reader";
  const version = mentionsVersion(body) ? ", version: number" : "";
  return `function read${struct.name}(${reader}: ByteReader${version}): ${struct.name} {\n${body}\n}\n`;
}

function readField(
  field: FieldSchema,
  context: Context,
  takesVersion: ReadonlySet<string>,
): string {
  const local = localName(field);
  const inner = fieldContext(field, context);
  if (inner === undefined) return `const ${local} = ${defaultExpression(field)};`;
  const present = within(field.versions, context);
  if (field.isArray) return readArray(field, context, inner, present, takesVersion);
  const value = readValue(field, inner, takesVersion);
  return `const ${local} = ${choose(present, value, defaultExpression(field))};`;
}

/** The expression that reads a field that is no array, in versions that have it. */
function readValue(
  field: FieldSchema,
  context: Context,
  takesVersion: ReadonlySet<string>,
): string {
  if (typeof field.type === "string") {
    const { type } = field;
    return byEncoding(field, context, (c, n) => `reader.${methodName(type, c, n)}()`);
  }
  const read = callRead(field.type.name, takesVersion);
  const isNull = field.tag === undefined ? "reader.int8() < 0" : "reader.unsignedVarint() === 0";
  return choose(within(field.nullable, context), `(${isNull} ? null : ${read})`, read);
}

function callRead(struct: string, takesVersion: ReadonlySet<string>): string {
  return `read${struct}(reader${takesVersion.has(struct) ? ", version" : ""})`;
}

/** An expression in its four encodings, by what is known of the version. */
function byEncoding(
  field: FieldSchema,
  context: Context,
  expression: (compact: boolean, nullable: boolean) => string,
): string {
  const { compact, whenCompact, whenPlain } = encodingOf(field, context);
  return choose(
    compact,
    choose(whenCompact, expression(true, true), expression(true, false)),
    choose(whenPlain, expression(false, true), expression(false, false)),
  );
}

function readArray(
  field: FieldSchema,
  context: Context,
  inner: Context,
  present: Condition,
  takesVersion: ReadonlySet<string>,
): string {
  const local = localName(field);
  const elements = `${elementType(field, false)}[]`;
  const body = arrayBody(field, context, inner, takesVersion);
  if (!mayBeNull(field, context)) {
    return `const ${local}: ${elements} = [];\n${guarded(present, body)}`;
  }
  const initial = present === true ? "null" : defaultExpression(field);
  return `let ${local}: ${elements} | null = ${initial};\n${guarded(present, body)}`;
}

function guarded(present: Condition, body: string): string {
  return present === true ? body : `if (${present}) {\n${body}\n}`;
}

/** Statements that fill the array; it is declared already. */
function arrayBody(
  field: FieldSchema,
  context: Context,
  inner: Context,
  takesVersion: ReadonlySet<string>,
): string {
  const local = localName(field);
  const least = elementBytesMin(field, inner);
  const length = byEncoding(
    field,
    inner,
    (compact, nullable) => `reader.${lengthMethodName(compact, nullable)}(${least})`,
  );
  const element = typeof field.type === "string"
    ? readValue(elementField(field), inner, takesVersion)
    : callRead(field.type.name, takesVersion);
  if (!mayBeNull(field, context)) {
    return `const ${local}Length = ${length};
      for (let left = ${local}Length; left > 0; left--) {\n${local}.push(${element});\n}`;
  }
  return `const ${local}Length = ${length};
    ${local} = ${local}Length < 0 ? null : [];
    if (${local} !== null) {
      for (let left = ${local}Length; left > 0; left--) {\n${local}.push(${element});\n}
    }`;
}

function readTagged(
  fields: readonly FieldSchema[],
  context: Context,
  takesVersion: ReadonlySet<string>,
): string[] {
  const flexible = flexibility(context);
  if (flexible === false) return [];
  const guard = (body: string): string =>
    flexible === true ? body : `if (${flexible}) {\n${body}\n}`;
  if (fields.length === 0) return [guard("reader.skipTaggedFields();")];
  const declarations = fields.map((field) => {
    const nullable = mayBeNull(field, context) ? " | null" : "";
    const type = elementType(field, false) + (field.isArray ? "[]" : "");
    return `let ${localName(field)}: ${type}${nullable} = ${defaultExpression(field)};`;
  });
  const cases = fields.map((field) => taggedCase(field, context, takesVersion)).join("\n");
  return [
    ...declarations,
    guard(`for (let tags = reader.unsignedVarint(); tags > 0; tags--) {
      switch (reader.unsignedVarint()) {
        ${cases}
        default:
          reader.skipTaggedField();
      }
    }`),
  ];
}

function taggedCase(
  field: FieldSchema,
  context: Context,
  takesVersion: ReadonlySet<string>,
): string {
  const inner = fieldContext(field, context);
  if (inner === undefined) throw new Error(`${field.name} is tagged in no version that is served`);
  const local = localName(field);
  const present = within(field.versions, flexibleOnly(context));
  const skip = typeof present === "boolean"
    ? ""
    : `if (${negate(present)}) {\nreader.skipTaggedField();\nbreak;\n}\n`;
  const read = field.isArray
    ? `${mayBeNull(field, context) ? "" : `${local} = [];\n`}${
      arrayBody(field, context, inner, takesVersion)
    }`
    : `${local} = ${readValue(field, inner, takesVersion)};`;
  return `case ${field.tag}: {
    ${skip}const end = reader.beginTaggedField();
    ${read}
    reader.endTaggedField(end);
    break;
  }`;
}
