const encoder = new TextEncoder();

/**
 * Text with `\n`, `\r`, `\t`, `\0`, `\\` and `\xNN` as bytes.
 * @throws {SyntaxError} for other escapes
 */
export function unescape(text: string): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [, plain, hex, letter] of text.matchAll(/([^\\]+)|\\x([0-9A-Fa-f]{2})|\\(.?)/gs)) {
    if (plain !== undefined) parts.push(encoder.encode(plain));
    else if (hex !== undefined) parts.push(Uint8Array.of(parseInt(hex, 16)));
    else parts.push(Uint8Array.of(escapedByte(letter ?? "", text)));
  }
  return concatenate(parts);
}

/** @throws {SyntaxError} when nothing is left to be told apart by */
export function parseDelimiter(text: string): Uint8Array {
  const bytes = unescape(text);
  if (bytes.length === 0) throw new SyntaxError("a delimiter can't be empty");
  return bytes;
}

function escapedByte(letter: string, text: string): number {
  switch (letter) {
    case "n":
      return 10;
    case "r":
      return 13;
    case "t":
      return 9;
    case "0":
      return 0;
    case "\\":
      return 92;
    default:
      throw new SyntaxError(
        `\\${letter} in ${JSON.stringify(text)} is no escape like \\n or \\x1f`,
      );
  }
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
