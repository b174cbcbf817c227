/** From the text of a configuration value to the value. */
import type { ConfigDefinition, ConfigType, ConfigValue } from "./definition.ts";

/** A value, or what would have been allowed in its place. */
export type ParsedConfigValue =
  | {
    readonly ok: true;
    readonly value: ConfigValue;
    /** The value in its canonical spelling: trimmed, lists without blanks and repeats. */
    readonly text: string;
  }
  | { readonly ok: false; readonly allowed: string };

const INTEGERS = {
  short: { min: -(2n ** 15n), max: 2n ** 15n - 1n, name: "16-bit integer" },
  int: { min: -(2n ** 31n), max: 2n ** 31n - 1n, name: "32-bit integer" },
  long: { min: -(2n ** 63n), max: 2n ** 63n - 1n, name: "64-bit integer" },
} as const;

/** Parses `text` by the type of `definition` and checks its constraint. */
export function parseConfigValue(definition: ConfigDefinition, text: string): ParsedConfigValue {
  const parsed = parseType(definition.type, text);
  const { valid } = definition;
  if (parsed === undefined) {
    const name = describeType(definition.type);
    return { ok: false, allowed: valid === undefined ? name : `${name}: ${valid.allowed}` };
  }
  if (valid !== undefined && !valid.accepts(parsed.value)) {
    return { ok: false, allowed: valid.allowed };
  }
  return { ok: true, ...parsed };
}

/** The names of a list: separated by commas, blanks around them dropped. */
export function splitConfigList(text: string): string[] {
  const trimmed = text.trim();
  return trimmed === "" ? [] : trimmed.split(/\s*,\s*/);
}

/**
 * The name among `names` that was probably meant by `name`: the one with the fewest edits, at most
 * a third of the letters. Undefined when none is that close.
 */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let fewestEdits = Math.max(1, Math.floor(name.length / 3)) + 1;
  const sought = name.toLowerCase();
  for (const candidate of names) {
    if (Math.abs(candidate.length - sought.length) >= fewestEdits) continue;
    const edits = editDistance(sought, candidate.toLowerCase());
    if (edits < fewestEdits) {
      fewestEdits = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Insertions, deletions, substitutions and swaps of neighbours that make `a` of `b`. */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = a[row - 1] === b[column - 1] ? 0 : 1;
      let edits = Math.min(
        previous[column]! + 1,
        current[column - 1]! + 1,
        previous[column - 1]! + substitution,
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] &&
        a[row - 2] === b[column - 1];
      if (swapped) edits = Math.min(edits, beforePrevious[column - 2]! + 1);
      current.push(edits);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length]!;
}

function describeType(type: ConfigType): string {
  switch (type) {
    case "boolean":
      return "true or false";
    case "short":
    case "int":
    case "long":
      return `a ${INTEGERS[type].name}`;
    case "double":
      return "a number";
    case "list":
      return "a list, separated by commas, without empty items";
    case "string":
    case "class":
    case "password":
      return "a text";
  }
}

function parseType(
  type: ConfigType,
  text: string,
): { readonly value: ConfigValue; readonly text: string } | undefined {
  const trimmed = text.trim();
  switch (type) {
    case "boolean": {
      const lower = trimmed.toLowerCase();
      return lower === "true" || lower === "false"
        ? { value: lower === "true", text: lower }
        : undefined;
    }
    case "short":
    case "int":
    case "long": {
      if (!/^[+-]?\d+$/.test(trimmed)) return undefined;
      const integer = BigInt(trimmed.replace(/^\+/, ""));
      const { min, max } = INTEGERS[type];
      if (integer < min || integer > max) return undefined;
      return { value: Number(integer), text: String(integer) };
    }
    case "double": {
      if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return undefined;
      return { value: Number(trimmed), text: trimmed };
    }
    case "list": {
      const items = [...new Set(splitConfigList(text))];
      if (items.includes("")) return undefined;
      return { value: items, text: items.join(",") };
    }
    case "class":
    case "string":
      return { value: trimmed, text: trimmed };
    case "password":
      return { value: text, text };
  }
}
