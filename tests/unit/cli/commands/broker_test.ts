import assert from "node:assert/strict";
import type { BrokerEnd } from "../../../../src/cli/broker_thread/broker_thread.ts";
import { commandContext } from "../../../../src/cli/command_context.ts";
import {
  type BrokerFlags,
  runBroker,
  STOP_DEADLINE_MS,
} from "../../../../src/cli/commands/broker.ts";
import type { LocalMachine } from "../../../../src/cli/command_process.ts";
import type { BrokerSettings } from "../../../../src/cli/configuration/settings.ts";
import type { BrokerReady } from "../../../../src/cli/running_broker.ts";
import { emptyMachine, emptySurroundings, fakeProcess, ProcessExit } from "../fake_process.ts";

const READY: BrokerReady = {
  listeners: [{ name: "PLAINTEXT", host: "127.0.0.1", port: 4242 }],
  http: undefined,
  clusterId: "Yx4cluster",
  nodeId: 1,
};

function start(
  environment: Readonly<Record<string, string>> = {},
  flags: BrokerFlags = {},
  machine: LocalMachine = emptyMachine,
) {
  const process = fakeProcess([], environment);
  const ready = Promise.withResolvers<BrokerReady | undefined>();
  const ended = Promise.withResolvers<BrokerEnd>();
  const started: BrokerSettings[] = [];
  let stops = 0;
  const reloads: BrokerSettings["staticConfig"][] = [];
  const code = runBroker(
    commandContext(process, machine, emptySurroundings()),
    flags,
    (settings) => {
      started.push(settings);
      return {
        ready: ready.promise,
        ended: ended.promise,
        reload: (staticConfig) => void reloads.push(staticConfig),
        stop: () => void stops++,
      };
    },
  );
  return { process, ready, ended, started, code, reloads, stops: () => stops };
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

Deno.test("runBroker() reads its file again on SIGHUP: what can change does, a bad file changes nothing", async () => {
  let file = "log.retention.ms=1000\nnum.partitions=2\n";
  const machine = { ...emptyMachine, readTextFile: () => file };
  const run = start({ JOCKO_LOG_FORMAT: "json" }, { config: "server.properties" }, machine);
  const lastEvent = () => JSON.parse(run.process.errors.at(-1) ?? "null");
  const retention = () => run.reloads.at(-1)?.["log.retention.ms"]?.value;
  run.ready.resolve(READY);
  await settle();

  file = "log.retention.ms=2000\nnum.partitions=3\nlog.segment.bytes=1048576\n";
  assert.equal(run.process.reload(), 1);
  assert.equal(retention(), "2000");
  assert.equal(run.reloads.at(-1)?.["num.partitions"]?.value, "2", "it waits for a restart");
  assert.deepEqual(lastEvent().applied, ["log.retention.ms", "log.segment.bytes"]);
  assert.deepEqual(lastEvent().needRestart, ["num.partitions"]);

  file = "log.retention.ms=3000\nlog.segment.bytes=little\n";
  run.process.reload();
  assert.equal(run.reloads.length, 1);
  assert.equal(lastEvent().level, "error");
  assert.match(lastEvent().problems[0], /^log\.segment\.bytes = "little" \(server\.properties:2\)/);

  file = "num.partitions=3\n";
  run.process.reload();
  assert.equal(retention(), undefined, "what is gone has its default again");
  assert.deepEqual(lastEvent().applied, ["log.retention.ms", "log.segment.bytes"]);
  assert.deepEqual(lastEvent().needRestart, ["num.partitions"], "it is told again");

  run.ended.resolve({ kind: "stopped" });
  assert.equal(await run.code, 0);
  assert.equal(run.process.reload(), 0, "the signal is let go");
});

Deno.test("runBroker() leaves SIGHUP alone without a file", async () => {
  const run = start();
  run.ready.resolve(READY);
  await settle();
  assert.equal(run.process.reload(), 0);
  run.ended.resolve({ kind: "stopped" });
  await run.code;
});
