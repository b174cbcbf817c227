import assert from "node:assert/strict";
import { addCounts, countTestCases, junitOf } from "../../../scripts/ci_junit.ts";
import { countsOfStep, parseSteps } from "../../../scripts/ci_summary.ts";

const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="4" failures="1" errors="0" time="1">
  <testsuite name="a" tests="4" disabled="0" errors="0" failures="1">
    <testcase name="passes &lt;testcase&gt; > this" classname="a" time="0.01" line="1">
    </testcase>
    <testcase name="passes too" classname="a" time="0.01"/>
    <testcase name="fails" classname="a" time="0.01">
      <failure message="x"><![CDATA[<testcase name="quoted"/> <skipped/>]]></failure>
    </testcase>
    <testcase name="ignored" classname="a" time="0">
      <skipped/>
    </testcase>
  </testsuite>
</testsuites>`;

Deno.test("countTestCases() tells passed, failed and skipped apart", () => {
  assert.deepEqual(countTestCases(REPORT), { passed: 2, failed: 1, skipped: 1 });
  assert.deepEqual(countTestCases(""), { passed: 0, failed: 0, skipped: 0 });
});

Deno.test("junitOf() writes what countTestCases() reads, whatever the steps print", () => {
  const output = 'a <failure> & "quotes" \u0000\u001b[31m ]]> </testcase><testcase/>';
  const xml = junitOf("ok", [
    { name: 'lint "x" <y>', seconds: 1, passed: true, output: "" },
    { name: "types", seconds: 2, passed: false, output },
  ]);
  assert.deepEqual(countTestCases(xml), { passed: 1, failed: 1, skipped: 0 });
  assert.match(xml, /tests="2" failures="1"/);
});

Deno.test("addCounts() sums up field by field", () => {
  const one = { passed: 1, failed: 2, skipped: 3 };
  assert.deepEqual(addCounts([one, one]), { passed: 2, failed: 4, skipped: 6 });
  assert.deepEqual(addCounts([]), { passed: 0, failed: 0, skipped: 0 });
});

Deno.test("parseSteps() reads the lines that the CI run writes", () => {
  assert.deepEqual(parseSteps("a b\t0\t12\t-\nc\t1\t3\tx.xml\n"), [
    { name: "a b", exitCode: 0, seconds: 12, report: undefined },
    { name: "c", exitCode: 1, seconds: 3, report: "x.xml" },
  ]);
});

Deno.test("countsOfStep() counts a step without a report as one case", () => {
  const step = { name: "s", seconds: 1, report: undefined };
  assert.deepEqual(countsOfStep({ ...step, exitCode: 0 }, []), {
    passed: 1,
    failed: 0,
    skipped: 0,
  });
  assert.deepEqual(countsOfStep({ ...step, exitCode: 9 }, []), {
    passed: 0,
    failed: 1,
    skipped: 0,
  });
});

Deno.test("countsOfStep() lets no step fail silently", () => {
  const green = junitOf("s", [{ name: "x", seconds: 0, passed: true, output: "" }]);
  const step = { name: "s", seconds: 1, report: "r.xml" };
  const crashed = countsOfStep({ ...step, exitCode: 139 }, [green]);
  assert.deepEqual(crashed, { passed: 1, failed: 1, skipped: 0 });
  assert.equal(countsOfStep({ ...step, exitCode: 0 }, []).failed, 1, "a report that is missing");
  assert.equal(countsOfStep({ ...step, exitCode: 1 }, [REPORT]).failed, 1, "not counted twice");
});
