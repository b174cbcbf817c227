import { buildCommand } from "@stricli/core";
import { ConfigResourceType, describeConfigs } from "../../../client/admin/configs.ts";
import { listGroups } from "../../../client/admin/groups.ts";
import { groupLag, totalLag } from "../../../client/admin/lag.ts";
import { describeLogDirs, replicaSizes } from "../../../client/admin/log_dirs.ts";
import { describeTopics } from "../../../client/admin/topics.ts";
import type { ClusterClient } from "../../../client/cluster_client.ts";
import { partitionsOf } from "../../../client/cluster_metadata.ts";
import { EARLIEST, LATEST, listOffsets } from "../../../client/list_offsets.ts";
import type { MetadataResponseTopic } from "../../../protocol/generated/metadata_response.ts";
import type { CommandContext } from "../../command_context.ts";
import { type ConfigRow, configRows, renderConfigs } from "../../output/configs.ts";
import type { Style } from "../../output/style.ts";
import { renderFields, renderTable } from "../../output/table.ts";
import { bytesText, countText } from "../../output/units.ts";
import { action } from "../../session/action.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  switchFlag,
} from "../../session/flags.ts";
import { topicNames } from "../names.ts";

interface DescribeFlags extends CommonFlags {
  readonly configs?: boolean | undefined;
  readonly noLag?: boolean | undefined;
}

const describe = action<DescribeFlags, string[]>(async (session, flags, ...names) => {
  const topics = await describeTopics(session.client, names);
  const found: Described[] = [];
  for (const topic of topics) found.push(await describeTopic(session.client, topic, flags));
  session.print({
    value: found.length === 1 ? found[0]! : found,
    table: (style) => found.map((topic) => renderTopic(topic, flags, style)).join("\n"),
  });
});

async function describeTopic(
  client: ClusterClient,
  topic: MetadataResponseTopic,
  flags: DescribeFlags,
) {
  const name = topic.name!;
  const configs = configRows(
    await describeConfigs(client, { type: ConfigResourceType.topic, name }),
  );
  return {
    name,
    id: topic.topicId,
    internal: topic.isInternal,
    partitions: await describePartitions(client, topic),
    groups: flags.noLag ? [] : await describeGroups(client, topic),
    configs,
  };
}

async function describePartitions(client: ClusterClient, topic: MetadataResponseTopic) {
  const name = topic.name!;
  const partitions = partitionsOf(topic);
  const wanted = new Map([[name, partitions.map(({ partitionIndex }) => partitionIndex)]]);
  const sizes = replicaSizes(await describeLogDirs(client, wanted));
  const led = partitions.filter(({ leaderId }) => leaderId >= 0);
  const ask = async (timestamp: number): Promise<Map<number, number>> => {
    const questions = led.map(({ partitionIndex: partition }) => ({
      topic: name,
      partition,
      timestamp,
    }));
    const listed = await listOffsets(client, questions);
    return new Map(listed.map(({ partition, offset }) => [partition, offset]));
  };
  const [starts, ends] = await Promise.all([ask(EARLIEST), ask(LATEST)]);
  return partitions.map(({ partitionIndex, leaderId, leaderEpoch, ...replicas }) => ({
    partition: partitionIndex,
    leader: leaderId < 0 ? null : leaderId,
    leaderEpoch,
    replicas: [...replicas.replicaNodes],
    inSync: [...replicas.isrNodes],
    offline: [...replicas.offlineReplicas],
    start: starts.get(partitionIndex) ?? null,
    end: ends.get(partitionIndex) ?? null,
    bytes: sizes.get(`${name}:${partitionIndex}:${leaderId}`) ?? null,
  }));
}

async function describeGroups(client: ClusterClient, topic: MetadataResponseTopic) {
  const groups = [];
  for (const { groupId, groupState } of await listGroups(client)) {
    const lags = (await groupLag(client, groupId, [], false))
      .filter((lag) => lag.topic === topic.name);
    if (lags.length === 0) continue;
    groups.push({ group: groupId, state: groupState, lag: totalLag(lags) ?? null });
  }
  return groups;
}

type Described = Awaited<ReturnType<typeof describeTopic>>;

function renderTopic(topic: Described, flags: DescribeFlags, style: Style): string {
  const { partitions, groups } = topic;
  const bytes = partitions.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  const parts = [
    renderFields([
      ["topic", topic.name],
      ["id", topic.id],
      ["partitions", partitions.length],
      ["replication factor", partitions[0]?.replicas.length ?? 0],
      ["size of leaders", bytesText(bytes)],
      ...(topic.internal ? [["internal", "yes"] as const] : []),
    ], style),
    renderTable(
      [
        "PARTITION",
        { title: "LEADER", align: "right" },
        "EPOCH",
        "REPLICAS",
        "IN SYNC",
        { title: "START", align: "right" },
        { title: "END", align: "right" },
        { title: "SIZE", align: "right" },
      ],
      partitions.map((partition) => [
        partition.partition,
        partition.leader === null ? { text: "none", style: "bad" } : String(partition.leader),
        partition.leaderEpoch,
        partition.replicas.join(","),
        partition.inSync.length < partition.replicas.length
          ? { text: partition.inSync.join(",") || "none", style: "warn" }
          : partition.inSync.join(","),
        partition.start === null ? null : String(partition.start),
        partition.end === null ? null : String(partition.end),
        partition.bytes === null ? null : bytesText(partition.bytes),
      ]),
      style,
    ),
  ];
  if (groups.length > 0) {
    parts.push(renderTable(
      ["GROUP", "STATE", { title: "LAG", align: "right" }],
      groups.map(({ group, state, lag }) => [group, state, lag === null ? null : countText(lag)]),
      style,
    ));
  }
  parts.push(renderTopicConfigs(topic.configs, flags, style));
  return parts.filter((part) => part !== "").join("\n");
}

function renderTopicConfigs(
  configs: readonly ConfigRow[],
  flags: DescribeFlags,
  style: Style,
): string {
  if (flags.configs) return renderConfigs(configs, true, style);
  return renderConfigs(configs.filter(({ source }) => source !== "default"), false, style);
}

export const describeCommand = buildCommand<DescribeFlags, string[], CommandContext>({
  func: describe,
  parameters: {
    flags: {
      configs: switchFlag("All settings, with their defaults and documentation"),
      noLag: switchFlag("Leave out the lag of groups"),
      ...commonParameters,
    },
    aliases: commonAliases,
    positional: {
      kind: "array",
      parameter: {
        parse: String,
        placeholder: "NAME",
        brief: "Topics to describe",
        proposeCompletions: topicNames,
      },
      minimum: 1,
    },
  },
  docs: {
    brief: "Show partitions, replicas, sizes, lag of groups, and settings",
    fullDescription:
      `Show partitions with leader, replicas, in-sync replicas, offsets and size; groups
with their lag; and settings. Settings at their default are left out unless --configs is given; JSON
and YAML have all of it.

EXAMPLES
  jocko topic describe orders
  jocko topic describe orders payments --no-lag
  jocko topic describe orders --configs
  jocko topic describe orders -o json`,
  },
});
