import assert from "node:assert/strict";
import fc from "fast-check";
import { parseProperties } from "../../../../src/metadata/config/properties.ts";

Deno.test("parseProperties() reads separators, comments, escapes and continued lines", () => {
  const text = [
    "# a comment",
    "! another",
    "",
    "node.id=1",
    "  log.dirs : /var/kafka data ",
    "listeners   PLAINTEXT://:9092,\\",
    "    OTHER://:9093",
    "path=C:\\\\kafka\\tlogs",
    "key\\=with\\ blanks = value=more",
    "letter=\\u00e9\\x",
    "empty",
    "# not continued \\",
    "last=1",
  ].join("\r\n");
  const { entries, errors } = parseProperties(text);
  assert.deepEqual(errors, []);
  assert.deepEqual(entries.map(({ key, value, line }) => [line, key, value]), [
    [4, "node.id", "1"],
    [5, "log.dirs", "/var/kafka data "],
    [6, "listeners", "PLAINTEXT://:9092,OTHER://:9093"],
    [8, "path", "C:\\kafka\tlogs"],
    [9, "key=with blanks", "value=more"],
    [10, "letter", "éx"],
    [11, "empty", ""],
    [13, "last", "1"],
  ]);
});

Deno.test("parseProperties() reports bad lines with their numbers and reads the others", () => {
  const { entries, errors } = parseProperties("a=1\nb=\\u12g4\n= value\nc=2");
  assert.deepEqual(entries, [{ key: "a", value: "1", line: 1 }, { key: "c", value: "2", line: 4 }]);
  assert.deepEqual(errors.map(({ line }) => line), [2, 3]);
});

Deno.test("parseProperties() ends when the last line asks to go on", () => {
  assert.deepEqual(parseProperties("a=1\\").entries, [{ key: "a", value: "1", line: 1 }]);
});

Deno.test("parseProperties() gives back any keys and values that were escaped", () => {
  const escape = (text: string) =>
    text.replace(/[\\=: #!]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r")
      .replaceAll("\t", "\\t").replaceAll("\f", "\\f");
  const text = fc.string({ maxLength: 20 });
  const entry = fc.tuple(text.filter((key) => key !== ""), text);
  fc.assert(fc.property(fc.array(entry, { maxLength: 5 }), (pairs) => {
    const file = pairs.map(([key, value]) => `${escape(key)}=${escape(value)}`).join("\n");
    const { entries, errors } = parseProperties(file);
    assert.deepEqual(errors, []);
    assert.deepEqual(entries.map(({ key, value }) => [key, value]), pairs);
  }));
});
