import assert from "node:assert/strict";
import { parseBrokers } from "../../../../src/cli/contexts/broker_addresses.ts";
import { ContextFile, ContextFileError } from "../../../../src/cli/contexts/context_file.ts";
import { emptySurroundings } from "../fake_process.ts";

Deno.test("parseBrokers() reads hosts, ports and IPv6 addresses", () => {
  assert.deepEqual(parseBrokers("a:1, b ,[::1]:2,PLAINTEXT://c.d:3"), [
    { host: "a", port: 1 },
    { host: "b", port: 9092 },
    { host: "::1", port: 2 },
    { host: "c.d", port: 3 },
  ]);
  for (const text of ["", ",", "a:b", "a:0", "a:65536", "::1", "a b:1", "[x]:1"]) {
    assert.throws(() => parseBrokers(text), SyntaxError, text);
  }
});

Deno.test("parseBrokers() refuses TLS and SASL by name", () => {
  assert.throws(() => parseBrokers("sasl_ssl://a:1"), /asks for SASL_SSL: .* without TLS and SASL/);
});

Deno.test("ContextFile keeps contexts where the environment says", () => {
  const files = new Map<string, string>();
  const surroundings = emptySurroundings(files);
  const open = (environment: Record<string, string>) =>
    new ContextFile(surroundings.files, environment);
  assert.equal(open({ JOCKO_CONTEXTS: "/c.json", HOME: "/h" }).path, "/c.json");
  assert.equal(open({ XDG_CONFIG_HOME: "/x", HOME: "/h" }).path, "/x/jocko/contexts.json");
  assert.equal(open({ HOME: "/h" }).path, "/h/.config/jocko/contexts.json");
  const file = open({ HOME: "/h" });
  assert.deepEqual(file.read(), { current: undefined, contexts: [] });
  const list = { current: "a", contexts: [{ name: "a", brokers: "x:1" }] };
  file.write(list);
  assert.deepEqual(file.read(), list);
});

Deno.test("ContextFile.read() says what is wrong with a file it can't understand", () => {
  for (
    const text of [
      "{",
      "[]",
      "1",
      '{"contexts":1}',
      '{"contexts":{"a":{}}}',
      "{}",
      '{"contexts":{},"current":1}',
    ]
  ) {
    const files = new Map([["/c", text]]);
    const file = new ContextFile(emptySurroundings(files).files, { JOCKO_CONTEXTS: "/c" });
    assert.throws(() => file.read(), ContextFileError, text);
  }
});
