/**
 * Compares terminal sessions in tests/golden/cli, and those in docs/cli.md, with what the commands
 * print against a broker. `JOCKO_TEST_REWRITE=1` rewrites them.
 */
import assert from "node:assert/strict";
import { join } from "std/path";
import { withBroker } from "./cli_broker.ts";
import { replay, runLine } from "./cli_session.ts";

const ROOT = join(import.meta.dirname ?? ".", "../..");
const GOLDEN = join(ROOT, "tests/golden/cli");
const DOCS = join(ROOT, "docs/cli.md");
const REWRITES = Deno.env.get("JOCKO_TEST_REWRITE") === "1";

const names = [...Deno.readDirSync(GOLDEN)].map(({ name }) => name)
  .filter((name) => name.endsWith(".txt")).sort();

for (const name of names) {
  Deno.test(`jocko prints what ${name} shows`, async () => {
    const path = join(GOLDEN, name);
    const expected = await Deno.readTextFile(path);
    await withBroker(async (place) => {
      const actual = await replay(expected, place);
      if (REWRITES) await Deno.writeTextFile(path, actual);
      else assert.equal(actual, expected);
    });
  });
}

Deno.test("docs/cli.md shows what jocko prints", async () => {
  const text = await Deno.readTextFile(DOCS);
  const alone: string[] = [];
  const blocks = text.split(/(?<=^```console\n)([\s\S]*?)(?=^```$)/m);
  await withBroker(async (place) => {
    for (const [, commands = ""] of text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)) {
      alone.push(...commands.trimEnd().split("\n"));
    }
    for (let i = 1; i < blocks.length; i += 2) {
      const actual = await replay(blocks[i]!, place);
      if (!REWRITES) assert.equal(actual, blocks[i]);
      blocks[i] = actual;
    }
    // What these print is never twice the same.
    for (const line of alone) {
      const { code, errors } = await runLine(line, place);
      assert.equal(code, 0, `${line}\n${errors}`);
    }
  });
  if (REWRITES) await Deno.writeTextFile(DOCS, blocks.join(""));
});
