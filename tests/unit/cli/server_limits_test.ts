import assert from "node:assert/strict";
import { serverLimits } from "../../../src/cli/server_limits.ts";

const SETTINGS: Readonly<Record<string, string>> = {
  "socket.request.max.bytes": "104857600",
  "max.connections": "2147483647",
  "max.connections.per.ip": "100",
  "max.connections.per.ip.overrides": "10.0.0.1:5, ::1:7,fe80::2:0",
  "connections.max.idle.ms": "600000",
};

function limitsWith(changes: Readonly<Record<string, string>> = {}) {
  const settings = { ...SETTINGS, ...changes };
  return serverLimits((name) => settings[name] ?? null);
}

Deno.test("serverLimits() reads counts, sizes and times", () => {
  const limits = limitsWith();
  assert.equal(limits.requestBytesMax, 104857600);
  assert.equal(limits.connectionsMax, 2147483647);
  assert.equal(limits.connectionsPerIpMax, 100);
  assert.equal(limits.connectionIdleMsMax, 600000);
});

Deno.test("serverLimits() takes the last colon of an override for the one before the count", () => {
  const { connectionsPerIpOverrides } = limitsWith();
  assert.deepEqual([...connectionsPerIpOverrides!], [["10.0.0.1", 5], ["::1", 7], ["fe80::2", 0]]);
  const none = limitsWith({ "max.connections.per.ip.overrides": "" });
  assert.equal(none.connectionsPerIpOverrides!.size, 0);
});

Deno.test("serverLimits() lets connections be idle for good when the time is negative", () => {
  assert.equal(limitsWith({ "connections.max.idle.ms": "-1" }).connectionIdleMsMax, Infinity);
  assert.equal(limitsWith({ "connections.max.idle.ms": "0" }).connectionIdleMsMax, 0);
});

Deno.test("serverLimits() follows the settings on connections", () => {
  const settings: Record<string, string> = { ...SETTINGS };
  const limits = serverLimits((name) => settings[name] ?? null);
  settings["max.connections"] = "7";
  settings["max.connections.per.ip"] = "3";
  settings["max.connections.per.ip.overrides"] = "10.0.0.1:1";
  assert.equal(limits.connectionsMax, 7);
  assert.equal(limits.connectionsPerIpMax, 3);
  assert.deepEqual([...limits.connectionsPerIpOverrides], [["10.0.0.1", 1]]);
});
