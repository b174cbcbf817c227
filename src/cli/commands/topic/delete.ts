import { buildCommand } from "@stricli/core";
import { deleteTopic, describeTopics } from "../../../client/admin/topics.ts";
import type { CommandContext } from "../../command_context.ts";
import { action } from "../../session/action.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  type DangerFlags,
  dangerParameters,
} from "../../session/flags.ts";
import { topicNames } from "../names.ts";

interface DeleteFlags extends CommonFlags, DangerFlags {}

const remove = action<DeleteFlags, string[]>(async (session, flags, ...names) => {
  const topics = await describeTopics(session.client, names);
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions.length, 0);
  const which = names.length === 1 ? `topic ${names[0]}` : `topics ${names.join(", ")}`;
  const plan = `delete ${which} with ${partitions} partition${partitions === 1 ? "" : "s"}`;
  const agreed = await session.confirm(plan, flags);
  if (agreed) { for (const name of names) await deleteTopic(session.client, name); }
  session.print({
    value: names.map((name) => ({ name, deleted: agreed })),
    table: () => agreed ? names.map((name) => `deleted topic ${name}\n`).join("") : "",
  });
});

export const deleteCommand = buildCommand<DeleteFlags, string[], CommandContext>({
  func: remove,
  parameters: {
    flags: { ...dangerParameters, ...commonParameters },
    aliases: { ...commonAliases, y: "yes" },
    positional: {
      kind: "array",
      parameter: {
        parse: String,
        placeholder: "NAME",
        brief: "Topics to delete",
        proposeCompletions: topicNames,
      },
      minimum: 1,
    },
  },
  docs: {
    brief: "Delete topics and their records",
    fullDescription: `Delete topics and their records. Asks first, unless --yes is given.

EXAMPLES
  jocko topic delete orders
  jocko topic delete orders payments --yes
  jocko topic delete orders --dry-run`,
  },
});
