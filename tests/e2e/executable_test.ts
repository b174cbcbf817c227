/**
 * The executable as a user meets it. Which one: `JOCKO_BIN`, or what `deno task compile` made.
 * Needs kcat; without it, records are produced and counted with KafkaJS.
 */
import assert from "node:assert/strict";
import { join } from "std/path";
import { runProcess } from "../clients/support/process.ts";
import { JockoProcess } from "./jocko_process.ts";

const EXECUTABLE = Deno.env.get("JOCKO_BIN") ??
  join(import.meta.dirname ?? ".", "../../dist/jocko");

async function inEmptyDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "jocko-executable-" }));
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function broker(cwd: string, ...args: string[]): JockoProcess {
  return new JockoProcess({
    program: EXECUTABLE,
    args: ["broker", "--listen", "127.0.0.1:0", ...args],
    cwd,
  });
}

/** Writes `values` to topic `smoke` and reads back all that it holds. */
async function produceAndFetch(address: string, values: readonly string[]): Promise<string[]> {
  try {
    return await withKcat(address, values);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return await withKafkaJs(address, values);
  }
}

async function withKcat(address: string, values: readonly string[]): Promise<string[]> {
  const stdin = `${values.join("\n")}\n`;
  const target = ["-b", address, "-t", "smoke", "-p", "0"];
  const produced = await runProcess("kcat", ["-P", ...target], { stdin });
  assert.equal(produced.code, 0, produced.stderr);
  const consume = ["-C", ...target, "-o", "beginning", "-e", "-q"];
  const consumed = await runProcess("kcat", consume);
  assert.equal(consumed.code, 0, consumed.stderr);
  return new TextDecoder().decode(consumed.stdout).trimEnd().split("\n");
}

/** KafkaJS fetches through groups only, so the broker's offsets stand for what was written. */
async function withKafkaJs(address: string, values: readonly string[]): Promise<string[]> {
  const { Kafka, logLevel } = await import("kafkajs");
  const client = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING });
  const producer = client.producer();
  const admin = client.admin();
  await producer.connect();
  await admin.connect();
  try {
    const messages = values.map((value) => ({ value, partition: 0 }));
    await producer.send({ topic: "smoke", messages });
    const offsets = await admin.fetchTopicOffsets("smoke");
    assert.equal(Number(offsets[0]?.offset), values.length);
    return [...values];
  } finally {
    await producer.disconnect();
    await admin.disconnect();
  }
}

Deno.test("jocko --version and --help answer with 0, an unknown command with 2", async () => {
  const version = await runProcess(EXECUTABLE, ["--version"]);
  assert.equal(version.code, 0);
  assert.match(new TextDecoder().decode(version.stdout), /^jocko \d+\.\d+\.\d+\n$/);
  assert.equal((await runProcess(EXECUTABLE, ["--help"])).code, 0);
  const unknown = await runProcess(EXECUTABLE, ["brokr"]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /did you mean/);
});

Deno.test("jocko broker serves a real client from an empty directory and stops with 0", async () => {
  await inEmptyDirectory(async (directory) => {
    const process = broker(directory);
    try {
      const address = await process.address();
      assert.deepEqual(await produceAndFetch(address, ["one", "two", "þrír"]), [
        "one",
        "two",
        "þrír",
      ]);
      process.signal("SIGTERM");
      const { code, output, errors } = await process.end();
      assert.equal(code, 0, errors.join("\n"));
      assert.equal(output.length, 1, "one line on standard output");
      assert.deepEqual([...Deno.readDirSync(directory)].map(({ name }) => name), ["data"]);
    } finally {
      await process.kill();
    }
  });
});

Deno.test("jocko broker stops with 0 at Ctrl-C", async () => {
  await inEmptyDirectory(async (directory) => {
    const process = broker(directory);
    try {
      await process.address();
      process.signal("SIGINT");
      assert.equal((await process.end()).code, 0);
    } finally {
      await process.kill();
    }
  });
});

Deno.test("jocko broker leaves with 2 for a configuration that it refuses", async () => {
  await inEmptyDirectory(async (directory) => {
    const { code, output, errors } = await broker(directory, "--set", "num.partitions=none").end();
    assert.deepEqual([code, output], [2, []]);
    assert.match(errors.join("\n"), /num\.partitions = "none" \(flag --set\): allowed: /);
    assert.deepEqual([...Deno.readDirSync(directory)], [], "nothing was made");
  });
});

Deno.test("jocko broker leaves with 1 when its port is taken", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    await inEmptyDirectory(async (directory) => {
      const { port } = taken.addr as Deno.NetAddr;
      const process = new JockoProcess({
        program: EXECUTABLE,
        args: ["broker", "--listen", `127.0.0.1:${port}`],
        cwd: directory,
      });
      const { code, output, errors } = await process.end();
      assert.deepEqual([code, output], [1, []]);
      assert.match(errors.join("\n"), /broker failed/);
    });
  } finally {
    taken.close();
  }
});
