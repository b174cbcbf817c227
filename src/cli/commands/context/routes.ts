/** `jocko context add|use|list|remove` */
import { buildCommand, buildRouteMap } from "@stricli/core";
import type { CommandContext } from "../../command_context.ts";
import { parseBrokers } from "../../contexts/broker_addresses.ts";
import { CONTEXT_NAME, ContextFile } from "../../contexts/context_file.ts";
import { ExitCode } from "../../exit_codes.ts";
import { renderTable } from "../../output/table.ts";
import { action } from "../../session/action.ts";
import { CommandError, UsageError } from "../../session/failures.ts";
import { type OutputFlags, outputParameters } from "../../session/flags.ts";
import type { Session } from "../../session/session.ts";

const NAME = {
  parse: String,
  placeholder: "NAME",
  brief: "Name of the context",
  proposeCompletions(this: CommandContext, partial: string): string[] {
    const file = new ContextFile(this.surroundings.files, this.process.environment());
    return file.read().contexts.map(({ name }) => name).filter((name) => name.startsWith(partial));
  },
} as const;
const ALIASES = { o: "output" } as const;

function fileOf(session: Session): ContextFile {
  return new ContextFile(session.surroundings.files, session.process.environment());
}

function unknown(name: string): CommandError {
  const advice = "jocko context list shows those that there are";
  return new CommandError(`there is no context ${name}`, ExitCode.notFound, advice);
}

const add = action<OutputFlags, [string, string]>((session, _flags, name, brokers) => {
  if (!CONTEXT_NAME.test(name)) {
    throw new UsageError(`${name} is no name of a context: letters, digits, dots and dashes`);
  }
  parseBrokers(brokers);
  const file = fileOf(session);
  const { current, contexts } = file.read();
  const others = contexts.filter((context) => context.name !== name);
  file.write({ current: current ?? name, contexts: [...others, { name, brokers }] });
  const isCurrent = (current ?? name) === name;
  session.print({
    value: { name, brokers, current: isCurrent },
    table: () => `context ${name}: ${brokers}${isCurrent ? " (current)" : ""}\n`,
  });
});

const addCommand = buildCommand<OutputFlags, [string, string], CommandContext>({
  func: add,
  parameters: {
    flags: outputParameters,
    aliases: ALIASES,
    positional: {
      kind: "tuple",
      parameters: [NAME, {
        parse: String,
        placeholder: "HOST:PORT[,...]",
        brief: "Brokers to ask first",
      }],
    },
  },
  docs: {
    brief: "Remember the brokers of a cluster under a name",
    fullDescription:
      `Remember the brokers of a cluster under a name. The first context is the current
one. TLS and SASL are not served by this version, so there are no credentials to remember.

EXAMPLES
  jocko context add local 127.0.0.1:9092
  jocko context add staging kafka1:9092,kafka2:9092`,
  },
});

const use = action<OutputFlags, [string]>((session, _flags, name) => {
  const file = fileOf(session);
  const { contexts } = file.read();
  if (!contexts.some((context) => context.name === name)) throw unknown(name);
  file.write({ current: name, contexts });
  session.print({ value: { current: name }, table: () => `current context: ${name}\n` });
});

const useCommand = buildCommand<OutputFlags, [string], CommandContext>({
  func: use,
  parameters: {
    flags: outputParameters,
    aliases: ALIASES,
    positional: { kind: "tuple", parameters: [NAME] },
  },
  docs: {
    brief: "Choose the context that commands use",
    fullDescription: `Choose the context that commands use when --brokers is not given.

EXAMPLES
  jocko context use staging`,
  },
});

const list = action<OutputFlags, []>((session) => {
  const { current, contexts } = fileOf(session).read();
  const rows = contexts.map(({ name, brokers }) => ({ name, brokers, current: name === current }));
  session.print({
    value: rows,
    table: (style) =>
      rows.length === 0 ? "" : renderTable(
        ["CONTEXT", "BROKERS", "CURRENT"],
        rows.map(({ name, brokers, current }) => [name, brokers, current ? "yes" : ""]),
        style,
      ),
  });
  if (rows.length === 0) session.note("no contexts; jocko context add makes one");
});

const listCommand = buildCommand<OutputFlags, [], CommandContext>({
  func: list,
  parameters: { flags: outputParameters, aliases: ALIASES },
  docs: {
    brief: "List contexts",
    fullDescription: `List contexts.

EXAMPLES
  jocko context list
  jocko context list -o json`,
  },
});

const remove = action<OutputFlags, [string]>((session, _flags, name) => {
  const file = fileOf(session);
  const { current, contexts } = file.read();
  const left = contexts.filter((context) => context.name !== name);
  if (left.length === contexts.length) throw unknown(name);
  file.write({ current: current === name ? undefined : current, contexts: left });
  session.print({ value: { removed: name }, table: () => `removed context ${name}\n` });
});

const removeCommand = buildCommand<OutputFlags, [string], CommandContext>({
  func: remove,
  parameters: {
    flags: outputParameters,
    aliases: ALIASES,
    positional: { kind: "tuple", parameters: [NAME] },
  },
  docs: {
    brief: "Forget a context",
    fullDescription: `Forget a context. The cluster itself is left alone.

EXAMPLES
  jocko context remove staging`,
  },
});

export const contextRoutes = buildRouteMap({
  routes: { add: addCommand, use: useCommand, list: listCommand, remove: removeCommand },
  docs: { brief: "Remember clusters by name" },
});
