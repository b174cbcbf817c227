import type { FieldSchema } from "../../src/protocol/schema/model.ts";
import {
  type Condition,
  type Context,
  encodingOf,
  fieldContext,
  flexibility,
  flexibleOnly,
  mentionsVersion,
  negate,
  type PlacedStruct,
  within,
} from "./context.ts";
import { localName, methodName } from "./names.ts";
import {
  defaultExpression,
  defaultsToNull,
  elementField,
  isOptional,
  mayBeNull,
} from "./type_declarations.ts";

/** The function that writes a struct; `takesVersion` tells which structs' functions want it. */
export function writeFunction(placed: PlacedStruct, takesVersion: ReadonlySet<string>): string {
  const { struct, context } = placed;
  const writer = new FieldWriter(struct.name, context, takesVersion);
  const plain = struct.fields.filter((field) => field.tag === undefined);
  const tagged = struct.fields.filter((field) => field.tag !== undefined);
  const statements = [
    ...plain.map((field) => writer.plainField(field)),
    ...writer.taggedFields(tagged.toSorted((a, b) => a.tag! - b.tag!)),
  ];
  let body = joined(statements);
  if (/\bflexible\b/.test(body)) {
    body = `const flexible = version >= ${context.flexibleFrom};\n${body}`;
  }
  const message = /\bmessage\b/.test(body) ? "message" : "_message";
  const version = mentionsVersion(body) ? ", version: number" : "";
  const parameters = `writer: ByteWriter, ${message}: ${struct.name}Init${version}`;
  return `function write${struct.name}(${parameters}): void {\n${body}\n}\n`;
}

/** The function that tells whether a struct holds nothing but defaults. */
export function isDefaultFunction({ struct, context }: PlacedStruct): string {
  const tests = struct.fields.map((field) => {
    const given = `message.${field.name}`;
    const test = isDefault(field, given, context);
    return isOptional(field) ? `(${given} === undefined || ${test})` : test;
  });
  const { name } = struct;
  return `function isDefault${name}(message: ${name}Init): boolean {\n` +
    `return ${tests.join(" && ")};\n}\n`;
}

/** The expression that is true when `value` is the default of `field`. */
function isDefault(field: FieldSchema, value: string, context: Context): string {
  if (defaultsToNull(field)) return `${value} === null`;
  if (field.isArray || field.type === "bytes" || field.type === "records") {
    const empty = `${value}.length === 0`;
    return mayBeNull(field, context) ? `(${value} !== null && ${empty})` : empty;
  }
  if (typeof field.type !== "string") {
    const test = `isDefault${field.type.name}(${value})`;
    return mayBeNull(field, context) ? `(${value} !== null && ${test})` : test;
  }
  return `${value} === ${defaultExpression(field)}`;
}

/** Code that runs when `condition` holds, or always. */
interface Statement {
  readonly condition?: string;
  readonly code: string;
}

/** One text of all statements; neighbours under the same condition share a block. */
function joined(statements: readonly Statement[]): string {
  const lines: string[] = [];
  let open: string | undefined;
  for (const { condition, code } of statements) {
    if (code === "") continue;
    if (open !== undefined && open !== condition) lines.push("}");
    if (condition !== undefined && open !== condition) lines.push(`if (${condition}) {`);
    open = condition;
    lines.push(code);
  }
  if (open !== undefined) lines.push("}");
  return lines.join("\n");
}

class FieldWriter {
  constructor(
    private readonly owner: string,
    private readonly context: Context,
    private readonly takesVersion: ReadonlySet<string>,
  ) {}

  /** The statements for a field outside the section of tagged fields. */
  plainField(field: FieldSchema): Statement {
    const inner = fieldContext(field, this.context);
    const present = within(field.versions, this.context);
    const twice = field.isArray || typeof field.type !== "string" ||
      (present !== true && !field.ignorable);
    const value = twice ? localName(field) : this.given(field);
    const declaration = twice ? `const ${value} = ${this.given(field)};\n` : "";
    const write = inner === undefined ? "" : this.value(field, value, inner);
    if (present === true) return { code: declaration + write };
    const refuse = this.refusal(field, value);
    if (present === false) return { code: refuse === "" ? "" : declaration + refuse };
    if (refuse === "") return { condition: present, code: declaration + write };
    return { code: `${declaration}if (${present}) {\n${write}\n} else ${refuse}` };
  }

  /** What was passed for the field, or its default. */
  private given(field: FieldSchema): string {
    const given = `message.${field.name}`;
    if (!isOptional(field)) return given;
    const fallback = defaultExpression(field);
    if (fallback === "null" || !mayBeNull(field, this.context)) return `${given} ?? ${fallback}`;
    return `${given} === undefined ? ${fallback} : ${given}`;
  }

  private refusal(field: FieldSchema, value: string): string {
    if (field.ignorable) return "";
    const test = isDefault(field, value, this.context);
    return `if (${
      negate(test)
    }) {\nthrow unsupportedField("${this.owner}", "${field.name}", version);\n}`;
  }

  /** Statements that write `value`, in versions that have the field. */
  private value(field: FieldSchema, value: string, inner: Context): string {
    const nullable = within(field.nullable, inner);
    if (field.isArray) return this.array(field, value, inner, nullable);
    if (typeof field.type === "string") {
      const { type } = field;
      const encoding = encodingOf(field, inner);
      return branch(encoding.compact, (c) => {
        return branch(c ? encoding.whenCompact : encoding.whenPlain, (n) => {
          const argument = n ? value : this.notNull(field, value);
          return `writer.${methodName(type, c, n)}(${argument});`;
        });
      });
    }
    const { name } = field.type;
    if (nullable === false) return this.callWrite(name, this.notNull(field, value));
    // KIP-893: a nullable struct follows a byte, -1 or 1; in a tagged field a varint, 0 or 1.
    const isTagged = field.tag !== undefined;
    const present = isTagged ? "writer.unsignedVarint(1);" : "writer.int8(1);";
    return `if (${value} === null) {
        ${this.requireNullable(field, nullable)}${
      isTagged ? "writer.unsignedVarint(0);" : "writer.int8(-1);"
    }
      } else {
        ${branch(nullable, (n) => n ? present : "")}
        ${this.callWrite(name, value)}
      }`;
  }

  private callWrite(struct: string, value: string): string {
    return `write${struct}(writer, ${value}${this.takesVersion.has(struct) ? ", version" : ""});`;
  }

  private notNull(field: FieldSchema, value: string): string {
    if (!mayBeNull(field, this.context)) return value;
    return `notNull(${value}, "${this.owner}", "${field.name}")`;
  }

  private requireNullable(field: FieldSchema, nullable: Condition): string {
    if (typeof nullable === "boolean") {
      return nullable ? "" : `notNull(null, "${this.owner}", "${field.name}");\n`;
    }
    return `if (${negate(nullable)}) notNull(null, "${this.owner}", "${field.name}");\n`;
  }

  private array(field: FieldSchema, value: string, inner: Context, nullable: Condition): string {
    const element = typeof field.type === "string"
      ? this.value(elementField(field), "element", inner)
      : this.callWrite(field.type.name, "element");
    const loop = (array: string): string => {
      const length = branch(
        flexibility(inner),
        (c) => `writer.${c ? "compactArrayLength" : "arrayLength"}(${array}.length);`,
      );
      return `${length}\nfor (const element of ${array}) {\n${element}\n}`;
    };
    if (nullable === false && !mayBeNull(field, this.context)) return loop(value);
    const none = branch(
      flexibility(inner),
      (c) => `writer.${c ? "compactArrayLength" : "arrayLength"}(-1);`,
    );
    return `if (${value} === null) {
        ${this.requireNullable(field, nullable)}${none}
      } else {
        ${loop(value)}
      }`;
  }

  /** The section of tagged fields; `fields` come by ascending tag. */
  taggedFields(fields: readonly FieldSchema[]): Statement[] {
    const flexible = flexibility(this.context);
    const refusals = fields.map((field) => ({ code: this.taggedRefusal(field) }));
    if (flexible === false) return refusals;
    const code = fields.length === 0 ? "writer.unsignedVarint(0);" : this.taggedSection(fields);
    return [...refusals, flexible === true ? { code } : { condition: flexible, code }];
  }

  private taggedRefusal(field: FieldSchema): string {
    const present = within(field.versions, this.context);
    if (present === true || field.ignorable) return "";
    const given = `message.${field.name}`;
    const set = `${given} !== undefined && ${negate(isDefault(field, given, this.context))}`;
    const refused = present === false ? set : `${negate(present)} && ${set}`;
    return `if (${refused}) {\n` +
      `throw unsupportedField("${this.owner}", "${field.name}", version);\n}`;
  }

  private taggedSection(fields: readonly FieldSchema[]): string {
    const lines: string[] = [];
    const counts: string[] = [];
    const writes: string[] = [];
    for (const field of fields) {
      const inner = fieldContext(field, this.context)!;
      const local = localName(field);
      const isStruct = typeof field.type !== "string" && !field.isArray && !defaultsToNull(field);
      const given = isStruct ? `message.${field.name}` : this.given(field);
      const set = isStruct
        ? `${local} !== undefined && ${negate(isDefault(field, local, this.context))}`
        : negate(isDefault(field, local, this.context));
      const present = within(field.versions, flexibleOnly(this.context));
      const written = present === true ? set : `${present} && ${set}`;
      lines.push(`const ${local} = ${given};`, `const ${local}Set = ${written};`);
      counts.push(`(${local}Set ? 1 : 0)`);
      writes.push(`if (${local}Set) {
          const mark = writer.beginTaggedField(${field.tag});
          ${this.value(field, local, inner)}
          writer.endTaggedField(mark);
        }`);
    }
    return `${lines.join("\n")}\nwriter.unsignedVarint(${counts.join(" + ")});\n${
      writes.join("\n")
    }`;
  }
}

/** A statement, or two to choose from when the version is running. */
function branch(condition: Condition, statement: (value: boolean) => string): string {
  if (typeof condition === "boolean") return statement(condition);
  const whenTrue = statement(true);
  const whenFalse = statement(false);
  if (whenTrue === whenFalse) return whenTrue;
  const otherwise = whenFalse === "" ? "" : ` else {\n${whenFalse}\n}`;
  return `if (${condition}) {\n${whenTrue}\n}${otherwise}`;
}
