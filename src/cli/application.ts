/** The commands of `jocko`, and how the shell is answered. */
import { type Application, buildApplication, buildRouteMap, run } from "@stricli/core";
import { type CommandContext, commandContext } from "./command_context.ts";
import type { CommandProcess, LocalMachine } from "./command_process.ts";
import { brokerCommand } from "./commands/broker.ts";
import { completionCommands } from "./commands/completion.ts";
import { ExitCode } from "./exit_codes.ts";
import { VERSION } from "./version.ts";

const routes = buildRouteMap<string, CommandContext>({
  routes: { broker: brokerCommand, ...completionCommands(() => application) },
  docs: {
    brief: "Kafka's protocol in one executable",
    fullDescription: `Kafka's protocol in one executable: no ZooKeeper, no JVM, no formatting step.

EXAMPLES
  jocko broker                                run a broker on 127.0.0.1:9092, data in ./data
  jocko broker --help                         its flags, configuration and exit codes
  source <(jocko completion bash)             complete commands and flags in this shell

EXIT CODES
  0  done
  1  failed
  2  command line or configuration refused`,
    hideRoute: { __complete: true },
  },
});

const application: Application<CommandContext> = buildApplication(routes, {
  name: "jocko",
  versionInfo: { currentVersion: `jocko ${VERSION}` },
  scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
  documentation: { caseStyle: "convert-camel-to-kebab", disableAnsiColor: true },
});

/** Runs the command that the process was started with; returns what to tell the shell. */
export async function runCommand(
  process: CommandProcess,
  machine: LocalMachine,
): Promise<ExitCode> {
  const context = commandContext(process, machine);
  await run(application, process.arguments, context);
  return exitCodeOf(context.process.exitCode);
}

/** The parser reports what it refused by negative numbers, which no shell can show. */
function exitCodeOf(code: number | string | null | undefined): ExitCode {
  if (code === undefined || code === null || code === ExitCode.ok) return ExitCode.ok;
  return typeof code === "number" && (code < 0 || code === ExitCode.usage)
    ? ExitCode.usage
    : ExitCode.failure;
}
