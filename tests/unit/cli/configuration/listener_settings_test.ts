import assert from "node:assert/strict";
import {
  DEFAULT_LISTENER,
  listenerSettings,
} from "../../../../src/cli/configuration/listener_settings.ts";
import type { Setting } from "../../../../src/cli/configuration/setting.ts";

function read(values: Readonly<Record<string, string>>) {
  const effective = new Map<string, Setting>();
  for (const [key, value] of Object.entries(values)) {
    effective.set(key, { key, value, origin: { kind: "flag", flag: "--set" } });
  }
  const { listeners, advertised, problems, warnings } = listenerSettings(effective);
  return { listeners, advertised, warnings, reasons: problems.map(({ reason }) => reason) };
}

Deno.test("listenerSettings() listens on the loopback alone when nothing is set", () => {
  const { listeners, advertised, reasons } = read({});
  assert.deepEqual(listeners, [DEFAULT_LISTENER]);
  assert.equal(advertised, undefined);
  assert.deepEqual(reasons, []);
});

Deno.test("listenerSettings() leaves out a controller's listeners and says so", () => {
  const { listeners, warnings, reasons } = read({
    "listeners": "PLAINTEXT://:9092,CONTROLLER://:9093",
    "controller.listener.names": "CONTROLLER",
    "advertised.listeners": "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map":
      "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL",
  });
  assert.deepEqual(reasons, []);
  assert.deepEqual(listeners, [{ name: "PLAINTEXT", host: "0.0.0.0", port: 9092 }]);
  assert.deepEqual(warnings, [
    "listener CONTROLLER is left out: there is no separate controller here",
  ]);
});

Deno.test("listenerSettings() refuses a configuration that has only a controller", () => {
  const { reasons } = read({ "listeners": "C://:9093", "controller.listener.names": "C" });
  assert.match(reasons.join(), /no listener for clients/);
});

Deno.test("listenerSettings() refuses every protocol but PLAINTEXT, by name and by map", () => {
  assert.match(read({ listeners: "SSL://:1" }).reasons.join(), /asks for SSL.*allowed: PLAINTEXT/);
  const mapped = read({
    "listeners": "A://:1",
    "listener.security.protocol.map": "A:SASL_PLAINTEXT",
  });
  assert.match(mapped.reasons.join(), /listener A asks for SASL_PLAINTEXT/);
});

Deno.test("listenerSettings() takes own names, and holds them to the map when there is one", () => {
  assert.deepEqual(read({ listeners: "IN://:1,OUT://:2" }).reasons, []);
  const map = { "listener.security.protocol.map": "IN:PLAINTEXT" };
  const { reasons } = read({ listeners: "IN://:1,OUT://:2", ...map });
  assert.deepEqual(reasons, [
    "listener OUT has no entry in listener.security.protocol.map; allowed: IN",
  ]);
  const bad = read({ "listener.security.protocol.map": "IN:TLS" });
  assert.match(bad.reasons.join(), /allowed: NAME:PROTOCOL/);
});

Deno.test("listenerSettings() refuses a name or an address that is there twice", () => {
  assert.match(read({ listeners: "A://:1,A://:2" }).reasons.join(), /listener A is there twice/);
  assert.match(read({ listeners: "A://h:1,B://h:1" }).reasons.join(), /h:1 is there twice/);
  assert.deepEqual(read({ listeners: "A://h:0,B://h:0" }).reasons, []);
});

Deno.test("listenerSettings() refuses to advertise what no client can dial", () => {
  for (const address of ["0.0.0.0:9092", ":9092", "[::]:9092", "host:0"]) {
    const { reasons } = read({ "advertised.listeners": address });
    assert.match(reasons.join(), /clients can't connect to/, address);
  }
  assert.match(
    read({ "advertised.listeners": "OTHER://h:1" }).reasons.join(),
    /OTHER is no listener; allowed: PLAINTEXT/,
  );
});

Deno.test("listenerSettings() gives an advertised address without a name to the only listener", () => {
  const { advertised } = read({ "listeners": "IN://:9092", "advertised.listeners": "host:1" });
  assert.deepEqual(advertised, [{ name: "IN", host: "host", port: 1 }]);
});

Deno.test("listenerSettings() refuses an unknown inter-broker listener", () => {
  const { reasons } = read({ "inter.broker.listener.name": "NOPE" });
  assert.deepEqual(reasons, ["no such listener; allowed: PLAINTEXT"]);
});

Deno.test("listenerSettings() keeps the name of the cluster port for the cluster port", () => {
  const { reasons } = read({ "listeners": "PLAINTEXT://:9092,CLUSTER://:9093" });
  assert.match(reasons.join(), /CLUSTER is the name of the port for other brokers/);
});
