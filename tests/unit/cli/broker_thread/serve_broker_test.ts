import assert from "node:assert/strict";
import { SILENT_LOGGER } from "../../../../src/base/logger.ts";
import type { FromBroker, ToBroker } from "../../../../src/cli/broker_thread/messages.ts";
import { type BrokerChannel, serveBroker } from "../../../../src/cli/broker_thread/serve_broker.ts";
import type { BrokerSettings } from "../../../../src/cli/configuration/settings.ts";
import type { RunningBroker } from "../../../../src/cli/running_broker.ts";

const SETTINGS: BrokerSettings = {
  listeners: [{ name: "PLAINTEXT", host: "127.0.0.1", port: 0 }],
  advertised: undefined,
  dataDir: "/d",
  http: undefined,
  nodeId: undefined,
  staticConfig: {},
  cluster: undefined,
  log: { format: "text", level: "info" },
};
const READY = { listeners: SETTINGS.listeners, http: undefined, clusterId: "c", nodeId: 1 };

function serve() {
  const reports: FromBroker[] = [];
  const channel: BrokerChannel = { postMessage: (report) => reports.push(report), onmessage: null };
  const started = Promise.withResolvers<RunningBroker>();
  const ended = Promise.withResolvers<void>();
  let stops = 0;
  const reloads: unknown[] = [];
  serveBroker(channel, () => started.promise, () => SILENT_LOGGER);
  const broker: RunningBroker = {
    ready: READY,
    ended: ended.promise,
    reload: (staticConfig) => reloads.push(staticConfig),
    stop() {
      stops++;
      ended.resolve();
    },
  };
  const tell = (message: ToBroker): void =>
    channel.onmessage?.(new MessageEvent("message", { data: message }));
  return { reports, started, ended, broker, tell, reloads, stops: () => stops };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

Deno.test("serveBroker() reports ready, then stopped", async () => {
  const { reports, started, broker, tell } = serve();
  tell({ type: "start", settings: SETTINGS });
  started.resolve(broker);
  await settle();
  assert.deepEqual(reports, [{ type: "ready", ready: READY }]);
  tell({ type: "stop" });
  await settle();
  assert.deepEqual(reports.at(-1), { type: "stopped" });
  assert.equal(reports.length, 2);
});

Deno.test("serveBroker() hands settings on, those that come while it starts as well", async () => {
  const { started, broker, tell, reloads } = serve();
  const reload = (value: string): void =>
    tell({ type: "reload", staticConfig: { "log.retention.ms": { value, origin: "file" } } });
  assert.throws(() => reload("1"), /before it is told to start/);
  tell({ type: "start", settings: SETTINGS });
  reload("2");
  await settle();
  assert.equal(reloads.length, 0);
  started.resolve(broker);
  await settle();
  reload("3");
  await settle();
  assert.deepEqual(
    reloads,
    ["2", "3"].map((value) => ({
      "log.retention.ms": { value, origin: "file" },
    })),
  );
});

Deno.test("serveBroker() stops a broker that is told to while it starts", async () => {
  const { reports, started, broker, tell, stops } = serve();
  tell({ type: "start", settings: SETTINGS });
  tell({ type: "stop" });
  await settle();
  assert.equal(stops(), 0);
  started.resolve(broker);
  await settle();
  assert.equal(stops(), 1);
  assert.deepEqual(reports.at(-1), { type: "stopped" });
});

Deno.test("serveBroker() reports a start that fails, also when it was told to stop", async () => {
  const { reports, started, tell } = serve();
  tell({ type: "start", settings: SETTINGS });
  tell({ type: "stop" });
  started.reject(new RangeError("no room"));
  await settle();
  assert.equal(reports.length, 1);
  assert(reports[0]?.type === "failed");
  assert.equal(reports[0].failure.message, "RangeError: no room");
  assert.match(reports[0].failure.stack ?? "", /serve_broker_test/);
});

Deno.test("serveBroker() reports a broker that can't go on", async () => {
  const { reports, started, ended, broker, tell } = serve();
  tell({ type: "start", settings: SETTINGS });
  started.resolve(broker);
  ended.reject(new Error("disk gone"));
  await settle();
  assert.deepEqual(reports.map(({ type }) => type), ["ready", "failed"]);
});

Deno.test("serveBroker() refuses a second start and a stop before any start", () => {
  const { tell } = serve();
  assert.throws(() => tell({ type: "stop" }), /before it is told to start/);
  tell({ type: "start", settings: SETTINGS });
  assert.throws(() => tell({ type: "start", settings: SETTINGS }), /serves one broker/);
});
