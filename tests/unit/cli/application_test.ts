import assert from "node:assert/strict";
import { runCommand } from "../../../src/cli/application.ts";
import { COMMANDS } from "../../../src/cli/command_table.ts";
import { VERSION } from "../../../src/cli/version.ts";
import { emptyMachine, emptySurroundings, fakeProcess } from "./fake_process.ts";

async function run(...args: string[]) {
  const process = fakeProcess(args);
  const code = await runCommand(process, emptyMachine, emptySurroundings());
  return { code, output: process.output.join(""), errors: process.errors.join("") };
}

Deno.test("runCommand() prints the version", async () => {
  assert.deepEqual(await run("--version"), { code: 0, output: `jocko ${VERSION}\n`, errors: "" });
});

Deno.test("runCommand() prints help with examples and exit codes", async () => {
  const root = await run("--help");
  assert.equal(root.code, 0);
  assert.match(root.output, /EXAMPLES\n {2}jocko broker /);
  assert.match(root.output, /EXIT CODES/);
  assert.doesNotMatch(root.output, /__complete/);
  const broker = await run("broker", "--help");
  assert.equal(broker.code, 0);
  const flags = [
    "data-dir",
    "listen",
    "advertise",
    "http",
    "config",
    "set",
    "log-format",
    "log-level",
  ];
  for (const flag of flags) assert.match(broker.output, new RegExp(`\\[--${flag}\\]`), flag);
});

Deno.test("runCommand() names the nearest command when there is no such one", async () => {
  const { code, output, errors } = await run("brokr");
  assert.deepEqual([code, output], [2, ""]);
  assert.match(errors, /did you mean `?broker/);
});

Deno.test("runCommand() leaves with 2 for flags that it refuses", async () => {
  assert.equal((await run("broker", "--lisen", "x")).code, 2);
  assert.match((await run("broker", "--lisen", "x")).errors, /did you mean --listen/);
  assert.match((await run("broker", "--set", "novalue")).errors, /not KEY=VALUE/);
  assert.equal((await run("broker", "--set", "novalue")).code, 2);
  assert.equal((await run("broker", "--log-level", "loud")).code, 2);
  assert.equal((await run("broker", "stray")).code, 2);
});

Deno.test("runCommand() leaves with 2 for a configuration that it refuses", async () => {
  const { code, output, errors } = await run("broker", "--set", "num.partition=1");
  assert.deepEqual([code, output], [2, ""]);
  assert.match(errors, /^jocko: 1 problem in the configuration\n {2}num\.partition = "1"/);
  assert.match(errors, /did you mean num\.partitions\?/);
});

Deno.test("runCommand() completes commands, flags and values", async () => {
  assert.equal((await run("__complete", "--", "bro")).output, "broker\n");
  assert.match((await run("__complete", "--", "broker", "--log-f")).output, /^--log-format$/m);
  assert.match((await run("__complete", "--", "broker", "--log-format", "j")).output, /^json$/m);
  assert.equal((await run("__complete", "--", "completion", "z")).output, "zsh\n");
});

Deno.test("runCommand() prints a completion script for each shell", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, output } = await run("completion", shell);
    assert.equal(code, 0);
    assert.match(output, /jocko __complete --/);
  }
  assert.equal((await run("completion", "cmd")).code, 2);
});

Deno.test("runCommand() has help with examples for every command", async () => {
  const seen: string[] = [];
  const visit = async (words: readonly string[]): Promise<void> => {
    const { code, output } = await run(...words, "--help");
    assert.equal(code, 0, words.join(" "));
    const names = /^COMMANDS\n((?: {2}.+\n)+)/m.exec(output)?.[1];
    if (names === undefined) {
      seen.push(words.join(" "));
      if (words[0] !== "completion") assert.match(output, /EXAMPLES\n {2}\S/, words.join(" "));
      for (const [, example] of output.matchAll(/^ {2}jocko (.*)$/gm)) {
        if (!example!.includes("--help")) assert(example!.startsWith(words[0]!), example);
      }
      return;
    }
    for (const [, name] of names.matchAll(/^ {2}(\S+)/gm)) await visit([...words, name!]);
  };
  for (const name of Object.keys(COMMANDS)) await visit([name]);
  assert(seen.length >= 45, `${seen.length} commands`);
});
