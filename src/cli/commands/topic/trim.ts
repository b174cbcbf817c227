import { buildCommand } from "@stricli/core";
import { deleteRecords, describeTopics } from "../../../client/admin/topics.ts";
import { partitionsOf } from "../../../client/cluster_metadata.ts";
import { noSuchPartition } from "../../../client/errors.ts";
import type { CommandContext } from "../../command_context.ts";
import { parseOffsetPoint } from "../../offsets/offset_grammar.ts";
import { logBounds, resolvePoint } from "../../offsets/resolve_offsets.ts";
import { renderTable } from "../../output/table.ts";
import { counted } from "../../output/units.ts";
import { action } from "../../session/action.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  type DangerFlags,
  dangerParameters,
  parseCount,
} from "../../session/flags.ts";
import { topicNames } from "../names.ts";

interface TrimFlags extends CommonFlags, DangerFlags {
  readonly offset: string;
  readonly partition?: readonly number[] | undefined;
}

const trim = action<TrimFlags, [string]>(async (session, flags, name) => {
  const point = parseOffsetPoint(flags.offset, session.clock.wallMs());
  const [topic] = await describeTopics(session.client, [name]);
  const all = partitionsOf(topic!).map(({ partitionIndex }) => partitionIndex);
  const chosen = flags.partition ?? all;
  for (const partition of chosen) {
    if (!all.includes(partition)) throw noSuchPartition(name, partition, all.length);
  }
  const bounds = await logBounds(
    session.client,
    chosen.map((partition) => ({ topic: name, partition })),
  );
  const targets = await resolvePoint(session.client, bounds, point);
  const steps = bounds.map(({ partition, start, end }, i) => {
    const newStart = Math.max(start, Math.min(targets[i]!, end));
    return { partition, start, newStart, end, deleted: newStart - start };
  });
  const records = steps.reduce((sum, { deleted }) => sum + deleted, 0);
  const plan = `delete ${counted(records, "record")} from topic ${name}, counted in offsets`;
  const agreed = records > 0 && await session.confirm(plan, flags);
  if (agreed) {
    for (const { partition, newStart, deleted } of steps) {
      if (deleted > 0) await deleteRecords(session.client, name, partition, newStart);
    }
  }
  session.print({
    value: { topic: name, trimmed: agreed, partitions: steps },
    table: (style) =>
      renderTable(
        ["PARTITION", "START", "NEW START", "END", "DELETED"],
        steps.map((step) => [
          step.partition,
          step.start,
          step.newStart,
          step.end,
          step.deleted,
        ]),
        style,
      ),
  });
});

export const trimCommand = buildCommand<TrimFlags, [string], CommandContext>({
  func: trim,
  parameters: {
    flags: {
      offset: {
        kind: "parsed",
        parse: String,
        placeholder: "OFFSET",
        brief: "Delete what is before it: end, 42, +N, -N or @TIME",
      },
      partition: {
        kind: "parsed",
        parse: (text: string) => parseCount(text),
        optional: true,
        variadic: true,
        placeholder: "N",
        brief: "Only this partition; may be repeated",
      },
      ...dangerParameters,
      ...commonParameters,
    },
    aliases: { ...commonAliases, y: "yes", p: "partition" },
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
    brief: "Delete records from the start of a topic",
    fullDescription: `Delete the records before an offset. Asks first, unless --yes is given.

EXAMPLES
  jocko topic trim orders --offset end --yes
  jocko topic trim orders --offset @-7d --dry-run
  jocko topic trim orders --offset 1000 --partition 0`,
  },
});
