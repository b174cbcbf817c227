import assert from "node:assert/strict";
import { BrokerThread } from "../../src/cli/broker_thread/broker_thread.ts";
import type { BrokerSettings } from "../../src/cli/configuration/settings.ts";
import type { ProbeReport } from "./least_privilege_probe.ts";

const PROBE = new URL("./least_privilege_probe.ts", import.meta.url);

const ALLOWED = ["write own file", "read own file", "listen on own port"];

function settingsFor(dataDir: string, config: Readonly<Record<string, string>>): BrokerSettings {
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
    cluster: undefined,
    log: { format: "text", level: "error" },
  };
}

Deno.test("BrokerThread confines its worker to the data directory and its port", async () => {
  const root = Deno.realPathSync(await Deno.makeTempDir({ prefix: "jocko-confined-" }));
  const foreignFile = `${root}/foreign.ts`;
  const dataDir = `${root}/data`;
  await Deno.mkdir(dataDir);
  await Deno.writeTextFile(foreignFile, "export const secret = 1;");
  // Someone does listen there, so that only the rights stand in the way.
  const foreign = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const thread = new BrokerThread(
      settingsFor(dataDir, {
        "foreign.file": foreignFile,
        "foreign.port": String((foreign.addr as Deno.NetAddr).port),
      }),
      PROBE,
    );
    const ready = await thread.ready;
    const report = JSON.parse(ready?.clusterId ?? "{}") as ProbeReport;
    thread.stop();
    assert.deepEqual(await thread.ended, { kind: "stopped" });

    assert(Object.keys(report).length > 20, JSON.stringify(await thread.ended));
    for (const [name, outcome] of Object.entries(report)) {
      const expected = ALLOWED.includes(name) ? /^done$/ : /^(NotCapable|PermissionDenied)$/;
      assert.match(outcome, expected, name);
    }
    assert.equal(await Deno.readTextFile(foreignFile), "export const secret = 1;");
  } finally {
    foreign.close();
    await Deno.remove(root, { recursive: true });
  }
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
