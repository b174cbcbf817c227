/** JUnit reports: writes one for steps that are no tests, and sums up those of the others. Pure. */

/** A step of the gate or of the CI run. */
export interface StepResult {
  readonly name: string;
  readonly seconds: number;
  readonly passed: boolean;
  /** What the step printed; kept for those that failed. */
  readonly output: string;
}

/** How many test cases ended how. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** `steps` as a JUnit document of one suite. */
export function junitOf(suite: string, steps: readonly StepResult[]): string {
  const failures = steps.filter((step) => !step.passed).length;
  const cases = steps.map(({ name, seconds, passed, output }) => {
    const open = `    <testcase name="${escapeXml(name)}" classname="${escapeXml(suite)}" ` +
      `time="${seconds.toFixed(3)}"`;
    if (passed) return `${open} />`;
    return `${open}>\n      <failure message="failed">${escapeXml(output)}</failure>\n` +
      "    </testcase>";
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${steps.length}" failures="${failures}" errors="0">`,
    `  <testsuite name="${escapeXml(suite)}" tests="${steps.length}" failures="${failures}">`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

/** Counts the test cases of one JUnit document. */
export function countTestCases(xml: string): TestCounts {
  // Text of a failure may quote XML; a CDATA section is the only place where it stands unescaped.
  const plain = xml.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, "");
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [, attributes, body = ""] of plain.matchAll(TEST_CASE)) {
    if (/<(failure|error)\b/.test(body)) counts.failed++;
    else if (/<skipped\b/.test(body) || /status="(skipped|disabled)"/.test(attributes ?? "")) {
      counts.skipped++;
    } else counts.passed++;
  }
  return counts;
}

const TEST_CASE = /<testcase\b((?:[^>"]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;

/** The sums, field by field. */
export function addCounts(all: readonly TestCounts[]): TestCounts {
  return all.reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}

/** Text for XML; characters that XML can't hold become question marks. */
function escapeXml(text: string): string {
  return text
    // deno-lint-ignore no-control-regex -- these are the characters that XML 1.0 forbids
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "?")
    .replace(
      /[&<>"]/g,
      (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[character] ?? "",
    );
}
