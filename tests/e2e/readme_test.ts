/**
 * Runs the commands of README.md on a clean clone of what is committed.
 *
 * Each command stands there in two forms, with npx and with an installed deno. The second is run
 * here, by the deno that runs this test; that the first is the same command by the same deno is
 * compared as text. `.ci/run` runs the npx form.
 */
import assert from "node:assert/strict";
import { join } from "std/path";
import { runProcess } from "../clients/support/process.ts";
import { JockoProcess } from "./jocko_process.ts";

const ROOT = join(import.meta.dirname ?? ".", "../..");
const README = Deno.readTextFileSync(join(ROOT, "README.md"));

/** The commands of the shell blocks below the heading `title`, without comments. */
function commandsBelow(title: string): string[] {
  const section = README.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? "";
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .flatMap(([, block = ""]) => block.split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line !== "");
}

function denoArguments(commands: readonly string[], task: string): string[] {
  const command = commands.find((text) => text === `deno task ${task}`);
  assert(command !== undefined, `README.md has the command deno task ${task}`);
  return command.split(" ").slice(1);
}

async function onCleanClone(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "jocko-readme-" });
  try {
    const clone = await runProcess("git", ["clone", "--quiet", ROOT, `${directory}/jocko`]);
    assert.equal(clone.code, 0, clone.stderr);
    await body(`${directory}/jocko`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("README.md gives the same two commands with npx and with deno", () => {
  const commands = commandsBelow("Start");
  for (const task of ["start", "test"]) {
    assert(commands.includes(`deno task ${task}`), task);
    assert(commands.includes(`npx -y deno@${Deno.version.deno} task ${task}`), `npx ... ${task}`);
  }
});

Deno.test("README.md's start command serves the client commands below it", async () => {
  await onCleanClone(async (cwd) => {
    const process = new JockoProcess({
      program: Deno.execPath(),
      args: denoArguments(commandsBelow("Start"), "start"),
      cwd,
      // Port 9092 may be in use where this runs.
      env: { JOCKO_LISTENERS: "PLAINTEXT://127.0.0.1:0" },
    });
    try {
      const address = await process.address();
      const commands = commandsBelow("Try it").filter((command) => command.includes("kcat"));
      assert.equal(commands.length, 2, "one to produce, one to consume");
      const outputs: string[] = [];
      for (const command of commands) {
        const local = command.replaceAll("127.0.0.1:9092", address);
        const { code, stdout, stderr } = await runProcess("bash", ["-c", local]);
        assert.equal(code, 0, `${local}\n${stderr}`);
        outputs.push(new TextDecoder().decode(stdout));
      }
      assert.equal(outputs[1], "hello\n");
      process.signal("SIGTERM");
      assert.equal((await process.end()).code, 0);
    } finally {
      await process.kill();
    }
  });
});

Deno.test("README.md's test command passes", async () => {
  await onCleanClone(async (cwd) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: denoArguments(commandsBelow("Start"), "test"),
      cwd,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    const { code, stdout, stderr } = await child.output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.equal(code, 0, text.slice(-4000));
  });
});
