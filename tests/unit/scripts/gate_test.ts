import assert from "node:assert/strict";
import {
  compileArguments,
  EXECUTABLE_PERMISSIONS,
  executableName,
  usedImports,
  usedPackages,
} from "../../../scripts/compile.ts";
import { gateSteps, parseGateOptions } from "../../../scripts/ok.ts";
import { testArguments } from "../../../scripts/run_tests.ts";

Deno.test("gateSteps() holds every check that a change must pass", () => {
  assert.deepEqual(gateSteps(undefined).map(({ name }) => name), [
    "format",
    "lint",
    "layers",
    "generated-protocol",
    "generated-crc32c",
    "generated-docs",
    "types",
    "tests",
    "fuzz-codecs",
    "fuzz-server",
    "simulation",
  ]);
  const tests = gateSteps("/r").find(({ name }) => name === "tests");
  assert(tests?.args.join(" ").endsWith("--no-check --junit /r/tests.xml"));
});

Deno.test("parseGateOptions() reads options and refuses what it doesn't know", () => {
  assert.deepEqual(parseGateOptions(["--skip", "tests", "--only", "lint", "--junit", "d"]), {
    skip: ["tests"],
    only: ["lint"],
    junitDir: "d",
  });
  assert.throws(() => parseGateOptions(["--skip", "tset"]), /no step tset; there are format, /);
  assert.throws(() => parseGateOptions(["--fast", "x"]), /unknown option --fast/);
  assert.throws(() => parseGateOptions(["--skip"]), /--skip needs a value/);
});

Deno.test("testArguments() passes report, filter and paths on", () => {
  const args = testArguments(["--junit", "r.xml", "--no-check", "--filter", "x", "tests/unit/a"]);
  assert.deepEqual(args.slice(-4), [
    "--junit-path=r.xml",
    "--no-check",
    "--filter=x",
    "tests/unit/a",
  ]);
  assert(testArguments([]).includes("tests/unit"));
  assert.throws(() => testArguments(["--junit"]), /--junit needs a value/);
  assert.throws(() => testArguments(["--watch"]), /unknown option --watch/);
});

Deno.test("compileArguments() bakes in the worker and no right to run programs or foreign code", () => {
  const args = compileArguments("/o/jocko", "x86_64-apple-darwin");
  assert.equal(args[args.indexOf("--include") + 1], "src/cli/broker_worker.ts");
  assert.equal(args[args.indexOf("--target") + 1], "x86_64-apple-darwin");
  assert(EXECUTABLE_PERMISSIONS.includes("--no-prompt"));
  for (const right of ["--allow-all", "-A", "--allow-run", "--allow-ffi"]) {
    assert(!args.includes(right), right);
  }
});

Deno.test("executableName() names the target unless it is this machine", () => {
  assert.equal(executableName(Deno.build.target), executableName(undefined));
  assert.equal(executableName("x86_64-pc-windows-msvc"), "jocko-x86_64-pc-windows-msvc.exe");
});

Deno.test("usedImports() and usedPackages() leave out what the program doesn't import", () => {
  const project = {
    name: "p",
    imports: { "@s/core": "npm:@s/core@1.2.3", tests: "npm:tests@2.0.0", "std/path": "node:path" },
  };
  const used = usedImports(project, new Set(["@s/core/sub", "std/path"]));
  assert.deepEqual(Object.keys(used.imports), ["@s/core", "std/path"]);
  assert.equal(used.name, "p");
  const lock = usedPackages({
    version: "5",
    specifiers: { "npm:@s/core@1.2.3": "1.2.3", "npm:tests@2.0.0": "2.0.0" },
    npm: {
      "@s/core@1.2.3": { dependencies: ["deep", "twice@2.0.0"] },
      "deep@1.0.0": { dependencies: ["@s/core"] },
      "twice@1.0.0": {},
      "twice@2.0.0": {},
      "tests@2.0.0": { dependencies: ["twice@1.0.0"] },
    },
  }, used);
  assert.deepEqual(Object.keys(lock.specifiers), ["npm:@s/core@1.2.3"]);
  assert.deepEqual(Object.keys(lock.npm), ["@s/core@1.2.3", "deep@1.0.0", "twice@2.0.0"]);
});
