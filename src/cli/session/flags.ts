/** Flags that many commands share, and their parameters for the command-line parser. */
import { OUTPUT_FORMATS, type OutputFormat } from "../output/report.ts";
import { parseDuration } from "../output/units.ts";

/** How brokers are found. */
export interface ConnectionFlags {
  readonly brokers?: string | undefined;
  readonly context?: string | undefined;
  readonly timeout?: number | undefined;
}

/** How results are printed. */
export interface OutputFlags {
  readonly output?: OutputFormat | undefined;
}

/** What nearly every command takes. */
export type CommonFlags = ConnectionFlags & OutputFlags;

/** For commands that change what can't be changed back. */
export interface DangerFlags {
  readonly yes?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export const connectionParameters = {
  brokers: {
    kind: "parsed",
    parse: String,
    optional: true,
    placeholder: "HOST:PORT[,...]",
    brief: "Brokers to ask first (default: the context's, JOCKO_BROKERS, 127.0.0.1:9092)",
  },
  context: {
    kind: "parsed",
    parse: String,
    optional: true,
    placeholder: "NAME",
    brief: "Context to use in place of the current one",
  },
  timeout: {
    kind: "parsed",
    parse: parseDuration,
    optional: true,
    placeholder: "DURATION",
    brief: "Give up after so long (default 30s)",
  },
} as const;

export const outputParameters = {
  output: {
    kind: "enum",
    values: OUTPUT_FORMATS,
    optional: true,
    brief: "Form of the result (default table)",
  },
} as const;

export const commonParameters = { ...connectionParameters, ...outputParameters } as const;

export const commonAliases = { o: "output", b: "brokers" } as const;

export const dangerParameters = {
  yes: { kind: "boolean", optional: true, withNegated: false, brief: "Do not ask" },
  dryRun: {
    kind: "boolean",
    optional: true,
    withNegated: false,
    brief: "Show what would be done, and do nothing",
  },
} as const;

/** A flag with text as its value. */
export function textFlag<P extends string>(placeholder: P, brief: string) {
  return { kind: "parsed", parse: String, optional: true, placeholder, brief } as const;
}

/** A flag that may be given several times. */
export function listFlag(placeholder: string, brief: string) {
  return {
    kind: "parsed",
    parse: String,
    optional: true,
    variadic: true,
    placeholder,
    brief,
  } as const;
}

/** A flag with a whole number from `min` on as its value. */
export function countFlag(placeholder: string, brief: string, min = 1) {
  return {
    kind: "parsed",
    parse: (text: string) => parseCount(text, min),
    optional: true,
    placeholder,
    brief,
  } as const;
}

/** A flag that is given or not. */
export function switchFlag(brief: string) {
  return { kind: "boolean", optional: true, withNegated: false, brief } as const;
}

/** @throws {SyntaxError} when `text` is no whole number of at least `min` */
export function parseCount(text: string, min = 0): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value) || value < min) {
    throw new SyntaxError(`${text} is no whole number${min > 0 ? ` of at least ${min}` : ""}`);
  }
  return value;
}

/** @throws {SyntaxError} when `text` is not `NAME=VALUE` */
export function parsePair(text: string): readonly [name: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1) throw new SyntaxError(`${text} is not NAME=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}
