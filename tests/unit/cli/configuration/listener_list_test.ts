import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatHostPort,
  formatListener,
  parseHostPort,
  parseListener,
  splitList,
} from "../../../../src/cli/configuration/listener_list.ts";

Deno.test("parseListener() reads a name, an empty host and IPv6 in brackets", () => {
  const read = (text: string) => {
    const parsed = parseListener(text, "PLAINTEXT");
    return parsed.ok ? parsed.listener : parsed.reason;
  };
  assert.deepEqual(read("PLAINTEXT://:9092"), { name: "PLAINTEXT", host: "", port: 9092 });
  assert.deepEqual(read("127.0.0.1:0"), { name: "PLAINTEXT", host: "127.0.0.1", port: 0 });
  assert.deepEqual(read("internal://[::1]:9"), { name: "INTERNAL", host: "::1", port: 9 });
});

Deno.test("parseListener() refuses what is no address and says what is allowed", () => {
  const texts = [
    "9092",
    "host",
    "a:b",
    "h:65536",
    "A B://h:1",
    "://h:1",
    "::1:9092",
    "h:1/x",
    "h:-1",
  ];
  for (const text of texts) {
    const parsed = parseListener(text, "PLAINTEXT");
    assert(!parsed.ok, text);
    assert.match(parsed.reason, /allowed: \[NAME:\/\/\]\[HOST\]:PORT/);
  }
});

Deno.test("parseHostPort() reads back what formatHostPort() writes", () => {
  const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
  fc.assert(fc.property(host, fc.integer({ min: 0, max: 65_535 }), (host, port) => {
    assert.deepEqual(parseHostPort(formatHostPort({ host, port })), { host, port });
  }));
});

Deno.test("formatListener() puts IPv6 in brackets", () => {
  assert.equal(formatListener({ name: "A", host: "::1", port: 1 }), "A://[::1]:1");
});

Deno.test("splitList() drops blanks and empty parts", () => {
  assert.deepEqual(splitList(" a , b,, "), ["a", "b"]);
  assert.deepEqual(splitList(""), []);
});
