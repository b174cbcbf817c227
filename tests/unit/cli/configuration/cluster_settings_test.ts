import assert from "node:assert/strict";
import { clusterSettings } from "../../../../src/cli/configuration/cluster_settings.ts";
import type { ConfigurationProblem, Setting } from "../../../../src/cli/configuration/setting.ts";
import { describeProblem } from "../../../../src/cli/configuration/setting.ts";

const KEY = new Uint8Array(32).fill(7).toBase64();
const FILES: Readonly<Record<string, string>> = { "key": `${KEY}\n`, "short": "AAAA" };

/** Reads the settings, and what is wrong with them in words. */
function read(values: Readonly<Record<string, string>>) {
  const effective = new Map(
    Object.entries(values).map(([key, value]): [string, Setting] => [
      key,
      { key, value, origin: { kind: "flag", flag: `--${key}` } },
    ]),
  );
  const problems: ConfigurationProblem[] = [];
  const settings = clusterSettings({
    effective,
    problems,
    bindableHost: (host) => host === "this-machine" ? "10.0.0.5" : host,
    machine: {
      readTextFile(path) {
        const text = FILES[path];
        if (text === undefined) throw new Error("no such file");
        return text;
      },
      prepareDirectory: (path) => path,
      resolveBindHost: (host) => host,
    },
  });
  return { settings, problems: problems.map(describeProblem).join("\n") };
}

Deno.test("clusterSettings() leaves a broker alone that is told nothing of others", () => {
  assert.deepEqual(read({}), { settings: undefined, problems: "" });
  assert.deepEqual(read({ "cluster.listen": " ", "cluster.join": "" }).settings, undefined);
});

Deno.test("clusterSettings() reads who forms a cluster and who joins one", () => {
  const listen = { host: "127.0.0.1", port: 9093 };
  const alone = read({ "cluster.listen": "127.0.0.1:9093" });
  assert.deepEqual(alone, { settings: { listen, join: [], expect: 1, keys: [] }, problems: "" });
  const three = read({ "cluster.listen": "127.0.0.1:9093", "cluster.expect": "3" });
  assert.equal(three.settings?.expect, 3);
  const joining = read({
    "cluster.listen": "127.0.0.1:9093",
    "cluster.join": "127.0.0.2:9093, broker-3:9193",
  });
  assert.equal(joining.settings?.expect, undefined);
  assert.deepEqual(joining.settings?.join, [
    { host: "127.0.0.2", port: 9093 },
    { host: "broker-3", port: 9193 },
  ]);
});

Deno.test("clusterSettings() takes keys from a file or as they are, and listens outside with one", () => {
  const expected = [new Uint8Array(32).fill(7)];
  const outside = { "cluster.listen": "this-machine:9093" };
  const byFile = read({ ...outside, "cluster.key.file": "key" });
  assert.deepEqual(byFile.settings?.keys, expected);
  assert.deepEqual(byFile.settings?.listen, { host: "10.0.0.5", port: 9093 });
  assert.deepEqual(read({ ...outside, "cluster.key": KEY }).settings?.keys, expected);
});

for (
  const [what, values, problem] of [
    ["--join without a cluster port", { "cluster.join": "a:9093" }, /needs a cluster port/],
    ["--expect without a cluster port", { "cluster.expect": "3" }, /needs a cluster port/],
    ["an outside address without a key", { "cluster.listen": "10.0.0.5:9093" }, /without a .*key/],
    ["no address", { "cluster.listen": "9093" }, /allowed: HOST:PORT/],
    ["every address", { "cluster.listen": "0.0.0.0:9093" }, /can't connect to 0.0.0.0:9093/],
    ["an outside IPv6 address", {
      "cluster.listen": "[2001:db8::1]:9093",
      "cluster.key": KEY,
    }, /range of IPv6/],
    ["a join without a port", {
      "cluster.listen": "127.0.0.1:9093",
      "cluster.join": "broker-1",
    }, /"broker-1" is no address/],
    ["one that is to form a cluster alone and join", {
      "cluster.listen": "127.0.0.1:9093",
      "cluster.join": "127.0.0.2:9093",
      "cluster.expect": "1",
    }, /has none to join/],
    ["two sources of keys", {
      "cluster.listen": "127.0.0.1:9093",
      "cluster.key": KEY,
      "cluster.key.file": "key",
    }, /one of the two/],
    ["a key file that is not there", {
      "cluster.listen": "127.0.0.1:9093",
      "cluster.key.file": "nowhere",
    }, /can't be read: no such file/],
    ["a key that is too short", {
      "cluster.listen": "127.0.0.1:9093",
      "cluster.key.file": "short",
    }, /32 bytes/],
  ] as const
) {
  Deno.test(`clusterSettings() refuses ${what}`, () => {
    assert.match(read(values).problems, problem);
  });
}

Deno.test("clusterSettings() shows nothing of a key that it refuses", () => {
  const { problems } = read({ "cluster.listen": "127.0.0.1:9093", "cluster.key": "c2VjcmV0" });
  assert.match(problems, /\(hidden\)/);
  assert.doesNotMatch(problems, /c2VjcmV0/);
});
