/** Runs the programs of tests/clients/java/src, one JVM for many checks. */
import assert from "node:assert/strict";
import { clientTools } from "../../../scripts/client_tools.ts";
import { type BrokerUnderTest, restart } from "./broker.ts";
import { lines } from "./process.ts";

/** One line of the Java suite's report. */
interface CheckReport {
  readonly check: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly ms: number;
  readonly detail: string;
}

/** JVM options: small, quick to start, quiet. */
const JVM_ARGUMENTS = [
  "-Xmx512m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
];

/** The command line of a Java program on the class path of the suites. */
export async function javaCommand(
  main: string,
  args: readonly string[],
): Promise<{ readonly program: string; readonly args: string[] }> {
  const { java, classpath } = await clientTools();
  return { program: java, args: [...JVM_ARGUMENTS, "-cp", classpath, main, ...args] };
}

/** Starts a Java program with pipes on all three streams. */
export async function spawnJava(main: string, args: readonly string[]): Promise<Deno.ChildProcess> {
  const command = await javaCommand(main, args);
  return new Deno.Command(command.program, {
    args: command.args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/**
 * Runs `ClientChecks` and makes each of its checks a step of `t`. What the checks ask for, a
 * restart or a crash of the broker, is carried out here.
 */
export async function runJavaChecks(
  t: Deno.TestContext,
  broker: BrokerUnderTest,
  timeoutMs: number,
): Promise<void> {
  const filter = Deno.env.get("JAVA_CHECKS") ?? "";
  const child = await spawnJava("ClientChecks", [broker.bootstrap, filter]);
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const stderr = textOf(child.stderr);
  const stdin = child.stdin.getWriter();
  let checkCount = 0;
  try {
    for await (const line of lines(child.stdout)) {
      const report = JSON.parse(line) as CheckReport | { readonly ask: string };
      if ("ask" in report) {
        const answer = await fulfil(report.ask, broker);
        await stdin.write(new TextEncoder().encode(`${answer}\n`));
      } else {
        checkCount++;
        await step(t, report);
      }
    }
    await stdin.close();
    const { code } = await child.status;
    assert.equal(code, 0, `the JVM ended with ${code}: ${await stderr}`);
    assert.ok(checkCount > 0, "no check ran");
  } finally {
    clearTimeout(timer);
    await stderr;
  }
}

async function step(t: Deno.TestContext, report: CheckReport): Promise<void> {
  await t.step({
    name: `${report.check} (${report.ms} ms)`,
    ignore: report.outcome === "skipped",
    fn: () => {
      if (report.outcome === "failed") throw new Error(report.detail);
    },
  });
}

async function fulfil(what: string, broker: BrokerUnderTest): Promise<string> {
  if (!broker.canRestart) return "this broker is not ours to restart";
  await restart(broker, what === "crash" ? "SIGKILL" : "SIGTERM");
  return "done";
}

async function textOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  return (await new Response(stream).text()).slice(-4000);
}
