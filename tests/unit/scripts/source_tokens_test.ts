import assert from "node:assert/strict";
import fc from "fast-check";
import { importsOf, tokenize } from "../../../scripts/source_tokens.ts";

function specifiers(source: string): string[] {
  return importsOf(tokenize(source)).map(({ specifier }) => specifier);
}

Deno.test("importsOf() finds every way to name a module", () => {
  const source = `
    import "a";
    import b from "b";
    import * as c from 'c';
    import { d, type D as E } from "d";
    import type { F } from "f";
    import type G from "g";
    import h, { i } from "h";
    import json from "./x.json" with { type: "json" };
    export { k } from "k";
    export * from "l";
    export * as m from "m";
    export type { N } from "n";
    const o = await import("o");
    type P = import("p").P;
    import {
      q,
    } from "q";
  `;
  assert.deepEqual(specifiers(source), [
    ..."abcdfgh",
    "./x.json",
    ..."klmnopq",
  ]);
});

Deno.test("importsOf() is not misled by comments, strings, templates or expressions", () => {
  const source = [
    '// import "no"',
    '/* import "no" */',
    "const s = 'import \"no\"';",
    'const t = `import "no" ${f({ a: `}` })} from "no"`;',
    'const r = /import "no"/g; const q = a / b / c;',
    "export const from = 'no';",
    "export function f() { return x.import('no'); }",
    "const u = import.meta.url;",
    "export default from;",
    "const v = Array.from('no');",
    "export { w }; const z = 'no';",
    'import "yes";',
  ].join("\n");
  assert.deepEqual(specifiers(source), ["yes"]);
});

Deno.test("tokenize() counts lines through comments, strings and templates", () => {
  const source = "/* a\n b */\n`x\n${\ny\n}\n`\nz";
  const names = tokenize(source).filter(({ kind }) => kind === "name");
  assert.deepEqual(names.map(({ text, line }) => [text, line]), [["y", 5], ["z", 8]]);
});

Deno.test("tokenize() ends for any text", () => {
  const pieces = fc.constantFrom(
    "`",
    "${",
    "}",
    "/",
    "'",
    '"',
    "\\",
    "\n",
    "a",
    "1",
    "/*",
    "{",
    "]",
  );
  fc.assert(fc.property(fc.array(fc.oneof(pieces, fc.string())), (parts) => {
    tokenize(parts.join(""));
  }));
});
