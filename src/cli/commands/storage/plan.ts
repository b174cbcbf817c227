/** `jocko storage plan` */
import { buildCommand } from "@stricli/core";
import { alterConfigs, ConfigResourceType } from "../../../client/admin/configs.ts";
import { readStorage } from "../../../client/admin/storage.ts";
import { addPartitions, createTopic } from "../../../client/admin/topics.ts";
import type { CommandContext } from "../../command_context.ts";
import { ExitCode } from "../../exit_codes.ts";
import { renderTable } from "../../output/table.ts";
import type { Style } from "../../output/style.ts";
import { bytesText, counted, timeText } from "../../output/units.ts";
import { action } from "../../session/action.ts";
import { CommandError, UsageError } from "../../session/failures.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  countFlag,
  dangerParameters,
  listFlag,
  switchFlag,
} from "../../session/flags.ts";
import type { Session } from "../../session/session.ts";
import { changed, parsePartitions, parseSet, parseTopic, type StorageChange } from "./changes.ts";
import { type Deletion, type Loss, losses, plannedDeletions } from "./deletions.ts";
import { amount, finite, sampleRates } from "./status.ts";
import { type GrowthRates, type StorageView, viewOf } from "./view.ts";

interface PlanFlags extends CommonFlags {
  readonly set?: readonly string[] | undefined;
  readonly addPartitions?: readonly string[] | undefined;
  readonly addTopic?: readonly string[] | undefined;
  readonly apply?: boolean | undefined;
  readonly atMost?: number | undefined;
  readonly yes?: boolean | undefined;
}

/** What a change would lead to. */
interface Plan {
  readonly before: StorageView;
  readonly after: StorageView;
  readonly deletions: readonly Deletion[];
  readonly losses: readonly Loss[];
}

const SAMPLE_MS = 1000;

const plan = action<PlanFlags, []>(async (session, flags) => {
  const changes = [
    ...(flags.set ?? []).map(parseSet),
    ...(flags.addPartitions ?? []).map(parsePartitions),
    ...(flags.addTopic ?? []).map(parseTopic),
  ];
  if (flags.apply && changes.length === 0) throw new UsageError("there is nothing to apply");
  const rates = await sampleRates(session, SAMPLE_MS);
  const made = await makePlan(session, changes, rates);
  if (!flags.apply) {
    print(session, made, false);
    return made.deletions.length > 0 ? ExitCode.usage : ExitCode.ok;
  }
  const bytes = bytesOf(made);
  if (!session.isForPrograms) print(session, made, false);
  const what = `${describe(changes)}, which deletes about ${bytesText(bytes)}`;
  await session.confirm(what, { yes: flags.yes });
  const again = await makePlan(session, changes, rates);
  refuseGrowth(again, made, flags.atMost ?? bytes);
  for (const change of changes) await apply(session, change);
  if (session.isForPrograms) print(session, again, true);
  else session.note("done");
  return ExitCode.ok;
});

async function makePlan(
  { client }: Session,
  changes: readonly StorageChange[],
  rates: GrowthRates,
): Promise<Plan> {
  const facts = await readStorage(client);
  const before = viewOf(facts, rates);
  const after = viewOf(changed(facts, changes), rates);
  const deletions = await plannedDeletions(client, after);
  return { before, after, deletions, losses: await losses(client, deletions) };
}

/** What was agreed to is what was shown. */
function refuseGrowth(now: Plan, shown: Plan, bytesMax: number): void {
  const bytes = bytesOf(now);
  if (bytes > bytesMax) {
    throw new CommandError(
      `the plan has grown: ${bytesText(bytes)} would be deleted now, ${bytesText(bytesMax)} before`,
      ExitCode.failure,
      "nothing was done; look at the plan again",
    );
  }
  const key = ({ group, topic, partition }: Loss) => `${group} ${topic} ${partition}`;
  const unreadBefore = new Map(shown.losses.map((loss) => [key(loss), loss.unread]));
  for (const loss of now.losses) {
    if (loss.unread <= (unreadBefore.get(key(loss)) ?? 0)) continue;
    throw new CommandError(
      `the plan has grown: group ${loss.group} would lose more of ${loss.topic} than before`,
      ExitCode.failure,
      "nothing was done; look at the plan again",
    );
  }
}

async function apply({ client }: Session, change: StorageChange): Promise<void> {
  switch (change.kind) {
    case "set": {
      const { topic, key: name, value } = change;
      const resource = topic === undefined
        ? { type: ConfigResourceType.broker, name: "" }
        : { type: ConfigResourceType.topic, name: topic };
      return await alterConfigs(client, resource, [{ name, value }]);
    }
    case "partitions":
      return await addPartitions(client, change.topic, change.count);
    case "topic": {
      const { topic: name, partitions, configs } = change;
      await createTopic(client, { name, partitions, replicationFactor: -1, configs });
      return;
    }
  }
}

function describe(changes: readonly StorageChange[]): string {
  return changes.map((change) => {
    switch (change.kind) {
      case "set":
        return `set ${change.key}=${change.value} for ${change.topic ?? "all brokers"}`;
      case "partitions":
        return `give ${change.topic} ${counted(change.count, "partition")}`;
      case "topic":
        return `make topic ${change.topic} with ${counted(change.partitions, "partition")}`;
    }
  }).join(", ");
}

function bytesOf({ deletions }: Plan): number {
  return deletions.reduce((sum, { bytes }) => sum + bytes, 0);
}

function print(session: Session, made: Plan, isApplied: boolean): void {
  const { before, after, deletions } = made;
  const old = new Map(before.topics.map(({ name, partitions }) => [name, allotted(partitions)]));
  const topics = after.topics.map(({ name, partitions }) => ({
    topic: name,
    sizeBytes: partitions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    oldAllotmentBytes: finite(old.get(name)),
    newAllotmentBytes: finite(allotted(partitions)),
    deletedBytes: deletions.reduce((sum, d) => d.topic === name ? sum + d.bytes : sum, 0),
  }));
  session.print({
    value: {
      applied: isApplied,
      topics,
      deletedBytes: bytesOf(made),
      deletions: deletions.map((deletion) => ({ ...deletion })),
      losses: made.losses.map((loss) => ({ ...loss })),
    },
    table: (style) => planText(made, topics, style),
  });
}

function allotted(partitions: readonly { readonly allotmentBytes: number }[]): number {
  return partitions.reduce((sum, { allotmentBytes }) => sum + allotmentBytes, 0);
}

function planText(
  { deletions, losses }: Plan,
  topics: readonly {
    readonly topic: string;
    readonly sizeBytes: number;
    readonly oldAllotmentBytes: number | null;
    readonly newAllotmentBytes: number | null;
    readonly deletedBytes: number;
  }[],
  style: Style,
): string {
  const parts = [renderTable(
    ["TOPIC", "SIZE", "ALLOTMENT", "NEW ALLOTMENT", "DELETED"],
    topics.map((topic) => [
      topic.topic,
      bytesText(topic.sizeBytes),
      amount(topic.oldAllotmentBytes ?? undefined),
      amount(topic.newAllotmentBytes ?? undefined),
      bytesText(topic.deletedBytes),
    ]),
    style,
  )];
  if (deletions.length === 0) parts.push("Nothing would be deleted.\n");
  else {
    parts.push(renderTable(
      ["DELETED FROM", "BYTES", "OFFSETS", "FROM", "TO"],
      deletions.map(({ topic, partition, bytes, fromOffset, toOffset, fromTimeMs, toTimeMs }) => [
        `${topic}-${partition}`,
        bytesText(bytes),
        `${fromOffset}..${toOffset - 1}`,
        timeText(fromTimeMs),
        timeText(toTimeMs),
      ]),
      style,
    ));
  }
  if (losses.length > 0) {
    parts.push(renderTable(
      ["GROUP", "PARTITION", "UNREAD"],
      losses.map(({ group, topic, partition, unread }) => [group, `${topic}-${partition}`, unread]),
      style,
    ));
  }
  return parts.join("\n");
}

export const planCommand = buildCommand<PlanFlags, [], CommandContext>({
  func: plan,
  parameters: {
    flags: {
      set: listFlag("[TOPIC:]KEY=VALUE", "Set a topic's key, or one of all brokers"),
      addPartitions: listFlag("TOPIC=N", "Give a topic N partitions in all"),
      addTopic: listFlag("NAME=PARTITIONS[:KEY=VALUE,...]", "Make a topic"),
      apply: switchFlag("Make the changes, unless more would go than the plan says"),
      atMost: countFlag("BYTES", "With --apply: what may go (default: what the plan says)", 0),
      yes: dangerParameters.yes,
      ...commonParameters,
    },
    aliases: commonAliases,
  },
  docs: {
    brief: "Show what a change would do to what is stored",
    fullDescription: `Show for each topic the old and the new allotment, what would be deleted, and
which groups would lose records that they have not read. Without a change: what the settings that
there are lead to. Offsets and times are reckoned as if all records of a partition had one size;
whole segments go, so that a little more may.

EXAMPLES
  jocko storage plan --set orders:retention.topic.bytes=20%
  jocko storage plan --set log.retention.disk.percent=70 -o json
  jocko storage plan --add-partitions orders=12 --apply
  jocko storage plan --add-topic clicks=6:retention.min.bytes=1073741824

EXIT CODES
  0 nothing would be deleted, or the changes were made  1 the plan has grown, nothing was done
  2 something would be deleted  3 no broker reached`,
  },
});
