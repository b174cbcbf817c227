/**
 * One million lines of text go in and come out byte-identical and in order; also when the broker
 * is killed in the middle. `E2E_LINES` sets another number.
 */
import assert from "node:assert/strict";
import { join } from "std/path";
import { clientTools } from "../../scripts/client_tools.ts";
import { type BrokerUnderTest, restart, withBroker } from "../clients/support/broker.ts";
import { spawnJava } from "../clients/support/java.ts";
import { Kcat } from "../clients/support/kcat.ts";
import { runWhileOpen } from "../clients/support/kcat_pipe.ts";
import { lines } from "../clients/support/process.ts";
import { uniqueTopic } from "../clients/support/records.ts";
import { firstDifference, realLines } from "./lines.ts";

const LINE_COUNT = Number(Deno.env.get("E2E_LINES") ?? 1_000_000);
const TIMEOUT_MS = 240_000;
const WRITE_BYTES = 1_048_576;
const EXTERNAL = (Deno.env.get("KAFKA_BOOTSTRAP") ?? "") !== "";

/** kcat asks once more after any failure, keeps order, and does not give up when all is down. */
const PERSISTENT = [
  ...["-E", "-X", "enable.idempotence=true", "-X", `message.timeout.ms=${TIMEOUT_MS}`],
  ...["-X", "retry.backoff.ms=50", "-X", "reconnect.backoff.max.ms=200"],
  ...["-X", "socket.timeout.ms=10000"],
];

async function expectAllLines(kcat: Kcat, topic: string, expected: Uint8Array): Promise<void> {
  const args = ["-C", "-q", "-e", "-t", topic, "-p", "0", "-o", "beginning"];
  const checked = ["-X", "check.crcs=true", "-f", "%s\n"];
  const { stdout } = await kcat.mustRun([...args, ...checked], { timeoutMs: TIMEOUT_MS });
  assert.equal(firstDifference(stdout, expected), undefined);
}

Deno.test("kcat pipes a million lines through, byte-identical and in order", async () => {
  await clientTools();
  const text = await realLines(LINE_COUNT);
  await withBroker(async (broker) => {
    const kcat = new Kcat(broker.bootstrap);
    const topic = uniqueTopic("million");
    const args = ["-P", "-t", topic, "-p", "0"];
    await kcat.mustRun(args, { stdin: text, timeoutMs: TIMEOUT_MS });
    await expectAllLines(kcat, topic, text);
  });
});

Deno.test({
  name: "kcat pipes a million lines through a broker that is killed twice",
  ignore: EXTERNAL,
  fn: async () => {
    await clientTools();
    const text = await realLines(LINE_COUNT);
    await withBroker(async (broker) => {
      const kcat = new Kcat(broker.bootstrap);
      const topic = uniqueTopic("killed");
      const args = ["-P", "-t", topic, "-p", "0", "-z", "lz4", ...PERSISTENT];
      const crashes: Promise<void>[] = [];
      await runWhileOpen(kcat, args, async (write) => {
        let crashAt = text.length / 3;
        for (let start = 0; start < text.length; start += WRITE_BYTES) {
          await write(text.subarray(start, start + WRITE_BYTES));
          if (start < crashAt || crashes.length === 2) continue;
          // The last crash must be over; this one is not waited for, so that kcat goes on sending.
          await Promise.all(crashes);
          crashes.push(restart(broker, "SIGKILL"));
          crashAt += text.length / 3;
        }
      }, TIMEOUT_MS);
      await Promise.all(crashes);
      assert.equal(crashes.length, 2);
      await expectAllLines(kcat, topic, text);
    });
  },
});

/** Runs the Java producer that notes what was acknowledged, and kills the broker twice meanwhile. */
async function recordAcks(
  broker: BrokerUnderTest,
  topic: string,
  linesPath: string,
  acksPath: string,
): Promise<void> {
  const child = await spawnJava("AckRecorder", [broker.bootstrap, topic, linesPath, acksPath]);
  const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
  const stderr = new Response(child.stderr).text();
  await child.stdin.close();
  let crashes: Promise<void> = Promise.resolve();
  let failed = "the producer did not end";
  let crashAt = LINE_COUNT / 4;
  for await (const line of lines(child.stdout)) {
    const acknowledged = Number(/^acknowledged (\d+)$/.exec(line)?.[1] ?? 0);
    failed = /^failed (\d+)$/.exec(line)?.[1] ?? failed;
    if (acknowledged < crashAt || crashAt >= LINE_COUNT * 3 / 4) continue;
    crashAt += LINE_COUNT / 4;
    crashes = crashes.then(() => restart(broker, "SIGKILL"));
  }
  await child.status;
  clearTimeout(timer);
  await crashes;
  assert.equal(failed, "0", `failures of the producer: ${(await stderr).slice(0, 2000)}`);
  assert.ok(crashAt >= LINE_COUNT * 3 / 4, "the broker was killed twice");
}

Deno.test({
  name: "what the Java producer has acknowledged is there after kill -9, once and in order",
  ignore: EXTERNAL,
  fn: async () => {
    const text = await realLines(LINE_COUNT);
    const directory = await Deno.makeTempDir({ prefix: "jocko-acks-" });
    await withBroker(async (broker) => {
      const topic = uniqueTopic("acks");
      const [linesPath, acksPath] = [join(directory, "lines"), join(directory, "acks")];
      await Deno.writeFile(linesPath, text);
      await recordAcks(broker, topic, linesPath, acksPath);
      const acks = (await Deno.readTextFile(acksPath)).trimEnd().split("\n");
      assert.equal(acks.length, LINE_COUNT, "acknowledged lines");
      // One producer, one partition: the n-th line must have offset n.
      const wrong = acks.find((ack) => {
        const [index, offset] = ack.split(" ");
        return index !== offset;
      });
      assert.equal(wrong, undefined, "an acknowledgement with another offset than its line has");
      await expectAllLines(new Kcat(broker.bootstrap), topic, text);
    }).finally(() => Deno.remove(directory, { recursive: true }));
  },
});
