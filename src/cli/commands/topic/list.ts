import { buildCommand } from "@stricli/core";
import { describeLogDirs, replicaSizes } from "../../../client/admin/log_dirs.ts";
import { listTopics } from "../../../client/admin/topics.ts";
import type { MetadataResponseTopic } from "../../../protocol/generated/metadata_response.ts";
import type { CommandContext } from "../../command_context.ts";
import { renderTable } from "../../output/table.ts";
import { bytesText } from "../../output/units.ts";
import { action } from "../../session/action.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  switchFlag,
  textFlag,
} from "../../session/flags.ts";
import { UsageError } from "../../session/failures.ts";

interface ListFlags extends CommonFlags {
  readonly internal?: boolean | undefined;
  readonly names?: boolean | undefined;
  readonly match?: string | undefined;
  readonly sizes?: boolean | undefined;
}

const list = action<ListFlags, []>(async (session, flags) => {
  const pattern = flags.match === undefined ? undefined : patternOf(flags.match);
  const topics = (await listTopics(session.client))
    .filter(({ isInternal }) => flags.internal || !isInternal)
    .filter(({ name }) => pattern === undefined || pattern.test(name ?? ""));
  if (flags.names) {
    session.write(topics.map(({ name }) => `${name}\n`).join(""));
    return;
  }
  const sizes = flags.sizes ? replicaSizes(await describeLogDirs(session.client, null)) : undefined;
  const rows = topics.map((topic) => ({
    name: topic.name,
    partitions: topic.partitions.length,
    replicationFactor: topic.partitions[0]?.replicaNodes.length ?? 0,
    internal: topic.isInternal,
    underReplicated: underReplicated(topic),
    withoutLeader: topic.partitions.filter(({ leaderId }) => leaderId < 0).length,
    bytes: sizes === undefined ? undefined : topicBytes(topic, sizes),
  }));
  session.print({
    value: rows,
    table: (style) =>
      rows.length === 0 ? "" : renderTable(
        [
          "TOPIC",
          "PARTITIONS",
          "REPLICAS",
          "UNDER-REPLICATED",
          "NO LEADER",
          ...(sizes === undefined ? [] : [{ title: "SIZE", align: "right" } as const]),
        ],
        rows.map((row) => [
          row.name,
          row.partitions,
          row.replicationFactor,
          row.underReplicated,
          row.withoutLeader,
          ...(row.bytes === undefined ? [] : [bytesText(row.bytes)]),
        ]),
        style,
      ),
  });
  if (rows.length === 0) session.note("no topics");
});

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new UsageError(`--match ${text} is no regular expression`);
  }
}

function underReplicated({ partitions }: MetadataResponseTopic): number {
  return partitions.filter(({ isrNodes, replicaNodes }) => isrNodes.length < replicaNodes.length)
    .length;
}

/** Bytes of all replicas together. */
function topicBytes(topic: MetadataResponseTopic, sizes: ReadonlyMap<string, number>): number {
  return topic.partitions.reduce(
    (sum, { partitionIndex, replicaNodes }) =>
      sum +
      replicaNodes.reduce(
        (sum, broker) => sum + (sizes.get(`${topic.name}:${partitionIndex}:${broker}`) ?? 0),
        0,
      ),
    0,
  );
}

export const listCommand = buildCommand<ListFlags, [], CommandContext>({
  func: list,
  parameters: {
    flags: {
      internal: switchFlag("Internal topics too"),
      names: switchFlag("Nothing but names, one to a line"),
      match: textFlag("REGEX", "Only topics whose names match"),
      sizes: switchFlag("Bytes on disk too, of all replicas together"),
      ...commonParameters,
    },
    aliases: commonAliases,
  },
  docs: {
    brief: "List topics",
    fullDescription: `List topics.

EXAMPLES
  jocko topic list
  jocko topic list --internal --sizes
  jocko topic list --match '^orders' --names
  jocko topic list -o json`,
  },
});
