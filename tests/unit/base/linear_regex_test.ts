import assert from "node:assert/strict";
import { LinearRegex } from "../../../src/base/linear_regex.ts";

function parsed(pattern: string): LinearRegex {
  const regex = LinearRegex.parse(pattern);
  assert.ok(regex !== undefined, pattern);
  return regex;
}

Deno.test("LinearRegex.matches() compares the whole text", () => {
  assert.equal(parsed("o.*").matches("open"), true);
  assert.equal(parsed("ope").matches("open"), false);
  assert.equal(parsed("pen").matches("open"), false);
  assert.equal(parsed("a|ab").matches("ab"), true);
  assert.equal(parsed("").matches(""), true);
  assert.equal(parsed("").matches("a"), false);
  assert.equal(parsed("\\p{Greek}+").matches("αβγ"), true);
});

Deno.test("LinearRegex.parse() refuses what RE2 does not have, and what is too large", () => {
  const isSound = (pattern: string) => LinearRegex.parse(pattern) !== undefined;
  const refused = ["(", "a(?=b)", "(?<!a)b", "(a)\\1", "[z-a]", "x{1001}", "*"];
  for (const pattern of refused) assert.equal(isSound(pattern), false, pattern);
  assert.equal(isSound("a".repeat(1001)), false);
  assert.equal(isSound("x{1000}"), true);
  assert.equal(isSound("x{600}y{2,600}"), false);
  assert.equal(isSound("((x{10}){10}){10}".repeat(3)), false);
  assert.equal(isSound("a".repeat(1000)), true);
});

Deno.test("LinearRegex.matches() ends on expressions that make others backtrack", () => {
  const text = `${"a".repeat(5000)}!`;
  for (const pattern of ["(a+)+", "(a|a)*", "(a|aa)+", "(.*a){20}", "((a*)*)*"]) {
    assert.equal(parsed(pattern).matches(text), false, pattern);
  }
});
