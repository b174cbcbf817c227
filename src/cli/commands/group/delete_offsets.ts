import { buildCommand } from "@stricli/core";
import { deleteOffsets, fetchCommitted } from "../../../client/admin/groups.ts";
import type { CommandContext } from "../../command_context.ts";
import { renderTable } from "../../output/table.ts";
import { action } from "../../session/action.ts";
import { UsageError } from "../../session/failures.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  type DangerFlags,
  dangerParameters,
} from "../../session/flags.ts";
import { groupNames } from "../names.ts";
import { parseTopicPartitions } from "../topic_partitions.ts";

interface DeleteFlags extends CommonFlags, DangerFlags {
  readonly topic: readonly string[];
}

const remove = action<DeleteFlags, [string]>(async (session, flags, group) => {
  const choices = flags.topic.map(parseTopicPartitions);
  const committed = (await fetchCommitted(session.client, group)).filter(({ topic, partition }) =>
    choices.some((choice) =>
      choice.topic === topic && (choice.partitions?.includes(partition) ?? true)
    )
  );
  if (committed.length === 0) {
    throw new UsageError(`group ${group} has committed nothing for ${flags.topic.join(", ")}`);
  }
  const count = committed.length;
  const plan = `forget ${count} committed offset${count === 1 ? "" : "s"} of group ${group}`;
  const agreed = await session.confirm(plan, flags);
  if (agreed) await deleteOffsets(session.client, group, committed);
  session.print({
    value: {
      group,
      deleted: agreed,
      partitions: committed.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
    },
    table: (style) =>
      renderTable(
        ["TOPIC", "PARTITION", "COMMITTED"],
        committed.map(({ topic, partition, offset }) => [topic, partition, offset]),
        style,
      ),
  });
});

export const deleteOffsetsCommand = buildCommand<DeleteFlags, [string], CommandContext>({
  func: remove,
  parameters: {
    flags: {
      topic: {
        kind: "parsed",
        parse: String,
        variadic: true,
        placeholder: "TOPIC[:N,...]",
        brief: "The topic, or some of its partitions; may be repeated",
      },
      ...dangerParameters,
      ...commonParameters,
    },
    aliases: { ...commonAliases, y: "yes", t: "topic" },
    positional: {
      kind: "tuple",
      parameters: [{
        parse: String,
        placeholder: "GROUP",
        brief: "The group; it must not be subscribed to the topic",
        proposeCompletions: groupNames,
      }],
    },
  },
  docs: {
    brief: "Forget what a group has committed for a topic",
    fullDescription:
      `Forget what a group has committed for a topic. Asks first, unless --yes is given.

EXAMPLES
  jocko group delete-offsets billing --topic orders
  jocko group delete-offsets billing --topic orders:0,1 --yes`,
  },
});
