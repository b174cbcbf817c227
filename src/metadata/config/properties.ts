/**
 * Java `.properties` files, as `java.util.Properties.load` reads them: comments after `#` or `!`,
 * `=`, `:` or blanks between key and value, a backslash before the line's end to go on in the
 * next line, and the escapes `\t \n \r \f \uXXXX`.
 */

/** A key and its value. `line`, from 1 on, is where the key stands. */
export interface PropertyEntry {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** A line that can't be read. */
export interface PropertyError {
  readonly line: number;
  readonly message: string;
}

/** What a file holds, in its order. A key that occurs twice is there twice. */
export interface ParsedProperties {
  readonly entries: readonly PropertyEntry[];
  readonly errors: readonly PropertyError[];
}

interface LogicalLine {
  readonly text: string;
  readonly line: number;
}

/** Reads all of `text`; what is wrong with one line does not stop the reading of the others. */
export function parseProperties(text: string): ParsedProperties {
  const entries: PropertyEntry[] = [];
  const errors: PropertyError[] = [];
  for (const { text: content, line } of logicalLines(text)) {
    const keyEnd = endOfKey(content);
    const key = unescape(content.slice(0, keyEnd));
    const value = unescape(content.slice(keyEnd).replace(/^[ \t\f]*[=:]?[ \t\f]*/, ""));
    if (key === undefined || value === undefined) {
      errors.push({ line, message: "\\u must be followed by four hexadecimal digits" });
    } else if (key === "") {
      errors.push({ line, message: "there is no key before the separator" });
    } else {
      entries.push({ key, value, line });
    }
  }
  return { entries, errors };
}

/** Lines without comments and blank ones, those that go on joined. */
function logicalLines(text: string): LogicalLine[] {
  const found: LogicalLine[] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  for (let index = 0; index < lines.length; index++) {
    let content = lines[index]!.replace(/^[ \t\f]+/, "");
    if (content === "" || content.startsWith("#") || content.startsWith("!")) continue;
    const line = index + 1;
    while (goesOn(content)) {
      index++;
      content = content.slice(0, -1) + (lines[index] ?? "").replace(/^[ \t\f]+/, "");
      if (index >= lines.length) break;
    }
    found.push({ text: content, line });
  }
  return found;
}

/** An odd number of backslashes at the end: the last one escapes the line break. */
function goesOn(content: string): boolean {
  const backslashes = /\\*$/.exec(content)![0].length;
  return backslashes % 2 === 1;
}

function endOfKey(content: string): number {
  for (let index = 0; index < content.length; index++) {
    if (content[index] === "\\") index++;
    else if (/[=: \t\f]/.test(content[index]!)) return index;
  }
  return content.length;
}

const ESCAPED: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

/** Undefined when a `\u` is malformed. */
function unescape(text: string): string | undefined {
  if (/\\u(?![0-9A-Fa-f]{4})/.test(text.replaceAll("\\\\", ""))) return undefined;
  return text.replace(
    /\\u([0-9A-Fa-f]{4})|\\([^]?)/g,
    (_match, hex: string | undefined, letter: string | undefined) =>
      hex !== undefined
        ? String.fromCharCode(parseInt(hex, 16))
        : ESCAPED[letter ?? ""] ?? letter ?? "",
  );
}
