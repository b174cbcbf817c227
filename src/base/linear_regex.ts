/**
 * Regular expressions of others. They run on the event loop, and one that backtracks could stop it
 * for good, so that they are RE2's: matched in time that grows with the text and the size of the
 * expression alone. RE2's syntax has neither look-around nor back-references.
 */
import { RE2JS, RE2JSException } from "re2js";

/** Characters of an expression at most. */
const PATTERN_CHARS_MAX = 1000;
/** Counts of repetition, all together: each is written out when the expression is compiled. */
const REPETITIONS_MAX = 1000;
const REPETITION = /\{(\d+)(?:,(\d*))?\}/g;
/** Instructions at most: what is short to read may be long to run. */
const PROGRAM_SIZE_MAX = 2000;

/** An expression that was found sound. */
export class LinearRegex {
  private constructor(private readonly compiled: RE2JS) {}

  /** Undefined when `pattern` is none of RE2's, or too large to run here. */
  static parse(pattern: string): LinearRegex | undefined {
    if (pattern.length > PATTERN_CHARS_MAX) return undefined;
    if (repetitionsIn(pattern) > REPETITIONS_MAX) return undefined;
    try {
      const compiled = RE2JS.compile(pattern);
      return compiled.programSize() > PROGRAM_SIZE_MAX ? undefined : new LinearRegex(compiled);
    } catch (error) {
      if (!(error instanceof RE2JSException)) throw error;
      return undefined;
    }
  }

  /** Whether the whole of `text` matches. */
  matches(text: string): boolean {
    return this.compiled.testExact(text);
  }
}

function repetitionsIn(pattern: string): number {
  let count = 0;
  for (const [, least, most] of pattern.matchAll(REPETITION)) {
    count += Math.max(Number(least), Number(most ?? 0));
  }
  return count;
}
