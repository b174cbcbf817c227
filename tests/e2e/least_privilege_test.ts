import assert from "node:assert/strict";
import { BrokerThread } from "../../src/cli/broker_thread/broker_thread.ts";
import type { BrokerSettings, ClusterSettings } from "../../src/cli/configuration/settings.ts";
import type { ProbeReport } from "./least_privilege_probe.ts";

const PROBE = new URL("./least_privilege_probe.ts", import.meta.url);

const ALLOWED = ["write own file", "read own file", "listen on own port"];

/** On another machine's address, so that loopback is foreign to it. */
const CLUSTER: ClusterSettings = {
  listen: { host: "192.0.2.1", port: 9093 },
  join: [],
  expect: 1,
  keys: [new Uint8Array(32)],
};

function settingsFor(
  dataDir: string,
  config: Readonly<Record<string, string>>,
  cluster?: ClusterSettings,
): BrokerSettings {
  const entries = Object.entries(config).map(([key, value]) =>
    [key, { value, origin: "test" }] as const
  );
  return {
    listeners: [{ name: "PLAINTEXT", host: "127.0.0.1", port: 0 }],
    advertised: undefined,
    dataDir,
    http: undefined,
    nodeId: undefined,
    staticConfig: Object.fromEntries(entries),
    cluster,
    log: { format: "text", level: "error" },
  };
}

/** What a broker's worker with these settings reached, by attempt. */
async function probed(cluster?: ClusterSettings): Promise<ProbeReport> {
  const root = Deno.realPathSync(await Deno.makeTempDir({ prefix: "jocko-confined-" }));
  const foreignFile = `${root}/foreign.ts`;
  const dataDir = `${root}/data`;
  await Deno.mkdir(dataDir);
  await Deno.writeTextFile(foreignFile, "export const secret = 1;");
  // Someone does listen there, so that only the rights stand in the way.
  const foreign = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const config = {
      "foreign.file": foreignFile,
      "foreign.port": String((foreign.addr as Deno.NetAddr).port),
    };
    const thread = new BrokerThread(settingsFor(dataDir, config, cluster), PROBE);
    const ready = await thread.ready;
    thread.stop();
    assert.deepEqual(await thread.ended, { kind: "stopped" });
    assert.equal(await Deno.readTextFile(foreignFile), "export const secret = 1;");
    return JSON.parse(ready?.clusterId ?? "{}") as ProbeReport;
  } finally {
    foreign.close();
    await Deno.remove(root, { recursive: true });
  }
}

function assertConfined(report: ProbeReport, allowed: readonly string[]): void {
  assert(Object.keys(report).length > 20, JSON.stringify(report));
  for (const [name, outcome] of Object.entries(report)) {
    const expected = allowed.includes(name) ? /^done$/ : /^(NotCapable|PermissionDenied)$/;
    assert.match(outcome, expected, name);
  }
}

Deno.test("BrokerThread confines its worker to the data directory and its port", async () => {
  assertConfined(await probed(), ALLOWED);
});

Deno.test("BrokerThread lets a broker of a cluster reach the cluster port of others, and no more", async () => {
  const { "dial another broker": dial, ...rest } = await probed(CLUSTER);
  assert.equal(dial, "ConnectionRefused", "it may, and nobody is there");
  assertConfined(rest, ALLOWED);
});

Deno.test("BrokerThread reports a worker that throws outside of its broker", async () => {
  const module = new URL("data:text/javascript,throw new Error('broken module')");
  const dataDir = await Deno.makeTempDir({ prefix: "jocko-confined-" });
  try {
    const thread = new BrokerThread(settingsFor(dataDir, {}), module);
    assert.equal(await thread.ready, undefined);
    const end = await thread.ended;
    assert(end.kind === "failed");
    assert.match(end.failure.message, /broken module/);
  } finally {
    await Deno.remove(dataDir);
  }
});
