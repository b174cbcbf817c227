import { buildCommand } from "@stricli/core";
import { deleteGroup, describeGroup } from "../../../client/admin/groups.ts";
import type { CommandContext } from "../../command_context.ts";
import { action } from "../../session/action.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  type DangerFlags,
  dangerParameters,
} from "../../session/flags.ts";
import { groupNames } from "../names.ts";

interface DeleteFlags extends CommonFlags, DangerFlags {}

const remove = action<DeleteFlags, string[]>(async (session, flags, ...names) => {
  for (const name of names) await describeGroup(session.client, name);
  const which = names.length === 1 ? `group ${names[0]}` : `groups ${names.join(", ")}`;
  const agreed = await session.confirm(`delete ${which} with its committed offsets`, flags);
  if (agreed) { for (const name of names) await deleteGroup(session.client, name); }
  session.print({
    value: names.map((group) => ({ group, deleted: agreed })),
    table: () => agreed ? names.map((name) => `deleted group ${name}\n`).join("") : "",
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
        placeholder: "GROUP",
        brief: "Groups to delete; they must have no members",
        proposeCompletions: groupNames,
      },
      minimum: 1,
    },
  },
  docs: {
    brief: "Delete groups and what they have committed",
    fullDescription: `Delete groups and what they have committed. Asks first, unless --yes is given.

EXAMPLES
  jocko group delete billing
  jocko group delete billing reports --yes`,
  },
});
