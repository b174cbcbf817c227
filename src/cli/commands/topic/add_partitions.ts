import { buildCommand } from "@stricli/core";
import { addPartitions, describeTopics } from "../../../client/admin/topics.ts";
import type { CommandContext } from "../../command_context.ts";
import { action } from "../../session/action.ts";
import { UsageError } from "../../session/failures.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  dangerParameters,
  parseCount,
} from "../../session/flags.ts";
import { topicNames } from "../names.ts";

interface AddFlags extends CommonFlags {
  readonly to: number;
  readonly dryRun?: boolean | undefined;
}

const add = action<AddFlags, [string]>(async (session, flags, name) => {
  const [topic] = await describeTopics(session.client, [name]);
  const before = topic!.partitions.length;
  if (flags.to <= before) {
    throw new UsageError(
      `topic ${name} has ${before} partitions already; partitions can't be taken away`,
    );
  }
  await addPartitions(session.client, name, flags.to, flags.dryRun);
  if (flags.dryRun) session.note("dry run: the broker would accept this");
  session.print({
    value: { topic: name, before, after: flags.to, changed: !flags.dryRun },
    table: () => `topic ${name}: ${before} -> ${flags.to} partitions\n`,
  });
});

export const addPartitionsCommand = buildCommand<AddFlags, [string], CommandContext>({
  func: add,
  parameters: {
    flags: {
      to: {
        kind: "parsed",
        parse: (text: string) => parseCount(text, 1),
        placeholder: "N",
        brief: "How many partitions there are to be",
      },
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
    brief: "Give a topic more partitions",
    fullDescription:
      `Give a topic more partitions. Records stay where they are, so keys that are written
from now on may go to other partitions than before.

EXAMPLES
  jocko topic add-partitions orders --to 12
  jocko topic add-partitions orders --to 12 --dry-run`,
  },
});
