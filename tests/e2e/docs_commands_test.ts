/**
 * Runs the commands of docs/operations.md and of README.md's five minutes, and sees to it that each
 * block of README.md, docs/operations.md and docs/deployment.md is either run by a test or marked as
 * one that isn't, with the reason.
 */
import assert from "node:assert/strict";
import { join } from "std/path";
import { type Block, blocksOf, commandsOf, runCommands } from "./shell_document.ts";

const ROOT = join(import.meta.dirname ?? ".", "../..");
const OPERATIONS_TIMEOUT_MS = 240_000;
const README_TIMEOUT_MS = 120_000;

function documentOf(path: string): { readonly text: string; readonly blocks: readonly Block[] } {
  const text = Deno.readTextFileSync(join(ROOT, path));
  return { text, blocks: blocksOf(text) };
}

function count(blocks: readonly Block[], language: string): number {
  return blocks.filter((block) => block.language === language).length;
}

Deno.test("docs/operations.md: its commands, one after another", async () => {
  const { blocks } = documentOf("docs/operations.md");
  const { code, stdout, stderr } = await runCommands(commandsOf(blocks), OPERATIONS_TIMEOUT_MS);
  const output = new TextDecoder().decode(stdout);
  assert.equal(code, 0, `${output.slice(-2000)}\n${stderr.slice(-4000)}`);
  assert.match(stderr, /configuration read again applied=\["log\.retention\.bytes"\]/);
  assert.match(stderr, /needRestart=\["num\.partitions"\]/);
  assert.match(output, /Successfully started partition reassignments?/);
  assert.match(output, /is no longer registered/);
});

Deno.test("README.md: five minutes to a cluster", async () => {
  const { blocks } = documentOf("README.md");
  const section = blocks.filter((block) => block.section === "Five minutes to a cluster");
  assert.equal(section.length, 3);
  const { code, stdout, stderr } = await runCommands(commandsOf(section), README_TIMEOUT_MS);
  const output = new TextDecoder().decode(stdout);
  assert.equal(code, 0, `${output.slice(-2000)}\n${stderr.slice(-4000)}`);
  assert.match(output, /^lag +100 records$/m);
  assert.match(output, /^kafka_controller_kafkacontroller_activebrokercount 2$/m);
});

Deno.test("README.md: every other block is run by another test, or is a step of CI", async () => {
  const sections = new Set(documentOf("README.md").blocks.map(({ section }) => section));
  sections.delete("Five minutes to a cluster");
  // The first two are those of readme_test.ts.
  assert.deepEqual([...sections], ["Start", "Try it", "The executable"]);
  const steps = await Deno.readTextFile(join(ROOT, ".ci/run"));
  assert.match(steps, /task compile/);
  assert.match(steps, /tests\/e2e\/executable_test\.ts/);
});

Deno.test("docs: blocks that are not run are few, and marked as such", () => {
  const operations = documentOf("docs/operations.md");
  assert.deepEqual([count(operations.blocks, "sh"), count(operations.blocks, "console")], [15, 1]);
  const deployment = documentOf("docs/deployment.md");
  assert.deepEqual([count(deployment.blocks, "sh"), count(deployment.blocks, "console")], [1, 4]);
  for (const { text, blocks } of [operations, deployment]) {
    assert.match(text, /marked `console`\s+are\s+not|marked `console` are not/);
    for (const { language, section } of blocks) {
      assert.ok(
        ["sh", "console"].includes(language),
        `a block of ${section} is marked ${language}`,
      );
    }
  }
});

Deno.test("docs/deployment.md names commands that .ci/run runs, and files that are there", async () => {
  const { text, blocks } = documentOf("docs/deployment.md");
  const steps = await Deno.readTextFile(join(ROOT, ".ci/run"));
  for (const command of commandsOf(blocks)) {
    assert.ok(steps.includes(command.replace(/^deno /, '"$DENO" ')), `${command} is a step of CI`);
  }
  for (const [, path] of text.matchAll(/^\| `([^`]+)` \|/gm)) {
    const file = path!.startsWith(".") ? path! : join("examples/deploy", path!);
    assert.ok((await Deno.stat(join(ROOT, file))).isFile, file);
  }
});

Deno.test("docs: links lead to files that are there", async () => {
  for (const path of ["README.md", "docs/operations.md", "docs/deployment.md"]) {
    const folder = path.includes("/") ? "docs" : "";
    for (const [, target] of documentOf(path).text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      const file = join(ROOT, folder, target!);
      const found = await Deno.stat(file)
        .catch(() => Deno.stat(`${file}.md`).catch(() => undefined));
      assert.ok(found !== undefined, `${path}: ${target}`);
    }
  }
});
