import { buildCommand } from "@stricli/core";
import { listGroups } from "../../../client/admin/groups.ts";
import { groupLag, totalLag } from "../../../client/admin/lag.ts";
import type { CommandContext } from "../../command_context.ts";
import { renderTable } from "../../output/table.ts";
import { countText } from "../../output/units.ts";
import { action } from "../../session/action.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  switchFlag,
} from "../../session/flags.ts";

interface ListFlags extends CommonFlags {
  readonly names?: boolean | undefined;
  readonly lag?: boolean | undefined;
}

type GroupRow = {
  readonly group: string;
  readonly state: string;
  readonly type: string;
  readonly protocol: string;
  readonly lag: number | null | undefined;
};

const list = action<ListFlags, []>(async (session, flags) => {
  const groups = await listGroups(session.client);
  if (flags.names) {
    session.write(groups.map(({ groupId }) => `${groupId}\n`).join(""));
    return;
  }
  const rows: GroupRow[] = [];
  for (const { groupId, groupState, groupType, protocolType } of groups) {
    const lag = flags.lag
      ? totalLag(await groupLag(session.client, groupId, [], false)) ?? null
      : undefined;
    rows.push({ group: groupId, state: groupState, type: groupType, protocol: protocolType, lag });
  }
  session.print({
    value: rows,
    table: (style) =>
      rows.length === 0 ? "" : renderTable(
        [
          "GROUP",
          "STATE",
          "TYPE",
          "PROTOCOL",
          ...(flags.lag ? [{ title: "LAG", align: "right" } as const] : []),
        ],
        rows.map(({ group, state, type, protocol, lag }) => [
          group,
          state,
          type,
          protocol || "-",
          ...(lag === undefined ? [] : [lag === null ? null : countText(lag)]),
        ]),
        style,
      ),
  });
  if (rows.length === 0) session.note("no groups");
});

export const listCommand = buildCommand<ListFlags, [], CommandContext>({
  func: list,
  parameters: {
    flags: {
      names: switchFlag("Nothing but names, one to a line"),
      lag: switchFlag("The lag of each group too, in records"),
      ...commonParameters,
    },
    aliases: commonAliases,
  },
  docs: {
    brief: "List groups",
    fullDescription: `List the groups of all brokers.

EXAMPLES
  jocko group list
  jocko group list --lag
  jocko group list -o json`,
  },
});
