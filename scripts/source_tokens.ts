/**
 * TypeScript source as a flat list of tokens, with comments gone and strings kept apart from code:
 * enough to see imports and names without a parser. Pure.
 */

/** A word, a string, or a single character of punctuation. */
export interface Token {
  readonly kind: "name" | "string" | "number" | "regex" | "punctuation";
  /** For a string, what is between the quotes, escapes untouched. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

/** After these words a slash begins a regular expression, not a division. */
const BEFORE_REGEX = new Set(
  ("return typeof instanceof in of new delete void throw case do else yield await").split(" "),
);

/** Splits `source`. Text inside template literals is dropped; code inside `${}` is kept. */
export function tokenize(source: string): Token[] {
  return new Tokenizer(source).run();
}

class Tokenizer {
  readonly #tokens: Token[] = [];
  #position = 0;
  #line = 1;
  /** For each open template literal, how many braces are open in its `${}`. */
  readonly #templateBraces: number[] = [];

  constructor(private readonly source: string) {}

  run(): Token[] {
    while (this.#position < this.source.length) this.#step();
    return this.#tokens;
  }

  #step(): void {
    const { source } = this;
    const at = this.#position;
    const character = source[at] ?? "";
    if (character === "\n") this.#line++;
    if (/\s/.test(character)) {
      this.#position++;
    } else if (source.startsWith("//", at) || (at === 0 && source.startsWith("#!"))) {
      const end = source.indexOf("\n", at);
      this.#position = end < 0 ? source.length : end;
    } else if (source.startsWith("/*", at)) {
      const end = source.indexOf("*/", at + 2);
      this.#advanceTo(end < 0 ? source.length : end + 2);
    } else if (character === '"' || character === "'") {
      this.#string(character);
    } else if (character === "`") {
      this.#position++;
      this.#template();
    } else if (character === "/" && this.#regexMayBegin()) {
      this.#match("regex", /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y);
    } else if (/[\p{ID_Start}$_#]/u.test(character)) {
      this.#match("name", /[\p{ID_Continue}$#]+/uy);
    } else if (/[0-9]/.test(character)) {
      this.#match("number", /[0-9][0-9A-Za-z_.]*/y);
    } else {
      this.#punctuation(character);
    }
  }

  #punctuation(character: string): void {
    this.#push("punctuation", character);
    this.#position++;
    const depth = this.#templateBraces.at(-1);
    if (depth === undefined) return;
    const last = this.#templateBraces.length - 1;
    if (character === "{") this.#templateBraces[last] = depth + 1;
    if (character !== "}") return;
    if (depth > 0) this.#templateBraces[last] = depth - 1;
    else {
      this.#templateBraces.pop();
      this.#template();
    }
  }

  /** Skips template text up to its end or its next `${`. */
  #template(): void {
    for (; this.#position < this.source.length; this.#position++) {
      const character = this.source[this.#position];
      if (character === "\n") this.#line++;
      if (character === "\\") this.#position++;
      else if (character === "`") {
        this.#position++;
        this.#push("string", "");
        return;
      } else if (character === "$" && this.source[this.#position + 1] === "{") {
        this.#push("punctuation", "{");
        this.#position += 2;
        this.#templateBraces.push(0);
        return;
      }
    }
  }

  #string(quote: string): void {
    const begin = this.#position + 1;
    let end = begin;
    while (end < this.source.length && this.source[end] !== quote && this.source[end] !== "\n") {
      end += this.source[end] === "\\" ? 2 : 1;
    }
    this.#push("string", this.source.slice(begin, end));
    this.#advanceTo(end + 1);
  }

  #regexMayBegin(): boolean {
    const before = this.#tokens.at(-1);
    if (before === undefined) return true;
    if (before.kind === "name") return BEFORE_REGEX.has(before.text);
    return before.kind === "punctuation" && ![")", "]", "}"].includes(before.text);
  }

  #match(kind: Token["kind"], pattern: RegExp): void {
    pattern.lastIndex = this.#position;
    const text = pattern.exec(this.source)?.[0];
    if (text === undefined) {
      this.#punctuation(this.source[this.#position] ?? "");
      return;
    }
    this.#push(kind, text);
    this.#position += text.length;
  }

  #advanceTo(position: number): void {
    for (; this.#position < position; this.#position++) {
      if (this.source[this.#position] === "\n") this.#line++;
    }
  }

  #push(kind: Token["kind"], text: string): void {
    this.#tokens.push({ kind, text, line: this.#line });
  }
}

/** A module that a file names in an import or re-export. */
export interface ImportReference {
  readonly specifier: string;
  readonly line: number;
}

/** All static and dynamic imports and re-exports with a literal specifier, types included. */
export function importsOf(tokens: readonly Token[]): ImportReference[] {
  const found: ImportReference[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token?.kind !== "name" || tokens[i - 1]?.text === ".") continue;
    const reference = token.text === "import" || token.text === "export"
      ? referenceAt(tokens, i)
      : undefined;
    if (reference !== undefined) found.push({ specifier: reference.text, line: reference.line });
  }
  return found;
}

/** The string token that names the module of the `import` or `export` at `index`. */
function referenceAt(tokens: readonly Token[], index: number): Token | undefined {
  const keyword = tokens[index]?.text;
  let next = index + 1;
  const first = tokens[next];
  if (keyword === "import" && first?.kind === "string") return first;
  if (keyword === "import" && first?.text === "(") {
    return tokens[next + 1]?.kind === "string" ? tokens[next + 1] : undefined;
  }
  if (keyword === "import" && first?.text === ".") return undefined;
  if (first?.text === "type" && tokens[next + 1]?.text !== "from") next++;
  if (keyword === "export" && tokens[next]?.text !== "{" && tokens[next]?.text !== "*") return;
  // The clause holds names, commas, stars and braces only; anything else means no import.
  for (; next < tokens.length; next++) {
    const token = tokens[next];
    const after = tokens[next + 1];
    if (token?.text === "from" && after?.kind === "string") return after;
    const inClause = token?.kind === "name" || token?.kind === "string" ||
      ["{", "}", ",", "*"].includes(token?.text ?? "");
    if (!inClause) return undefined;
  }
  return undefined;
}
