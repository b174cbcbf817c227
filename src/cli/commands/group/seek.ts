import { buildCommand } from "@stricli/core";
import { commitOffsets, fetchCommitted } from "../../../client/admin/groups.ts";
import { describeTopics } from "../../../client/admin/topics.ts";
import { partitionsOf } from "../../../client/cluster_metadata.ts";
import { noSuchPartition } from "../../../client/errors.ts";
import type { TopicPartition } from "../../../client/list_offsets.ts";
import type { CommandContext } from "../../command_context.ts";
import { parseOffsetPoint } from "../../offsets/offset_grammar.ts";
import { parseOffsetFile } from "../../offsets/offset_file.ts";
import { type Bounds, logBounds, resolvePoint } from "../../offsets/resolve_offsets.ts";
import { renderTable } from "../../output/table.ts";
import { action } from "../../session/action.ts";
import { UsageError } from "../../session/failures.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  type DangerFlags,
  dangerParameters,
  listFlag,
  textFlag,
} from "../../session/flags.ts";
import type { Session } from "../../session/session.ts";
import { groupNames } from "../names.ts";
import { parseTopicPartitions } from "../topic_partitions.ts";

interface SeekFlags extends CommonFlags, DangerFlags {
  readonly to?: string | undefined;
  readonly toGroup?: string | undefined;
  readonly toFile?: string | undefined;
  readonly topic?: readonly string[] | undefined;
}

/** Where a partition's consumption is to go on. */
type Wanted = TopicPartition & { readonly offset: number };

const seek = action<SeekFlags, [string]>(async (session, flags, group) => {
  const given = [flags.to, flags.toGroup, flags.toFile].filter((value) => value !== undefined);
  if (given.length !== 1) throw new UsageError("say one of --to, --to-group and --to-file");
  const before = new Map(
    (await fetchCommitted(session.client, group))
      .map((committed) => [`${committed.topic}:${committed.partition}`, committed]),
  );
  const { wanted, bounds } = await offsetsWanted(session, flags, [...before.values()]);
  if (wanted.length === 0) {
    throw new UsageError(`group ${group} has committed nothing: say which topics with --topic`);
  }
  const steps = wanted.map(({ topic, partition, offset }, i) => {
    const { start, end } = bounds[i]!;
    const target = Math.max(start, Math.min(offset, end));
    const committed = before.get(`${topic}:${partition}`)?.offset ?? null;
    return { topic, partition, before: committed, after: target, lag: end - target };
  });
  const preview = (): void =>
    session.print({
      value: { group, moved: isMoved, partitions: steps },
      table: (style) =>
        renderTable(
          [
            "TOPIC",
            "PARTITION",
            { title: "BEFORE", align: "right" },
            { title: "AFTER", align: "right" },
            { title: "LAG AFTER", align: "right" },
          ],
          steps.map((step) => [
            step.topic,
            step.partition,
            step.before === null ? null : String(step.before),
            String(step.after),
            String(step.lag),
          ]),
          style,
        ),
    });
  let isMoved = false;
  // People see what will be before they are asked; programs get one answer, about what was done.
  if (!session.isForPrograms) preview();
  const count = steps.length;
  const plan = `move group ${group} in ${count} partition${count === 1 ? "" : "s"}`;
  if (await session.confirm(plan, flags)) {
    const offsets = steps.map(({ topic, partition, after }) => ({
      topic,
      partition,
      offset: after,
    }));
    await commitOffsets(session.client, group, offsets);
    isMoved = true;
  }
  if (session.isForPrograms) preview();
});

/** The offsets that the flags ask for, with the bounds of their partitions. */
async function offsetsWanted(
  session: Session,
  flags: SeekFlags,
  committed: readonly TopicPartition[],
): Promise<{ readonly wanted: readonly Wanted[]; readonly bounds: readonly Bounds[] }> {
  const { client } = session;
  const chosen = await partitionsChosen(session, flags.topic ?? []);
  if (flags.to !== undefined) {
    const partitions = chosen ?? committed;
    const point = parseOffsetPoint(flags.to, session.clock.wallMs());
    const bounds = await logBounds(client, partitions);
    const offsets = await resolvePoint(client, bounds, point);
    return {
      wanted: partitions.map((partition, i) => ({ ...partition, offset: offsets[i]! })),
      bounds,
    };
  }
  const others = flags.toGroup === undefined
    ? offsetsInFile(session, flags.toFile!)
    : await fetchCommitted(client, flags.toGroup);
  const wanted = others.filter(({ topic, partition }) =>
    chosen === undefined ||
    chosen.some((choice) => choice.topic === topic && choice.partition === partition)
  ).map(({ topic, partition, offset }) => ({ topic, partition, offset }));
  return { wanted, bounds: await logBounds(client, wanted) };
}

function offsetsInFile(session: Session, path: string): readonly Wanted[] {
  const text = session.surroundings.files.readText(path);
  if (text === undefined) throw new UsageError(`there is no file ${path}`);
  return parseOffsetFile(text, path);
}

/** The partitions that `--topic` names; undefined when it is not given. */
async function partitionsChosen(
  session: Session,
  texts: readonly string[],
): Promise<TopicPartition[] | undefined> {
  if (texts.length === 0) return undefined;
  const choices = texts.map(parseTopicPartitions);
  const topics = await describeTopics(session.client, choices.map(({ topic }) => topic));
  return choices.flatMap(({ topic, partitions }, i) => {
    const all = partitionsOf(topics[i]!).map(({ partitionIndex }) => partitionIndex);
    for (const partition of partitions ?? []) {
      if (!all.includes(partition)) throw noSuchPartition(topic, partition, all.length);
    }
    return (partitions ?? all).map((partition) => ({ topic, partition }));
  });
}

export const seekCommand = buildCommand<SeekFlags, [string], CommandContext>({
  func: seek,
  parameters: {
    flags: {
      to: textFlag("OFFSET", "Move to start, end, 42, +N, -N or @TIME"),
      toGroup: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "GROUP",
        brief: "Move to where another group is",
        proposeCompletions: groupNames,
      },
      toFile: textFlag("FILE", "Move to offsets in a file, lines of topic,partition,offset"),
      topic: listFlag("TOPIC[:N,...]", "Only this topic, or these partitions; may be repeated"),
      ...dangerParameters,
      ...commonParameters,
    },
    aliases: { ...commonAliases, y: "yes", t: "topic" },
    positional: {
      kind: "tuple",
      parameters: [{
        parse: String,
        placeholder: "GROUP",
        brief: "The group; it must have no members",
        proposeCompletions: groupNames,
      }],
    },
  },
  docs: {
    brief: "Move a group to other offsets",
    fullDescription:
      `Move a group to other offsets: in all partitions that it has committed for, or in
those of --topic. Shows what will change and asks, unless --yes is given. Offsets outside the log
are moved to its bounds.

EXAMPLES
  jocko group seek billing --to start --dry-run
  jocko group seek billing --to end --yes
  jocko group seek billing --to @-1h --topic orders --yes
  jocko group seek billing --to 42 --topic orders:0 --yes
  jocko group seek copy --to-group billing --yes
  jocko group seek billing --to-file offsets.csv --yes`,
  },
});
