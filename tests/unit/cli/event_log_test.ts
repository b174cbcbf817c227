import assert from "node:assert/strict";
import fc from "fast-check";
import { EventLog, formatJson, formatText } from "../../../src/cli/event_log.ts";
import type { LogFormat, LogLevel } from "../../../src/cli/configuration/settings.ts";

const TIME = "2026-01-31T12:00:00.000Z";

function logged(format: LogFormat, level: LogLevel): { log: EventLog; lines: string[] } {
  const lines: string[] = [];
  const clock = { wallMs: () => Date.parse(TIME) };
  return { log: new EventLog((line) => lines.push(line), clock, { format, level }), lines };
}

Deno.test("EventLog writes events of its level and above, one line each", () => {
  const { log, lines } = logged("text", "warn");
  log.debug("a");
  log.info("b");
  log.warn("c", { topic: "t", partitions: 3 });
  log.error("d");
  assert.deepEqual(lines, [
    `${TIME} WARN  c topic=t partitions=3\n`,
    `${TIME} ERROR d\n`,
  ]);
});

Deno.test("formatText() quotes what is not one plain word and leaves out what is undefined", () => {
  const fields = { a: "two words", b: undefined, c: new Error("bad"), d: { e: [1] }, f: "" };
  assert.equal(
    formatText(TIME, "info", "event", fields),
    `${TIME} INFO  event a="two words" c=bad d={"e":[1]} f=""`,
  );
});

Deno.test("formatText() and formatJson() keep any event on one line without control characters", () => {
  const text = fc.string({ unit: "binary" });
  fc.assert(fc.property(text, text, (event, value) => {
    for (const format of [formatText, formatJson]) {
      const line = format(TIME, "info", event, { value, nested: { value } });
      assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
    const line = formatJson(TIME, "info", event, { value });
    assert.equal(JSON.parse(line).value, value.toWellFormed());
  }));
});

Deno.test("formatJson() escapes what JSON would let through to a terminal", () => {
  const value = "\u009b31m\u007f\u2028\u{e0001}";
  const line = formatJson(TIME, "info", "e", { value });
  assert.match(line, /"\\u009b31m\\u007f\\u2028\\udb40\\udc01"/);
  assert.equal(JSON.parse(line).value, value);
});

Deno.test("formatJson() writes one object that keeps time, level and event", () => {
  const line = formatJson(TIME, "error", "e", { level: "mine", n: 1, big: 5n });
  assert.deepEqual(JSON.parse(line), {
    time: TIME,
    level: "error",
    event: "e",
    level_: "mine",
    n: 1,
    big: "5",
  });
});

Deno.test("formatJson() does not throw for what JSON can't express", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  assert.match(formatJson(TIME, "info", "e", { circle }), /unprintable/);
  assert.match(formatText(TIME, "info", "e", { circle, f: () => 1 }), /circle="?.*unprintable/);
});
