import assert from "node:assert/strict";
import { checkLayers, LAYERS, readSources } from "../../../scripts/check_layers.ts";

function messages(files: Readonly<Record<string, string>>): string[] {
  const found = checkLayers(new Map(Object.entries(files)));
  return found.map(({ path, line, message }) => `${path}:${line}: ${message}`);
}

Deno.test("checkLayers() finds nothing in a tree that keeps to the table", () => {
  assert.deepEqual(
    messages({
      "main.ts": 'import { run } from "./src/cli/run.ts";',
      "src/base/a.ts": "export const a = new Date(0);",
      "src/io/b.ts": 'import { a } from "../base/a.ts"; export const b = a;',
      "src/host/c.ts": 'import process from "node:process"; Deno.exit(Math.random() * Date.now());',
      "src/cli/run.ts": 'import { a } from "../base/a.ts"; import { join } from "std/path";',
      "src/protocol/compression/d.ts": 'import { gzipSync } from "node:zlib";',
    }),
    [],
  );
});

Deno.test("checkLayers() finds an import against the table, also of a type", () => {
  assert.deepEqual(
    messages({
      "src/base/a.ts": '\nimport type { B } from "../log/b.ts";',
      "src/log/b.ts": 'export { c } from "../broker/c.ts";',
      "src/broker/c.ts": "",
    }),
    [
      "src/base/a.ts:2: base imports src/log/b.ts; allowed: nothing",
      "src/log/b.ts:1: log imports src/broker/c.ts; allowed: base, io, protocol",
    ],
  );
});

Deno.test("checkLayers() finds a way out of src, a folder without a row, and more in main.ts", () => {
  assert.match(messages({ "src/base/a.ts": 'import "../../tests/x.ts";' }).join(), /outside src/);
  const odd = { "src/odd/a.ts": 'import "../base/b.ts";', "src/base/b.ts": "" };
  assert.match(messages(odd).join(), /folder odd has no row/);
  assert.match(messages({ "main.ts": 'import "./src/base/a.ts";' }).join(), /allowed: src\/cli/);
});

Deno.test("checkLayers() finds modules from outside where they don't belong", () => {
  assert.match(messages({ "src/log/a.ts": 'import "node:fs";' }).join(), /node:fs is imported/);
  assert.match(messages({ "src/log/a.ts": 'import "prom-client";' }).join(), /prom-client/);
  assert.match(messages({ "src/log/a.ts": 'import "left-pad";' }).join(), /has no row/);
  assert.match(messages({ "src/log/a.ts": 'import "node:zlib";' }).join(), /node:zlib/);
});

Deno.test("checkLayers() finds each way to reach the machine outside of host", () => {
  const ways = [
    "Deno.cwd()",
    "Date.now()",
    "new Date()",
    "new Date;",
    "Math.random()",
    "performance.now()",
    "setTimeout(f, 1)",
    "setInterval(f, 1)",
    "clearTimeout(t)",
    "globalThis.setTimeout(f, 1)",
    "crypto.getRandomValues(b)",
    "Temporal.Now.instant()",
    "new Worker(u)",
    "`${Deno.pid}`",
    "x ? performance : y",
  ];
  for (const way of ways) {
    assert.match(messages({ "src/log/a.ts": `f(${way})` }).join(), /reaches the machine/, way);
    assert.deepEqual(messages({ "src/host/a.ts": `f(${way})` }), [], way);
  }
});

Deno.test("checkLayers() lets names be that are not the global ones", () => {
  const source = [
    "clock.setTimeout(f); settings.performance; new Date(0); Date.parse(t); Math.floor(1.5);",
    "const x = { setTimeout: 1, crypto: 2 };",
    'const s = "Deno.cwd()"; // Date.now()',
    "interface Y { readonly performance: number; crypto: string }",
  ].join("\n");
  assert.deepEqual(messages({ "src/log/a.ts": source }), []);
});

Deno.test("checkLayers() finds what waits in a pure folder", () => {
  for (const folder of ["raft", "gossip", "metadata", "coordinator"]) {
    const found = messages({
      [`src/${folder}/a.ts`]: "async function f(): Promise<void> {\nawait 0;}",
    });
    assert.equal(found.length, 3, folder);
    assert.match(found.join("\n"), /a\.ts:2: \w+ is pure, and this is await/);
  }
  assert.deepEqual(messages({ "src/log/a.ts": "async () => await Promise.resolve()" }), []);
});

Deno.test("checkLayers() finds a circle of imports once", () => {
  const files = {
    "src/base/a.ts": 'import "./b.ts";',
    "src/base/b.ts": 'import "./c.ts";',
    "src/base/c.ts": 'import "./b.ts";',
  };
  assert.deepEqual(messages(files), [
    "src/base/b.ts:1: imports run in a circle: src/base/b.ts -> src/base/c.ts -> src/base/b.ts",
  ]);
});

Deno.test("LAYERS has a row for every folder of src, and names no folder that it lacks", () => {
  const folders = new Set<string>();
  for (const path of readSources(new URL("../../..", import.meta.url).pathname).keys()) {
    const folder = /^src\/([^/]+)\//.exec(path)?.[1];
    if (folder !== undefined) folders.add(folder);
  }
  for (const folder of folders) assert(folder in LAYERS, folder);
  for (const allowed of Object.values(LAYERS).flat()) assert(allowed === "*" || allowed in LAYERS);
});
