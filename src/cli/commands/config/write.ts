/** `jocko config set|check` */
import { buildCommand } from "@stricli/core";
import {
  alterConfigs,
  type ConfigChange,
  describeConfigs,
  resourceText,
} from "../../../client/admin/configs.ts";
import { BrokerError } from "../../../client/errors.ts";
import type { CommandContext } from "../../command_context.ts";
import { ExitCode } from "../../exit_codes.ts";
import { configRows, valueText } from "../../output/configs.ts";
import { renderTable } from "../../output/table.ts";
import { action } from "../../session/action.ts";
import { UsageError } from "../../session/failures.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  dangerParameters,
  listFlag,
  parsePair,
} from "../../session/flags.ts";
import { parseResource, RESOURCE_GRAMMAR } from "./resource.ts";

const PAIR = { parse: String, placeholder: "NAME=VALUE", brief: "Settings" } as const;

interface SetFlags extends CommonFlags {
  readonly unset?: readonly string[] | undefined;
  readonly append?: readonly string[] | undefined;
  readonly remove?: readonly string[] | undefined;
  readonly dryRun?: boolean | undefined;
}

const set = action<SetFlags, string[]>(async (session, flags, text = "", ...pairs) => {
  const resource = parseResource(text);
  const changes: ConfigChange[] = [
    ...pairs.map(parsePair).map(([name, value]) => ({ name, value })),
    ...(flags.append ?? []).map(parsePair)
      .map(([name, value]) => ({ name, value, operation: "append" as const })),
    ...(flags.remove ?? []).map(parsePair)
      .map(([name, value]) => ({ name, value, operation: "subtract" as const })),
    ...(flags.unset ?? []).map((name) => ({ name, value: undefined })),
  ];
  if (changes.length === 0) throw new UsageError("nothing to change: say NAME=VALUE or --unset");
  const names = changes.map(({ name }) => name);
  const read = async () => configRows(await describeConfigs(session.client, resource, names));
  const before = await read();
  await alterConfigs(session.client, resource, changes, flags.dryRun);
  if (flags.dryRun) {
    session.note(`dry run: ${resourceText(resource)} would accept this`);
    return;
  }
  const after = await read();
  const rows = names.map((name) => ({
    name,
    before: before.find((row) => row.name === name) ?? null,
    after: after.find((row) => row.name === name) ?? null,
  }));
  session.print({
    value: rows.map(({ name, before, after }) => ({
      name,
      before: before?.value ?? null,
      after: after?.value ?? null,
      source: after?.source ?? null,
    })),
    table: (style) =>
      renderTable(
        ["SETTING", "BEFORE", "AFTER", "SOURCE"],
        rows.map(({ name, before, after }) => [
          name,
          before === null ? null : valueText(before),
          after === null ? null : valueText(after),
          after?.source,
        ]),
        style,
      ),
  });
});

export const setCommand = buildCommand<SetFlags, string[], CommandContext>({
  func: set,
  parameters: {
    flags: {
      unset: listFlag("NAME", "Give a setting its default back; may be repeated"),
      append: listFlag("NAME=VALUE", "Add to a list; may be repeated"),
      remove: listFlag("NAME=VALUE", "Take from a list; may be repeated"),
      dryRun: dangerParameters.dryRun,
      ...commonParameters,
    },
    aliases: commonAliases,
    positional: {
      kind: "array",
      parameter: { ...PAIR, placeholder: "RESOURCE NAME=VALUE" },
      minimum: 1,
    },
  },
  docs: {
    brief: "Change settings",
    fullDescription:
      `Change settings of a topic, a broker, all brokers or a group, all of them or none.
RESOURCE is ${RESOURCE_GRAMMAR}.

EXAMPLES
  jocko config set topic/orders retention.ms=86400000
  jocko config set broker/default log.retention.hours=24
  jocko config set topic/orders --unset retention.ms
  jocko config set topic/orders --append cleanup.policy=compact`,
  },
});

const check = action<CommonFlags, string[]>(async (session, _flags, text = "", ...pairs) => {
  const resource = parseResource(text);
  if (pairs.length === 0) throw new UsageError("nothing to check: say NAME=VALUE");
  const rows: CheckedSetting[] = [];
  for (const [name, value] of pairs.map(parsePair)) {
    rows.push({ name, value, problem: await problemOf(name, value) });
  }
  session.print({
    value: rows.map((row) => ({ ...row, accepted: row.problem === null })),
    table: (style) =>
      renderTable(
        ["SETTING", "VALUE", "ACCEPTED", "WHY NOT"],
        rows.map(({ name, value, problem }) => [
          name,
          value,
          problem === null ? { text: "yes", style: "good" } : { text: "no", style: "bad" },
          problem ?? "",
        ]),
        style,
      ),
  });
  return rows.every(({ problem }) => problem === null) ? ExitCode.ok : ExitCode.unhealthy;

  async function problemOf(name: string, value: string): Promise<string | null> {
    try {
      await alterConfigs(session.client, resource, [{ name, value }], true);
      return null;
    } catch (error) {
      if (error instanceof BrokerError) return error.message;
      throw error;
    }
  }
});

interface CheckedSetting {
  readonly name: string;
  readonly value: string;
  /** Null when it would be accepted. */
  readonly problem: string | null;
}

export const checkCommand = buildCommand<CommonFlags, string[], CommandContext>({
  func: check,
  parameters: {
    flags: commonParameters,
    aliases: commonAliases,
    positional: {
      kind: "array",
      parameter: { ...PAIR, placeholder: "RESOURCE NAME=VALUE" },
      minimum: 1,
    },
  },
  docs: {
    brief: "Ask whether settings would be accepted",
    fullDescription: `Ask the cluster whether it would accept settings, and change nothing.

EXAMPLES
  jocko config check topic/orders retention.ms=86400000 cleanup.policy=compact

EXIT CODES
  0 all accepted  3 no broker reached  4 no such topic or broker  5 some are not`,
  },
});
