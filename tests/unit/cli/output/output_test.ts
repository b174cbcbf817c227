import assert from "node:assert/strict";
import fc from "fast-check";
import { wrap } from "../../../../src/cli/output/configs.ts";
import { PLAIN_STYLE, styleFor, TERMINAL_STYLE } from "../../../../src/cli/output/style.ts";
import { Progress } from "../../../../src/cli/output/progress.ts";
import { renderReport } from "../../../../src/cli/output/report.ts";
import { renderFields, renderTable } from "../../../../src/cli/output/table.ts";
import {
  bytesText,
  counted,
  countText,
  durationText,
  parseDuration,
  timeText,
} from "../../../../src/cli/output/units.ts";
import { type Plain, toYaml } from "../../../../src/cli/output/yaml.ts";
import { FakeClock } from "../../server/fake_clock.ts";

Deno.test("renderTable() aligns text to the left and numbers to the right", () => {
  assert.equal(
    renderTable(["NAME", "COUNT", "NOTE"], [["a", 5, null], ["longer", 1000, "x"]]),
    "NAME    COUNT  NOTE\n" +
      "a           5  -\n" +
      "longer   1000  x\n",
  );
  assert.equal(
    renderTable([{ title: "SIZE", align: "right" }, "B"], [["1 KiB", ""], ["10 KiB", "b"]]),
    "  SIZE  B\n 1 KiB\n10 KiB  b\n",
  );
});

Deno.test("renderTable() counts characters, not what colours them", () => {
  const table = renderTable(["ä", "B"], [[{ text: "ok", style: "good" }, "x"]], TERMINAL_STYLE);
  assert.equal(table, "\x1b[1mä\x1b[0m   \x1b[1mB\x1b[0m\n\x1b[32mok\x1b[0m  x\n");
});

Deno.test("renderFields() puts values below each other", () => {
  assert.equal(renderFields([["a", 1], ["long name", "x"]]), "a          1\nlong name  x\n");
});

Deno.test("styleFor() has colours for terminals alone, and none with NO_COLOR", () => {
  assert.equal(styleFor(true, {}), TERMINAL_STYLE);
  assert.equal(styleFor(false, {}), PLAIN_STYLE);
  assert.equal(styleFor(true, { NO_COLOR: "1" }), PLAIN_STYLE);
  assert.equal(styleFor(true, { NO_COLOR: "" }), TERMINAL_STYLE);
  assert.equal(styleFor(true, { TERM: "dumb" }), PLAIN_STYLE);
});

Deno.test("toYaml() writes lists and maps in block style", () => {
  const value = {
    name: "orders",
    list: [1, [2, 3], { a: 1, b: [] }, {}],
    none: null,
    left: undefined,
    deep: { deeper: { deepest: true } },
    text: "a: b",
    number: "12",
    word: "No",
    empty: "",
  };
  assert.equal(
    toYaml(value),
    `name: orders
list:
- 1
- - 2
  - 3
- a: 1
  b: []
- {}
none: null
deep:
  deeper:
    deepest: true
text: "a: b"
number: "12"
word: "No"
empty: ""
`,
  );
  assert.equal(toYaml([]), "[]\n");
  assert.equal(toYaml("x"), "x\n");
  assert.equal(toYaml([{ a: [{ b: 1 }] }]), "- a:\n  - b: 1\n");
});

Deno.test("toYaml() quotes every text that would be read as something else", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    const line = toYaml({ text }).slice("text: ".length, -1);
    if (line.startsWith('"')) {
      assert.equal(JSON.parse(line), text);
    } else {
      assert.equal(line, text);
      assert.match(line, /^[A-Za-z_/]/);
      assert.doesNotMatch(line, /[:#"'\n\t]|^(true|false|null|yes|no|on|off|y|n)$|\s$/i);
    }
  }));
});

Deno.test("renderReport() has a form for people and two for programs", () => {
  const report = { value: { a: [1] } as Plain, table: () => "table\n" };
  assert.equal(renderReport(report, "table", PLAIN_STYLE), "table\n");
  assert.equal(renderReport(report, "json", PLAIN_STYLE), '{\n  "a": [\n    1\n  ]\n}\n');
  assert.equal(renderReport(report, "yaml", PLAIN_STYLE), "a:\n- 1\n");
});

Deno.test("units are written for people", () => {
  assert.deepEqual([0, 1023, 1024, 1536, 5 * 1024 ** 3].map(bytesText), [
    "0 B",
    "1023 B",
    "1.0 KiB",
    "1.5 KiB",
    "5.0 GiB",
  ]);
  const durationsMs = [0, 250, 1_000, 61_000, 3_600_000, 93_784_000, 86_400_000 * 3 + 5_000];
  assert.deepEqual(durationsMs.map(durationText), [
    "0ms",
    "250ms",
    "1s",
    "1m 1s",
    "1h",
    "1d 2h",
    "3d",
  ]);
  assert.equal(durationText(-1_500), "-1s");
  assert.deepEqual([1, 1_234, 1_234_567].map(countText), ["1", "1,234", "1,234,567"]);
  assert.deepEqual([0, 1, 2_000].map((n) => counted(n, "record")), [
    "0 records",
    "1 record",
    "2,000 records",
  ]);
  assert.deepEqual([timeText(-1), timeText(0)], ["-", "1970-01-01T00:00:00.000Z"]);
});

Deno.test("parseDuration() reads sums of units", () => {
  const texts = ["250ms", "30s", "1h30m", "7d", "1.5s", "2w"];
  assert.deepEqual(texts.map(parseDuration), [
    250,
    30_000,
    5_400_000,
    604_800_000,
    1_500,
    1_209_600_000,
  ]);
  for (const text of ["", "5", "s", "1y", "-1s", "1s x"]) {
    assert.throws(() => parseDuration(text), SyntaxError, text);
  }
});

Deno.test("wrap() breaks at spaces, and leaves long words whole", () => {
  assert.deepEqual(wrap("aa bb cc", 5), ["aa bb", "cc"]);
  assert.deepEqual(wrap("a verylongword b", 5), ["a", "verylongword", "b"]);
  assert.deepEqual(wrap("", 5), []);
});

Deno.test("Progress writes a few times a second, to people alone", () => {
  const clock = new FakeClock();
  const written: string[] = [];
  const target = (showsErrors: boolean) => ({
    clock,
    process: { writeError: (text: string) => void written.push(text) },
    surroundings: { showsErrors },
  });
  const shown = new Progress(target(true));
  shown.show(() => "too early");
  clock.nowMs += 200;
  shown.show(() => "one");
  shown.show(() => "too soon");
  shown.clear();
  assert.deepEqual(written, ["\r\x1b[Kone", "\r\x1b[K"]);
  const hidden = new Progress(target(false));
  clock.nowMs += 200;
  hidden.show(() => "one");
  hidden.clear();
  assert.equal(written.length, 2);
});
