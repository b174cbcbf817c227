import assert from "node:assert/strict";
import {
  type ConfigurationInput,
  resolveBrokerSettings,
} from "../../../../src/cli/configuration/broker_settings.ts";
import { ConfigurationError } from "../../../../src/cli/configuration/setting.ts";
import { BROKER_CONFIG_OF } from "../../../../src/metadata/config/broker_configs.ts";
import type { LocalMachine } from "../../../../src/cli/command_process.ts";

const SERVER_PROPERTIES = `
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:9093
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
num.network.threads=3
num.io.threads=8
socket.send.buffer.bytes=102400
socket.receive.buffer.bytes=102400
socket.request.max.bytes=104857600
log.dirs=/tmp/kraft-combined-logs
num.partitions=1
num.recovery.threads.per.data.dir=1
offsets.topic.replication.factor=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.retention.hours=168
log.segment.bytes=1073741824
log.retention.check.interval.ms=300000
`;

function machine(files: Readonly<Record<string, string>> = {}): LocalMachine {
  return {
    readTextFile(path) {
      const text = files[path];
      if (text === undefined) throw new Error(`${path} is missing`);
      return text;
    },
    prepareDirectory(path) {
      if (path.startsWith("/forbidden")) throw new Error("not permitted");
      return path.startsWith("/") ? path : `/here/${path}`;
    },
    resolveBindHost(host) {
      if (host !== "localhost") throw new Error("unknown name");
      return "127.0.0.1";
    },
  };
}

function resolve(
  flags: ConfigurationInput["flags"],
  environment: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
) {
  return resolveBrokerSettings(
    { flags, environment, definitions: BROKER_CONFIG_OF },
    machine(files),
  );
}

function problemsOf(...args: Parameters<typeof resolve>): string[] {
  try {
    resolve(...args);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.split("\n").map((l) => l.trim());
    throw error;
  }
  return [];
}

Deno.test("resolveBrokerSettings() has a working default for everything", () => {
  const { settings, warnings } = resolve({});
  assert.deepEqual(settings, {
    listeners: [{ name: "PLAINTEXT", host: "127.0.0.1", port: 9092 }],
    advertised: undefined,
    dataDir: "/here/data",
    http: undefined,
    nodeId: undefined,
    staticConfig: {},
    cluster: undefined,
    log: { format: "text", level: "info" },
  });
  assert.deepEqual(warnings, []);
  assert.deepEqual(structuredClone(settings), settings);
});

Deno.test("resolveBrokerSettings() takes the server.properties that Kafka ships", () => {
  const { settings, warnings } = resolve({ config: "s" }, {}, { s: SERVER_PROPERTIES });
  assert.deepEqual(settings.listeners, [{ name: "PLAINTEXT", host: "0.0.0.0", port: 9092 }]);
  assert.deepEqual(settings.advertised, [{ name: "PLAINTEXT", host: "localhost", port: 9092 }]);
  assert.equal(settings.nodeId, 1);
  assert.equal(settings.dataDir, "/tmp/kraft-combined-logs");
  assert.deepEqual(settings.staticConfig["num.partitions"], { value: "1", origin: "s:16" });
  assert.equal(warnings.length, 2);
  assert.match(warnings[1] ?? "", /^accepted without effect: .*num\.io\.threads/);
});

Deno.test("resolveBrokerSettings() lets flags win over environment, and environment over file", () => {
  const files = { s: "num.partitions=2\nlog.retention.ms=2\nmessage.max.bytes=2" };
  const environment = {
    KAFKA_NUM_PARTITIONS: "3",
    JOCKO_NUM_PARTITIONS: "4",
    KAFKA_LOG_RETENTION_MS: "3",
  };
  const flags = { config: "s", set: [{ key: "num.partitions", value: "5" }] };
  const { staticConfig } = resolve(flags, environment, files).settings;
  assert.deepEqual(staticConfig["num.partitions"], { value: "5", origin: "flag --set" });
  assert.deepEqual(staticConfig["log.retention.ms"], {
    value: "3",
    origin: "environment KAFKA_LOG_RETENTION_MS",
  });
  assert.deepEqual(staticConfig["message.max.bytes"], { value: "2", origin: "s:3" });
  const { set: _, ...without } = flags;
  assert.equal(
    resolve(without, environment, files).settings.staticConfig["num.partitions"]?.value,
    "4",
  );
});

Deno.test("resolveBrokerSettings() tells all problems at once, with value, place and hint", () => {
  const lines = problemsOf(
    { config: "s", listen: ["nowhere"], set: [{ key: "num.partitions", value: "zero" }] },
    { KAFKA_LOG_RETENTON_MS: "5" },
    { s: "a=b\nlog.retention.bytes=much" },
  );
  assert.equal(lines[0], "5 problems in the configuration");
  const text = lines.join("\n");
  assert.match(text, /^a = "b" \(s:1\): no such setting/m);
  assert.match(text, /^log\.retention\.bytes = "much" \(s:2\): allowed: /m);
  assert.match(
    text,
    /^log\.retenton\.ms = "5" \(environment KAFKA_LOG_RETENTON_MS\): .*mean log\.retention\.ms\?$/m,
  );
  assert.match(text, /^num\.partitions = "zero" \(flag --set\): allowed: /m);
  assert.match(text, /^listeners = "nowhere" \(flag --listen\): "nowhere" is no address/m);
});

Deno.test("resolveBrokerSettings() refuses a bad value also where a flag overrides it", () => {
  const set = [{ key: "num.partitions", value: "1" }];
  assert.match(problemsOf({ set }, { KAFKA_NUM_PARTITIONS: "x" }).join(), /KAFKA_NUM_PARTITIONS/);
});

Deno.test("resolveBrokerSettings() never shows what may be a secret", () => {
  const set = [{ key: "ssl.keystore.passwort", value: "hunter2" }];
  const text = problemsOf({ set }).join();
  assert.match(text, /\(hidden\).*no such setting; did you mean ssl\.keystore\.password/);
  assert.doesNotMatch(text, /hunter2/);
});

Deno.test("resolveBrokerSettings() turns host names into addresses, for the broker's rights", () => {
  const { settings } = resolve({ listen: ["localhost:1", "B://:2"], http: "localhost:3" });
  assert.deepEqual(settings.listeners.map(({ host }) => host), ["127.0.0.1", "0.0.0.0"]);
  assert.deepEqual(settings.http, { host: "127.0.0.1", port: 3 });
  assert.match(problemsOf({ listen: ["elsewhere:1"] }).join(), /elsewhere is no address of this/);
});

Deno.test("resolveBrokerSettings() keeps one data directory", () => {
  const set = [{ key: "log.dirs", value: "/a,/b" }];
  assert.match(problemsOf({ set }).join(), /allowed: exactly one directory/);
  assert.equal(resolve({ dataDir: "/a,/b" }).settings.dataDir, "/a,/b");
  const both = [{ key: "log.dir", value: "/a" }, { key: "log.dirs", value: "/b" }];
  assert.equal(resolve({ set: both }).settings.dataDir, "/b");
  assert.match(problemsOf({ dataDir: "/forbidden" }).join(), /can't be made or opened/);
});

Deno.test("resolveBrokerSettings() refuses node.id and broker.id that differ", () => {
  const node = { key: "node.id", value: "1" };
  assert.match(
    problemsOf({ set: [node, { key: "broker.id", value: "2" }] }).join(),
    /differs from node\.id = 1/,
  );
  assert.equal(resolve({ set: [node, { key: "broker.id", value: "1" }] }).settings.nodeId, 1);
  assert.equal(resolve({ set: [{ key: "broker.id", value: "-1" }] }).settings.nodeId, undefined);
});

Deno.test("resolveBrokerSettings() refuses to be a controller only", () => {
  const set = [{ key: "process.roles", value: "controller" }];
  assert.match(problemsOf({ set }).join(), /allowed: broker, or broker,controller/);
});

Deno.test("resolveBrokerSettings() reads log format and level from flag, then environment", () => {
  const environment = { JOCKO_LOG_FORMAT: "json", JOCKO_LOG_LEVEL: "WARN" };
  assert.deepEqual(resolve({}, environment).settings.log, { format: "json", level: "warn" });
  assert.deepEqual(resolve({ logLevel: "debug" }, environment).settings.log, {
    format: "json",
    level: "debug",
  });
  assert.match(problemsOf({}, { JOCKO_LOG_LEVEL: "loud" }).join(), /allowed: debug, info, warn/);
});

Deno.test("resolveBrokerSettings() refuses a file that is missing or malformed", () => {
  assert.match(problemsOf({ config: "none" }).join(), /config = "none" .*can't be read/);
  assert.match(problemsOf({ config: "s" }, {}, { s: "a=\\u12" }).join(), /\(s:1\)/);
});

Deno.test("resolveBrokerSettings() has HTTP off until it is asked for", () => {
  assert.equal(resolve({ set: [{ key: "http.listener", value: "" }] }).settings.http, undefined);
  assert.match(problemsOf({ http: "9464" }).join(), /allowed: HOST:PORT/);
});
