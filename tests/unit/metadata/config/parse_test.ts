import assert from "node:assert/strict";
import fc from "fast-check";
import {
  between,
  boolean,
  int,
  list,
  long,
  password,
  someOf,
} from "../../../../src/metadata/config/define.ts";
import {
  editDistance,
  nearestName,
  parseConfigValue,
} from "../../../../src/metadata/config/parse.ts";

Deno.test("parseConfigValue() reads integers up to the edges of their type", () => {
  assert.deepEqual(parseConfigValue(int("n", 0, ""), " +2147483647 "), {
    ok: true,
    value: 2147483647,
    text: "2147483647",
  });
  assert.deepEqual(parseConfigValue(int("n", 0, ""), "2147483648"), {
    ok: false,
    allowed: "a 32-bit integer",
  });
  assert.deepEqual(parseConfigValue(long("n", 0, ""), "9223372036854775807"), {
    ok: true,
    value: 2 ** 63,
    text: "9223372036854775807",
  });
  assert.equal(parseConfigValue(long("n", 0, ""), "9223372036854775808").ok, false);
  for (const text of ["", "1.0", "0x10", "1e3", "ten", "- 1"]) {
    assert.equal(parseConfigValue(int("n", 0, ""), text).ok, false, text);
  }
});

Deno.test("parseConfigValue() tells what is allowed when a value breaks its constraint", () => {
  const definition = int("level", 9, "", between(1, 17));
  assert.deepEqual(parseConfigValue(definition, "18"), { ok: false, allowed: "1 to 17" });
  assert.deepEqual(parseConfigValue(definition, "x"), {
    ok: false,
    allowed: "a 32-bit integer: 1 to 17",
  });
});

Deno.test("parseConfigValue() drops blanks and repeats of a list and refuses empty items", () => {
  const definition = list("policy", "", "", someOf("compact", "delete"));
  assert.deepEqual(parseConfigValue(definition, " delete , compact,delete"), {
    ok: true,
    value: ["delete", "compact"],
    text: "delete,compact",
  });
  assert.deepEqual(parseConfigValue(definition, " "), { ok: true, value: [], text: "" });
  assert.equal(parseConfigValue(definition, "delete,,compact").ok, false);
  assert.equal(parseConfigValue(definition, "delete,").ok, false);
  assert.equal(parseConfigValue(definition, "keep").ok, false);
});

Deno.test("parseConfigValue() reads booleans in any case and keeps secrets as they are", () => {
  assert.deepEqual(parseConfigValue(boolean("b", true, ""), " TRUE "), {
    ok: true,
    value: true,
    text: "true",
  });
  assert.equal(parseConfigValue(boolean("b", true, ""), "yes").ok, false);
  const secret = parseConfigValue(password("p", null, ""), " pass word ");
  assert.equal(secret.ok && secret.text, " pass word ");
});

Deno.test("nearestName() finds what was probably meant and nothing far away", () => {
  const names = ["log.retention.ms", "log.retention.bytes", "num.partitions", "listeners"];
  assert.equal(nearestName("log.retention.md", names), "log.retention.ms");
  assert.equal(nearestName("LOG.RETENTION.MS", names), "log.retention.ms");
  assert.equal(nearestName("num.partition", names), "num.partitions");
  assert.equal(nearestName("listner", names), "listeners");
  assert.equal(nearestName("zookeeper.connect", names), undefined);
  assert.equal(nearestName("", names), undefined);
});

Deno.test("editDistance() is a metric that counts a swap of neighbours as one edit", () => {
  assert.equal(editDistance("ab", "ba"), 1);
  assert.equal(editDistance("kitten", "sitting"), 3);
  const word = fc.string({ maxLength: 12 });
  fc.assert(fc.property(word, word, (a, b) => {
    const distance = editDistance(a, b);
    assert.equal(distance, editDistance(b, a));
    assert.equal(distance === 0, a === b);
    assert.ok(distance <= Math.max(a.length, b.length));
    assert.ok(distance >= Math.abs(a.length - b.length));
  }));
});
