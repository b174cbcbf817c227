import assert from "node:assert/strict";
import type { BrokerEnd } from "../../../../src/cli/broker_thread/broker_thread.ts";
import { commandContext } from "../../../../src/cli/command_context.ts";
import { runBroker, STOP_DEADLINE_MS } from "../../../../src/cli/commands/broker.ts";
import type { BrokerSettings } from "../../../../src/cli/configuration/settings.ts";
import type { BrokerReady } from "../../../../src/cli/running_broker.ts";
import { emptyMachine, emptySurroundings, fakeProcess, ProcessExit } from "../fake_process.ts";

const READY: BrokerReady = {
  listeners: [{ name: "PLAINTEXT", host: "127.0.0.1", port: 4242 }],
  http: undefined,
  clusterId: "Yx4cluster",
  nodeId: 1,
};

function start(environment: Readonly<Record<string, string>> = {}) {
  const process = fakeProcess([], environment);
  const ready = Promise.withResolvers<BrokerReady | undefined>();
  const ended = Promise.withResolvers<BrokerEnd>();
  const started: BrokerSettings[] = [];
  let stops = 0;
  const code = runBroker(
    commandContext(process, emptyMachine, emptySurroundings()),
    {},
    (settings) => {
      started.push(settings);
      return { ready: ready.promise, ended: ended.promise, stop: () => void stops++ };
    },
  );
  return { process, ready, ended, started, code, stops: () => stops };
}

/** Lets what is waiting on settled promises run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

Deno.test("runBroker() prints one line when the broker is ready, and 0 when it stopped", async () => {
  const run = start();
  run.ready.resolve(READY);
  await settle();
  assert.match(
    run.process.output.join(""),
    /^jocko \S+ ready in 142 ms: listening on PLAINTEXT:\/\/127\.0\.0\.1:4242, cluster Yx4cluster, broker 1, data \/here\/data\n$/,
  );
  assert.equal(run.process.signal("SIGTERM"), 1);
  assert.equal(run.stops(), 1);
  run.ended.resolve({ kind: "stopped" });
  assert.equal(await run.code, 0);
  assert.equal(run.process.signal("SIGTERM"), 0, "the signals are let go");
});

Deno.test("runBroker() leaves with 1 and says why when the broker fails", async () => {
  const run = start({ JOCKO_LOG_FORMAT: "json" });
  run.ready.resolve(undefined);
  run.ended.resolve({ kind: "failed", failure: { message: "port taken", stack: "at x\nat y" } });
  assert.equal(await run.code, 1);
  assert.deepEqual(run.process.output, []);
  const lines = run.process.errors.join("").trimEnd().split("\n");
  assert.equal(lines.length, 1);
  const event = JSON.parse(lines[0] ?? "");
  assert.deepEqual([event.level, event.event, event.error], [
    "error",
    "broker failed",
    "port taken",
  ]);
  assert.equal(event.stack, "at x\nat y");
});

Deno.test("runBroker() ends the process at the second signal", () => {
  const run = start();
  run.process.signal("SIGINT");
  assert.equal(run.stops(), 1);
  assert.throws(() => run.process.signal("SIGINT"), new ProcessExit(1));
  assert.equal(run.stops(), 1);
});

Deno.test("runBroker() ends the process when the broker doesn't stop in time", () => {
  const run = start();
  run.process.signal("SIGTERM");
  assert.deepEqual(run.process.deadlinesMs, [STOP_DEADLINE_MS]);
  assert.throws(() => run.process.elapse(), new ProcessExit(1));
  assert.match(run.process.errors.join(""), /broker did not stop in time/);
});

Deno.test("runBroker() starts nothing when the configuration is refused", async () => {
  const run = start({ KAFKA_NUM_PARTITIONS: "0" });
  assert.equal(await run.code, 2);
  assert.deepEqual(run.started, []);
});

Deno.test("runBroker() names the keys without effect in one line", () => {
  const run = start({ KAFKA_NUM_IO_THREADS: "8", KAFKA_BACKGROUND_THREADS: "9" });
  assert.equal(run.started.length, 1);
  assert.equal(run.process.errors.length, 1);
  assert.match(
    run.process.errors[0] ?? "",
    /accepted without effect: background\.threads, num\.io\.threads/,
  );
});
