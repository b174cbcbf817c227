/**
 * Runs the unit tests and the end-to-end tests that need no other program.
 *
 *     deno task test [--junit FILE] [--no-check] [--filter TEXT] [PATH...]
 *
 * Types are checked first unless `--no-check` is given. Leaves with the exit code of `deno test`.
 */
import { dirname, join } from "std/path";

const ROOT = join(import.meta.dirname ?? ".", "..");

/** What runs when no path is given. */
const DEFAULT_PATHS = ["tests/unit", "tests/e2e/least_privilege_test.ts"];

/** The arguments of `deno` for the arguments of this script. Pure. */
export function testArguments(options: readonly string[]): string[] {
  const rest = [...options];
  const flags: string[] = [];
  const paths: string[] = [];
  for (let option = rest.shift(); option !== undefined; option = rest.shift()) {
    if (option === "--no-check") flags.push(option);
    else if (option === "--junit" || option === "--filter") {
      const value = rest.shift();
      if (value === undefined) throw new SyntaxError(`${option} needs a value`);
      flags.push(option === "--junit" ? `--junit-path=${value}` : `--filter=${value}`);
    } else if (option.startsWith("-")) throw new SyntaxError(`unknown option ${option}`);
    else paths.push(option);
  }
  return [
    "test",
    "--allow-all",
    "--parallel",
    "--reporter=dot",
    "--quiet",
    ...flags,
    ...(paths.length > 0 ? paths : DEFAULT_PATHS),
  ];
}

if (import.meta.main) {
  const junit = Deno.args[Deno.args.indexOf("--junit") + 1];
  if (Deno.args.includes("--junit") && junit !== undefined) {
    Deno.mkdirSync(dirname(junit), { recursive: true });
  }
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: testArguments(Deno.args),
    cwd: ROOT,
  }).spawn().status;
  Deno.exit(code);
}
