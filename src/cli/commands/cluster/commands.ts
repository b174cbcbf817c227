/** `jocko cluster info|members|quorum|balance` */
import { buildCommand } from "@stricli/core";
import { electPreferredLeaders } from "../../../client/admin/cluster.ts";
import { describeLogDirs } from "../../../client/admin/log_dirs.ts";
import { describeQuorum } from "../../../client/admin/cluster.ts";
import type { CommandContext } from "../../command_context.ts";
import { ExitCode } from "../../exit_codes.ts";
import { renderFields, renderTable } from "../../output/table.ts";
import { bytesText, timeText } from "../../output/units.ts";
import { action } from "../../session/action.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  type DangerFlags,
  dangerParameters,
  switchFlag,
} from "../../session/flags.ts";
import { brokerShares } from "./health_report.ts";
import { readCluster } from "./view.ts";

const info = action<CommonFlags, []>(async (session) => {
  const { described, view } = await readCluster(session.client);
  const link = await session.client.link({ to: "any" });
  const topics = new Set(view.partitions.map(({ topic }) => topic)).size;
  const features = Object.fromEntries(
    link.greeting.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]),
  );
  const value = {
    clusterId: described.clusterId,
    controller: described.controllerId < 0 ? null : described.controllerId,
    brokers: view.brokers.length,
    topics,
    partitions: view.partitions.length,
    features,
  };
  session.print({
    value,
    table: (style) =>
      renderFields([
        ["cluster", value.clusterId],
        ["controller", value.controller === null ? "none" : `broker ${value.controller}`],
        ["brokers", value.brokers],
        ["topics", topics],
        ["partitions", value.partitions],
        ...Object.entries(features).map(([name, level]) => [`feature ${name}`, level] as const),
      ], style),
  });
});

export const infoCommand = buildCommand<CommonFlags, [], CommandContext>({
  func: info,
  parameters: { flags: commonParameters, aliases: commonAliases },
  docs: {
    brief: "Show id, controller, sizes and feature levels",
    fullDescription: `Show the cluster's id, controller, sizes and feature levels.

EXAMPLES
  jocko cluster info
  jocko cluster info -o json`,
  },
});

const members = action<CommonFlags, []>(async (session) => {
  const { described, view } = await readCluster(session.client);
  const disks = new Map(
    (await describeLogDirs(session.client, null)).map((broker) => [broker.brokerId, broker]),
  );
  const shares = brokerShares(view);
  const rows = [...described.brokers].sort((a, b) => a.brokerId - b.brokerId).map((broker, i) => {
    const logDirs = disks.get(broker.brokerId)?.logDirs;
    const bytes = logDirs?.reduce(
      (sum, { topics }) =>
        sum +
        topics.reduce((sum, { partitions }) =>
          sum + partitions.reduce((sum, { partitionSize }) => sum + partitionSize, 0), 0),
      0,
    );
    const free = logDirs?.map(({ usableBytes }) => usableBytes).find((bytes) => bytes >= 0);
    return {
      id: broker.brokerId,
      address: `${broker.host}:${broker.port}`,
      rack: broker.rack,
      state: broker.isFenced ? "fenced" : "running",
      controller: broker.brokerId === described.controllerId,
      leaders: shares[i]!.leaders,
      replicas: shares[i]!.replicas,
      bytes: bytes ?? null,
      bytesFree: free ?? null,
    };
  });
  session.print({
    value: rows,
    table: (style) =>
      renderTable(
        [
          "BROKER",
          "ADDRESS",
          "RACK",
          "STATE",
          "CONTROLLER",
          "LEADERS",
          "REPLICAS",
          { title: "DATA", align: "right" },
          { title: "FREE", align: "right" },
        ],
        rows.map((row) => [
          row.id,
          row.address,
          row.rack,
          { text: row.state, style: row.state === "running" ? "good" : "bad" },
          row.controller ? "yes" : "",
          row.leaders,
          row.replicas,
          row.bytes === null ? null : bytesText(row.bytes),
          row.bytesFree === null ? null : bytesText(row.bytesFree),
        ]),
        style,
      ),
  });
});

export const membersCommand = buildCommand<CommonFlags, [], CommandContext>({
  func: members,
  parameters: { flags: commonParameters, aliases: commonAliases },
  docs: {
    brief: "Show the brokers and what they carry",
    fullDescription: `Show the brokers: address, state, partitions, data and free space.

EXAMPLES
  jocko cluster members
  jocko cluster members -o json`,
  },
});

const quorum = action<CommonFlags, []>(async (session) => {
  const state = await describeQuorum(session.client);
  const end = state.currentVoters.find(({ replicaId }) => replicaId === state.leaderId)
    ?.logEndOffset ?? state.highWatermark;
  const replica = (role: string) => (node: typeof state.currentVoters[number]) => ({
    id: node.replicaId,
    directoryId: node.replicaDirectoryId,
    role: node.replicaId === state.leaderId && role === "voter" ? "leader" : role,
    logEnd: node.logEndOffset,
    lag: Math.max(0, end - node.logEndOffset),
    lastCaughtUp: node.lastCaughtUpTimestamp < 0 ? null : node.lastCaughtUpTimestamp,
  });
  const rows = [
    ...state.currentVoters.map(replica("voter")),
    ...state.observers.map(replica("observer")),
  ].sort((a, b) => a.id - b.id);
  const { leaderId, leaderEpoch, highWatermark } = state;
  session.print({
    value: { leader: leaderId, epoch: leaderEpoch, highWatermark, replicas: rows },
    table: (style) =>
      renderFields([
        ["leader", leaderId < 0 ? { text: "none", style: "bad" } : `broker ${leaderId}`],
        ["epoch", leaderEpoch],
        ["committed up to", highWatermark],
      ], style) + "\n" + renderTable(
        ["BROKER", "ROLE", "LOG END", "LAG", "CAUGHT UP AT", "DIRECTORY"],
        rows.map((row) => [
          row.id,
          row.role,
          row.logEnd,
          row.lag,
          row.lastCaughtUp === null ? null : timeText(row.lastCaughtUp),
          row.directoryId,
        ]),
        style,
      ),
  });
});

export const quorumCommand = buildCommand<CommonFlags, [], CommandContext>({
  func: quorum,
  parameters: { flags: commonParameters, aliases: commonAliases },
  docs: {
    brief: "Show the metadata quorum",
    fullDescription:
      `Show the leader, voters and observers of the metadata log, and how far each is.

EXAMPLES
  jocko cluster quorum
  jocko cluster quorum -o yaml`,
  },
});

interface BalanceFlags extends CommonFlags, DangerFlags {
  readonly elect?: boolean | undefined;
}

const balance = action<BalanceFlags, []>(async (session, flags) => {
  if (flags.elect && await session.confirm("elect the preferred leader of each partition", flags)) {
    const results = await electPreferredLeaders(session.client, null);
    const failed = results.filter(({ error }) => error !== undefined);
    session.note(`${results.length - failed.length} leaders elected`);
    for (const { error } of failed) session.note(`jocko: ${error!.message}`);
  }
  const { view } = await readCluster(session.client);
  const shares = brokerShares(view);
  const away = view.partitions.filter(({ leader, replicas }) => leader !== replicas[0]).length;
  session.print({
    value: {
      partitions: view.partitions.length,
      notLedByPreferred: away,
      brokers: shares.map((share) => ({ ...share })),
    },
    table: (style) =>
      renderTable(
        ["BROKER", "LEADERS", "PREFERRED", "REPLICAS"],
        shares.map((share) => [
          share.broker,
          share.leaders,
          share.preferredLeaders,
          share.replicas,
        ]),
        style,
      ),
  });
  if (away > 0) {
    session.note(`${away} partitions are not led by their preferred replica; --elect changes that`);
  }
  return ExitCode.ok;
});

export const balanceCommand = buildCommand<BalanceFlags, [], CommandContext>({
  func: balance,
  parameters: {
    flags: {
      elect: switchFlag("Have the preferred leaders elected"),
      ...dangerParameters,
      ...commonParameters,
    },
    aliases: { ...commonAliases, y: "yes" },
  },
  docs: {
    brief: "Show how leaders and replicas are spread",
    fullDescription: `Show how leaders and replicas are spread over the brokers.

EXAMPLES
  jocko cluster balance
  jocko cluster balance --elect --yes`,
  },
});
