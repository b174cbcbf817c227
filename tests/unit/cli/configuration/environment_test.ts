import assert from "node:assert/strict";
import {
  environmentSettings,
  keyOfVariable,
} from "../../../../src/cli/configuration/environment.ts";

const known = (key: string): boolean => key.startsWith("log.");

Deno.test("keyOfVariable() maps one, two and three underscores as Kafka's image does", () => {
  assert.equal(keyOfVariable("LOG_RETENTION_MS"), "log.retention.ms");
  assert.equal(keyOfVariable("A__B_C"), "a_b.c");
  assert.equal(keyOfVariable("A___B"), "a-b");
});

Deno.test("environmentSettings() puts JOCKO_ after KAFKA_, so that it wins", () => {
  const settings = environmentSettings(
    { JOCKO_LOG_DIRS: "/j", KAFKA_LOG_DIRS: "/k", HOME: "/root" },
    known,
  );
  assert.deepEqual(settings.map(({ key, value }) => [key, value]), [
    ["log.dirs", "/k"],
    ["log.dirs", "/j"],
  ]);
  assert.deepEqual(settings[1]?.origin, { kind: "environment", variable: "JOCKO_LOG_DIRS" });
});

Deno.test("environmentSettings() leaves out what configures the JVM, scripts and tools", () => {
  const variables = [
    "KAFKA_HEAP_OPTS",
    "KAFKA_OPTS",
    "KAFKA_JMX_PORT",
    "KAFKA_JMX_OPTS",
    "KAFKA_LOG4J_OPTS",
    "KAFKA_LOG4J_LOGGERS",
    "KAFKA_VERSION",
    "KAFKA_HOME",
    "KAFKA_BOOTSTRAP",
    "KAFKA_BOOTSTRAP_SERVERS",
    "JOCKO_BIN",
    "JOCKO_COMPILE_DENO",
    "JOCKO_TEST_CACHE",
    "JOCKO_LOG_LEVEL",
    "JOCKO_LOG_FORMAT",
    "KAFKA_",
  ];
  for (const variable of variables) {
    assert.deepEqual(environmentSettings({ [variable]: "x" }, () => false), [], variable);
  }
});

Deno.test("environmentSettings() leaves out what Kubernetes adds for a service", () => {
  const environment = {
    KAFKA_SERVICE_HOST: "10.0.0.1",
    KAFKA_SERVICE_PORT: "9092",
    KAFKA_PORT: "tcp://10.0.0.1:9092",
    KAFKA_PORT_9092_TCP_ADDR: "10.0.0.1",
    JOCKO_HEADLESS_SERVICE_HOST: "10.0.0.2",
  };
  assert.deepEqual(environmentSettings(environment, () => false), []);
});

Deno.test("environmentSettings() keeps an unknown key, so that it is refused later", () => {
  assert.equal(environmentSettings({ KAFKA_NUM_PARTITIONZ: "1" }, known)[0]?.key, "num.partitionz");
});

Deno.test("environmentSettings() keeps a known key that looks like a variable of a tool", () => {
  const settings = environmentSettings({ KAFKA_CLUSTER_ID: "x" }, (key) => key === "cluster.id");
  assert.deepEqual(settings.map(({ key }) => key), ["cluster.id"]);
});
