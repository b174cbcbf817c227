/** Runs the examples with a broker, each against what the others have written. */
import assert from "node:assert/strict";
import { join } from "std/path";
import { exampleTools } from "../../scripts/example_tools.ts";
import { type BrokerUnderTest, withBroker } from "../clients/support/broker.ts";
import { Kcat, valuesOf } from "../clients/support/kcat.ts";
import { eventually, lines, runProcess } from "../clients/support/process.ts";

const EXAMPLES = join(import.meta.dirname ?? ".", "../../examples");
const PROGRAM_TIMEOUT_MS = 60_000;

type Command = readonly [program: string, ...args: readonly string[]];

/** How each language's programs are run, up to their arguments. */
async function commands(): Promise<Record<string, { produce: Command; consume: Command }>> {
  const { python, goPrograms, java, classpath } = await exampleTools();
  const deno = (name: string): Command => [
    Deno.execPath(),
    ...["run", "-A", "--no-check", join(EXAMPLES, "typescript", name)],
  ];
  const javaSource = (name: string): Command => [
    java,
    ...["-cp", classpath, join(EXAMPLES, "java", name)],
  ];
  const pythonSource = (name: string): Command => [python, join(EXAMPLES, "python", name)];
  return {
    typescript: { produce: deno("produce.ts"), consume: deno("consume.ts") },
    java: { produce: javaSource("Produce.java"), consume: javaSource("Consume.java") },
    python: { produce: pythonSource("produce.py"), consume: pythonSource("consume.py") },
    go: { produce: [join(goPrograms, "produce")], consume: [join(goPrograms, "consume")] },
  };
}

/** Runs a program to its end. @returns the lines of its standard output */
async function run(
  [program, ...rest]: Command,
  args: readonly string[],
  stdin = "",
): Promise<string[]> {
  const { code, stdout, stderr } = await runProcess(program, [...rest, ...args], {
    stdin,
    timeoutMs: PROGRAM_TIMEOUT_MS,
  });
  assert.equal(code, 0, stderr);
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

Deno.test("the examples of each language write what those of the others read", async (t) => {
  const languages = Object.entries(await commands());
  await withBroker(async ({ bootstrap }) => {
    const expected: string[] = [];
    for (const [language, { produce }] of languages) {
      await t.step(`${language} produces`, async () => {
        const values = ["one", "two", "drei süße"].map((word) => `${language} ${word}`);
        const output = await run(produce, [bootstrap, "greetings"], `${values.join("\n")}\n`);
        assert.equal(output.at(-1), "3 records to greetings");
        expected.push(...values.map((value, index) => `0 ${expected.length + index} ${value}`));
      });
    }
    for (const [language, { consume }] of languages) {
      await t.step(`${language} consumes and commits`, async () => {
        const group = `readers-${language}`;
        const first = await run(consume, [bootstrap, "greetings", group, "5"]);
        const recordLines = (output: string[]) => output.filter((line) => /^\d+ \d+ /.test(line));
        assert.deepEqual(recordLines(first), expected.slice(0, 5));
        const rest = await run(consume, [bootstrap, "greetings", group, "7"]);
        assert.deepEqual(recordLines(rest), expected.slice(5), "it goes on where it was");
      });
    }
  });
});

const ORDERS = Array.from({ length: 3000 }, (_, index) => `order ${index}`);

/** The pipeline, from its start to the moment when it may read. */
async function startPipeline({ bootstrap }: BrokerUnderTest): Promise<Deno.ChildProcess> {
  const { java, classpath } = await exampleTools();
  const source = join(EXAMPLES, "exactly_once/Pipeline.java");
  const child = new Deno.Command(java, {
    args: [
      ...["-Xmx256m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off"],
      ...["-cp", classpath, source, bootstrap, "orders", "shouted"],
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const output = lines(child.stdout);
  const { value } = await output.next();
  await output.return(undefined);
  if (value === "ready") return child;
  await child.status;
  throw new Error(`the pipeline said ${value}`);
}

async function kill(child: Deno.ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await child.status;
}

async function shouted(bootstrap: string): Promise<string[]> {
  const kcat = new Kcat(bootstrap);
  return valuesOf(await kcat.consume("shouted", ["-X", "isolation.level=read_committed"]));
}

Deno.test("the exactly-once pipeline writes each record once, however often it is killed", async () => {
  await withBroker(async (broker) => {
    const { bootstrap } = broker;
    const kcat = new Kcat(bootstrap);
    await kcat.produce("orders", ORDERS.slice(0, 1000).join("\n"));
    await kcat.mustRun(["-L", "-t", "shouted"]);
    for (let round = 1; round <= 3; round++) {
      const pipeline = await startPipeline(broker);
      try {
        if (round > 1) {
          const more = ORDERS.slice(1000 * (round - 1), 1000 * round);
          await kcat.produce("orders", more.join("\n"));
        }
        // Somewhere between the first record of the round and its last; the last round ends.
        const enough = round === 3 ? ORDERS.length : 1000 * (round - 1) + 1;
        await eventually(`${enough} records`, async () => {
          return (await shouted(bootstrap)).length >= enough ? true : undefined;
        }, PROGRAM_TIMEOUT_MS);
      } finally {
        await kill(pipeline);
      }
    }
    assert.deepEqual(await shouted(bootstrap), ORDERS.map((value) => value.toUpperCase()));
  });
});
