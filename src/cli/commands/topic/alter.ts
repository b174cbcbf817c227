import { buildCommand } from "@stricli/core";
import {
  alterConfigs,
  type ConfigChange,
  ConfigResourceType,
  describeConfigs,
} from "../../../client/admin/configs.ts";
import type { CommandContext } from "../../command_context.ts";
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
import { topicNames } from "../names.ts";

interface AlterFlags extends CommonFlags {
  readonly set?: readonly (readonly [name: string, value: string])[] | undefined;
  readonly unset?: readonly string[] | undefined;
  readonly dryRun?: boolean | undefined;
}

const alter = action<AlterFlags, [string]>(async (session, flags, name) => {
  const changes: ConfigChange[] = [
    ...(flags.set ?? []).map(([name, value]) => ({ name, value })),
    ...(flags.unset ?? []).map((name) => ({ name, value: undefined })),
  ];
  if (changes.length === 0) throw new UsageError("nothing to change: say --set or --unset");
  const resource = { type: ConfigResourceType.topic, name } as const;
  const keys = changes.map(({ name }) => name);
  const before = configRows(await describeConfigs(session.client, resource, keys));
  await alterConfigs(session.client, resource, changes, flags.dryRun);
  const after = flags.dryRun
    ? before
    : configRows(await describeConfigs(session.client, resource, keys));
  if (flags.dryRun) session.note("dry run: the broker would accept this");
  const rows = changes.map(({ name, value }) => {
    const old = before.find((row) => row.name === name);
    const now = after.find((row) => row.name === name);
    const planned = value ?? old?.default ?? null;
    return {
      name,
      before: old?.value ?? null,
      after: flags.dryRun ? planned : now?.value ?? null,
      source: flags.dryRun ? (value === undefined ? "default" : "topic") : now?.source ?? null,
    };
  });
  session.print({
    value: { topic: name, changed: !flags.dryRun, settings: rows },
    table: (style) =>
      renderTable(
        ["SETTING", "BEFORE", "AFTER", "SOURCE"],
        rows.map((row) => [
          row.name,
          valueText({ value: row.before, sensitive: false }),
          valueText({ value: row.after, sensitive: false }),
          row.source,
        ]),
        style,
      ),
  });
});

export const alterCommand = buildCommand<AlterFlags, [string], CommandContext>({
  func: alter,
  parameters: {
    flags: {
      set: {
        kind: "parsed",
        parse: parsePair,
        optional: true,
        variadic: true,
        placeholder: "NAME=VALUE",
        brief: "Set a setting; may be repeated",
      },
      unset: listFlag("NAME", "Give a setting its default back; may be repeated"),
      dryRun: dangerParameters.dryRun,
      ...commonParameters,
    },
    aliases: commonAliases,
    positional: {
      kind: "tuple",
      parameters: [{
        parse: String,
        placeholder: "NAME",
        brief: "The topic",
        proposeCompletions: topicNames,
      }],
    },
  },
  docs: {
    brief: "Change settings of a topic",
    fullDescription: `Change settings of a topic, all of them or none.

EXAMPLES
  jocko topic alter orders --set retention.ms=604800000
  jocko topic alter orders --set cleanup.policy=compact --unset retention.bytes
  jocko topic alter orders --set segment.bytes=1048576 --dry-run`,
  },
});
