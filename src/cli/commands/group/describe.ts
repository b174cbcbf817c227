import { buildCommand } from "@stricli/core";
import { describeGroup } from "../../../client/admin/groups.ts";
import { groupLag, type PartitionLag, totalLag } from "../../../client/admin/lag.ts";
import type { ClusterClient } from "../../../client/cluster_client.ts";
import { decodeAssignment } from "../../../client/consumer/subscription_bytes.ts";
import type { TopicPartition } from "../../../client/list_offsets.ts";
import type { DescribedGroupMember } from "../../../protocol/generated/describe_groups_response.ts";
import { ProtocolError } from "../../../protocol/protocol_error.ts";
import type { CommandContext } from "../../command_context.ts";
import type { Style } from "../../output/style.ts";
import { renderFields, renderTable } from "../../output/table.ts";
import { counted, countText, durationText } from "../../output/units.ts";
import { action } from "../../session/action.ts";
import { commonAliases, type CommonFlags, commonParameters } from "../../session/flags.ts";
import { groupNames } from "../names.ts";

const describe = action<CommonFlags, string[]>(async (session, _flags, ...names) => {
  const found: Described[] = [];
  for (const name of names) found.push(await describeOne(session.client, name));
  session.print({
    value: found.length === 1 ? found[0]! : found,
    table: (style) => found.map((group) => renderGroup(group, style)).join("\n"),
  });
});

async function describeOne(client: ClusterClient, name: string) {
  const group = await describeGroup(client, name);
  const members = group.members.map((member) => ({
    id: member.memberId,
    instance: member.groupInstanceId,
    client: member.clientId,
    host: member.clientHost.replace(/^\//, ""),
    partitions: assignedTo(member),
  }));
  const owners = new Map<string, string>();
  for (const { id, partitions } of members) {
    for (const { topic, partition } of partitions) owners.set(`${topic}:${partition}`, id);
  }
  const assigned = members.flatMap(({ partitions }) => partitions);
  const lags = await groupLag(client, name, assigned);
  const coordinator = await client.link({ to: "coordinator", kind: 0, key: name });
  const { host, port } = coordinator.address;
  return {
    group: name,
    state: group.groupState,
    protocol: group.protocolData,
    protocolType: group.protocolType,
    coordinator: `${host}:${port}`,
    lag: totalLag(lags) ?? null,
    members: members.map(({ partitions, ...member }) => ({
      ...member,
      partitions: partitions.map(({ topic, partition }) => ({ topic, partition })),
    })),
    partitions: lags.map((lag) => plainLag(lag, owners)),
  };
}

function plainLag(
  { topic, partition, committed, end, lag, lagMs }: PartitionLag,
  owners: ReadonlyMap<string, string>,
) {
  return {
    topic,
    partition,
    committed: committed < 0 ? null : committed,
    end: end ?? null,
    lag: lag ?? null,
    lagMs: lagMs ?? null,
    member: owners.get(`${topic}:${partition}`) ?? null,
  };
}

/** Members of other protocols than the consumer's have assignments that only they understand. */
function assignedTo(member: DescribedGroupMember): TopicPartition[] {
  try {
    return decodeAssignment(member.memberAssignment);
  } catch (error) {
    if (error instanceof ProtocolError) return [];
    throw error;
  }
}

type Described = Awaited<ReturnType<typeof describeOne>>;

function renderGroup(group: Described, style: Style): string {
  const parts = [
    renderFields([
      ["group", group.group],
      ["state", group.state],
      ["protocol", group.protocol || "-"],
      ["coordinator", group.coordinator],
      ["members", group.members.length],
      ["lag", group.lag === null ? "-" : counted(group.lag, "record")],
    ], style),
  ];
  if (group.members.length > 0) {
    parts.push(renderTable(
      ["MEMBER", "CLIENT", "HOST", "PARTITIONS"],
      group.members.map((
        { id, client, host, partitions },
      ) => [id, client, host, partitions.length]),
      style,
    ));
  }
  if (group.partitions.length > 0) {
    parts.push(renderTable(
      [
        "TOPIC",
        "PARTITION",
        { title: "COMMITTED", align: "right" },
        { title: "END", align: "right" },
        { title: "LAG", align: "right" },
        { title: "BEHIND", align: "right" },
        "MEMBER",
      ],
      group.partitions.map((row) => [
        row.topic,
        row.partition,
        textOf(row.committed),
        textOf(row.end),
        row.lag !== null && row.lag > 0
          ? { text: countText(row.lag), style: "warn" }
          : textOf(row.lag),
        row.lagMs === null || row.lag === 0 ? null : durationText(row.lagMs),
        row.member,
      ]),
      style,
    ));
  }
  return parts.join("\n");
}

function textOf(value: number | null): string | null {
  return value === null ? null : String(value);
}

export const describeCommand = buildCommand<CommonFlags, string[], CommandContext>({
  func: describe,
  parameters: {
    flags: commonParameters,
    aliases: commonAliases,
    positional: {
      kind: "array",
      parameter: {
        parse: String,
        placeholder: "GROUP",
        brief: "Groups to describe",
        proposeCompletions: groupNames,
      },
      minimum: 1,
    },
  },
  docs: {
    brief: "Show members, committed offsets and lag",
    fullDescription: `Show members, committed offsets, and the lag in records and in time: BEHIND is
the age of the first record that is not consumed.

EXAMPLES
  jocko group describe billing
  jocko group describe billing -o json

EXIT CODES
  0 done  1 failed  3 no broker reached  4 no such group`,
  },
});
