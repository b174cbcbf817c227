/** The commands of `jocko`, and how the shell is answered. */
import {
  type Application,
  buildApplication,
  buildRouteMap,
  type Command,
  help,
  type RouteMap,
  run,
  text_en,
  version,
} from "@stricli/core";
import { type CommandContext, commandContext } from "./command_context.ts";
import type { CommandProcess, LocalMachine } from "./command_process.ts";
import { placeholder } from "./command_family.ts";
import { COMMANDS } from "./command_table.ts";
import { completionCommands } from "./commands/completion.ts";
import { ExitCode } from "./exit_codes.ts";
import type { Surroundings } from "./surroundings.ts";
import { VERSION } from "./version.ts";

const FULL_DESCRIPTION =
  `Kafka's protocol in one executable: no ZooKeeper, no JVM, no formatting step.

EXAMPLES
  jocko broker                                run a broker on 127.0.0.1:9092, data in ./data
  jocko topic create orders --partitions 3    make a topic
  jocko produce orders < lines.txt            one record for each line
  jocko consume orders -e                     print what is there, then stop
  jocko group describe billing                members and lag of a group
  jocko topic --help                          the commands of a family, and their flags
  source <(jocko completion bash)             complete commands, flags and names in this shell

ENVIRONMENT
  JOCKO_BROKERS    brokers to ask first, where --brokers and --context are not given
  JOCKO_CONTEXTS   the file with the contexts (default jocko/contexts.json in the user's
                   configuration directory)
  NO_COLOR         no colours

EXIT CODES
  0  done
  1  failed
  2  command line or configuration refused; nothing was done
  3  no broker could be reached, or none answered in time
  4  what the command names does not exist
  5  a check found something that needs attention`;

const FORMATTING = {
  caseStyle: "convert-camel-to-kebab",
  useAliasInUsageLine: false,
  onlyRequiredInUsageLine: false,
} as const;
const DOCUMENTATION = { ...FORMATTING, disableAnsiColor: true };

/** The application, with the one command loaded that `words` call. */
async function applicationFor(words: readonly string[]): Promise<Application<CommandContext>> {
  const routes: Record<string, Command<CommandContext> | RouteMap<CommandContext>> = {};
  for (const [name, { brief, load }] of Object.entries(COMMANDS)) {
    routes[name] = name === words[0] ? await load(words[1]) : placeholder(brief);
  }
  const completion = completionCommands(applicationFor);
  const root = buildRouteMap<string, CommandContext>({
    routes: { ...routes, ...completion },
    docs: {
      brief: "Kafka's protocol in one executable",
      fullDescription: FULL_DESCRIPTION,
      hideRoute: { __complete: true },
    },
  });
  return buildApplication(root, {
    name: "jocko",
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    documentation: DOCUMENTATION,
  }, {
    help: help({
      brief: text_en.briefs.help,
      defaultForRouteMap: true,
      formatting: FORMATTING,
    }),
    version: version({
      brief: text_en.briefs.version,
      info: { currentVersion: `jocko ${VERSION}` },
    }),
  });
}

/** Runs the command that the process was started with; returns what to tell the shell. */
export async function runCommand(
  process: CommandProcess,
  machine: LocalMachine,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const context = commandContext(process, machine, surroundings);
  await run(await applicationFor(process.arguments), process.arguments, context);
  return exitCodeOf(context.process.exitCode);
}

const EXIT_CODES: readonly unknown[] = Object.values(ExitCode);

/** The parser reports what it refused by negative numbers, which no shell can show. */
function exitCodeOf(code: number | string | null | undefined): ExitCode {
  if (code === undefined || code === null) return ExitCode.ok;
  if (EXIT_CODES.includes(code)) return code as ExitCode;
  return typeof code === "number" && code < 0 ? ExitCode.usage : ExitCode.failure;
}
