/** `jocko config get|describe|diff|explain` */
import { buildCommand } from "@stricli/core";
import { describeConfigs, resourceText } from "../../../client/admin/configs.ts";
import type { CommandContext } from "../../command_context.ts";
import { ExitCode } from "../../exit_codes.ts";
import { configRows, renderConfigs, valueText, wrap } from "../../output/configs.ts";
import { renderFields, renderTable } from "../../output/table.ts";
import { action } from "../../session/action.ts";
import { CommandError } from "../../session/failures.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  switchFlag,
} from "../../session/flags.ts";
import type { Session } from "../../session/session.ts";
import { parseResource, RESOURCE_GRAMMAR } from "./resource.ts";

const RESOURCE = { parse: String, placeholder: "RESOURCE", brief: RESOURCE_GRAMMAR } as const;
const NAME = { parse: String, placeholder: "NAME", brief: "Name of a setting" } as const;

async function rowOf(session: Session, text: string, name: string) {
  const resource = parseResource(text);
  const rows = configRows(await describeConfigs(session.client, resource, [name]));
  const row = rows.find((row) => row.name === name);
  if (row === undefined) {
    throw new CommandError(
      `${resourceText(resource)} has no setting ${name}`,
      ExitCode.notFound,
      `jocko config describe ${text} shows those that there are`,
    );
  }
  return row;
}

const get = action<CommonFlags, [string, string]>(async (session, _flags, resource, name) => {
  const row = await rowOf(session, resource, name);
  session.print({ value: { ...row }, table: () => `${valueText(row)}\n` });
});

export const getCommand = buildCommand<CommonFlags, [string, string], CommandContext>({
  func: get,
  parameters: {
    flags: commonParameters,
    aliases: commonAliases,
    positional: { kind: "tuple", parameters: [RESOURCE, NAME] },
  },
  docs: {
    brief: "Print the value of a setting",
    fullDescription: `Print the value of a setting, alone on a line.

EXAMPLES
  jocko config get topic/orders retention.ms
  jocko config get broker/1 log.segment.bytes -o json`,
  },
});

interface DescribeFlags extends CommonFlags {
  readonly all?: boolean | undefined;
}

const describe = action<DescribeFlags, [string]>(async (session, flags, text) => {
  const rows = configRows(await describeConfigs(session.client, parseResource(text)));
  const shown = flags.all ? rows : rows.filter(({ source }) => source !== "default");
  session.print({
    value: { resource: text, settings: shown },
    table: (style) => renderConfigs(shown, flags.all ?? false, style),
  });
  if (shown.length === 0) session.note("every setting is at its default; --all shows them");
});

export const describeCommand = buildCommand<DescribeFlags, [string], CommandContext>({
  func: describe,
  parameters: {
    flags: {
      all: switchFlag("Those at their default too, with documentation"),
      ...commonParameters,
    },
    aliases: { ...commonAliases, a: "all" },
    positional: { kind: "tuple", parameters: [RESOURCE] },
  },
  docs: {
    brief: "Show settings with their sources",
    fullDescription: `Show settings: value, where it comes from, and default. Those at their default
are left out unless --all is given.

EXAMPLES
  jocko config describe topic/orders
  jocko config describe broker/1 --all`,
  },
});

const diff = action<CommonFlags, [string, string]>(async (session, _flags, left, right) => {
  const read = async (text: string) =>
    configRows(await describeConfigs(session.client, parseResource(text)));
  const [a, b] = [await read(left), await read(right)];
  const names = [...new Set([...a, ...b].map(({ name }) => name))].sort();
  const rows = names.map((name) => ({
    name,
    left: a.find((row) => row.name === name) ?? null,
    right: b.find((row) => row.name === name) ?? null,
  })).filter(({ left, right }) => left?.value !== right?.value);
  session.print({
    value: rows.map(({ name, left, right }) => ({
      name,
      left: left?.value ?? null,
      right: right?.value ?? null,
    })),
    table: (style) =>
      rows.length === 0 ? "" : renderTable(
        ["SETTING", left, right],
        rows.map((row) => [
          row.name,
          row.left === null ? "(no such setting)" : valueText(row.left),
          row.right === null ? "(no such setting)" : valueText(row.right),
        ]),
        style,
      ),
  });
  if (rows.length === 0) session.note("no difference");
});

export const diffCommand = buildCommand<CommonFlags, [string, string], CommandContext>({
  func: diff,
  parameters: {
    flags: commonParameters,
    aliases: commonAliases,
    positional: { kind: "tuple", parameters: [RESOURCE, RESOURCE] },
  },
  docs: {
    brief: "Show where two resources differ",
    fullDescription: `Show the settings that differ between two topics, brokers or groups.

EXAMPLES
  jocko config diff topic/orders topic/payments
  jocko config diff broker/1 broker/2`,
  },
});

const explain = action<CommonFlags, [string, string]>(async (session, _flags, resource, name) => {
  const row = await rowOf(session, resource, name);
  session.print({
    value: { ...row },
    table: (style) =>
      renderFields([
        ["setting", row.name],
        ["value", valueText(row)],
        ["source", row.source],
        ["default", row.default ?? "(none)"],
        ["type", row.type],
        ["can be changed", row.readOnly ? "only by a restart" : "while running"],
      ], style) +
      (row.documentation === null ? "" : `\n${wrap(row.documentation, 98).join("\n")}\n`),
  });
});

export const explainCommand = buildCommand<CommonFlags, [string, string], CommandContext>({
  func: explain,
  parameters: {
    flags: commonParameters,
    aliases: commonAliases,
    positional: { kind: "tuple", parameters: [RESOURCE, NAME] },
  },
  docs: {
    brief: "Tell what a setting means",
    fullDescription: `Tell what a setting means, where its value comes from, and how it is changed.

EXAMPLES
  jocko config explain topic/orders retention.ms
  jocko config explain broker/1 num.partitions`,
  },
});
