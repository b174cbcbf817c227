/** `jocko debug bundle` */
import { buildCommand } from "@stricli/core";
import { ConfigResourceType, describeConfigs } from "../../../client/admin/configs.ts";
import { listGroups } from "../../../client/admin/groups.ts";
import { groupLag } from "../../../client/admin/lag.ts";
import { describeLogDirs } from "../../../client/admin/log_dirs.ts";
import { listTransactions } from "../../../client/admin/transactions.ts";
import type { CommandContext } from "../../command_context.ts";
import { configRows } from "../../output/configs.ts";
import { renderFields } from "../../output/table.ts";
import { bytesText } from "../../output/units.ts";
import type { Plain } from "../../output/yaml.ts";
import { action } from "../../session/action.ts";
import { describeFailure } from "../../session/failures.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  switchFlag,
  textFlag,
} from "../../session/flags.ts";
import type { Session } from "../../session/session.ts";
import { VERSION } from "../../version.ts";
import { findProblems } from "../cluster/health_report.ts";
import { type ClusterState, readCluster } from "../cluster/view.ts";
import { Redactor, redactSetting } from "./redact.ts";

interface BundleFlags extends CommonFlags {
  readonly file?: string | undefined;
  readonly names?: boolean | undefined;
}

const DEFAULT_FILE = "jocko-debug.json";

const bundle = action<BundleFlags, []>(async (session, flags) => {
  const state = await readCluster(session.client);
  const parts: { [name: string]: Plain } = {
    jocko: VERSION,
    takenAt: new Date(session.clock.wallMs()).toISOString(),
    cluster: clusterPart(state),
    health: findProblems(state.view).map(({ severity, what }) => ({ severity, what })),
    partitions: partitionsPart(state),
  };
  const rest: Readonly<Record<string, () => Promise<Plain>>> = {
    versions: () => versionsPart(session),
    brokerSettings: () => settingsPart(session, state),
    logDirs: () => logDirsPart(session),
    groups: () => groupsPart(session),
    transactions: () => transactionsPart(session),
  };
  for (const [name, collect] of Object.entries(rest)) parts[name] = await partOrFailure(collect);
  const content = flags.names ? parts : new Redactor().redact(parts);
  const text = `${JSON.stringify(content, null, 2)}\n`;
  const path = flags.file ?? DEFAULT_FILE;
  if (path === "-") {
    session.write(text);
    return;
  }
  session.surroundings.files.writeText(path, text);
  const value = { file: path, bytes: text.length, redacted: !flags.names };
  session.print({
    value,
    table: (style) =>
      renderFields([
        ["file", path],
        ["size", bytesText(text.length)],
        ["names", flags.names ? "as they are" : "replaced by stand-ins"],
      ], style),
  });
});

/** What a part fails with is as telling as the part. */
async function partOrFailure(collect: () => Promise<Plain>): Promise<Plain> {
  try {
    return await collect();
  } catch (error) {
    const failure = describeFailure(error);
    if (failure === undefined) throw error;
    return { failed: failure.message };
  }
}

function clusterPart({ described, quorum }: ClusterState): Plain {
  return {
    id: described.clusterId,
    controller: described.controllerId,
    brokers: described.brokers.map(({ brokerId, host, port, rack, isFenced }) => ({
      id: brokerId,
      host,
      port,
      rack,
      fenced: isFenced,
    })),
    quorum: quorum === undefined ? null : {
      leader: quorum.leaderId,
      epoch: quorum.leaderEpoch,
      highWatermark: quorum.highWatermark,
      voters: quorum.currentVoters.map(({ replicaId, logEndOffset }) => ({
        id: replicaId,
        logEnd: logEndOffset,
      })),
      observers: quorum.observers.map(({ replicaId, logEndOffset }) => ({
        id: replicaId,
        logEnd: logEndOffset,
      })),
    },
  };
}

function partitionsPart({ view }: ClusterState): Plain {
  return view.partitions.map(({ topic, partition, leader, replicas, inSync, minInSync }) => ({
    topic,
    partition,
    leader: leader ?? null,
    replicas: [...replicas],
    inSync: [...inSync],
    minInSync,
  }));
}

async function versionsPart(session: Session): Promise<Plain> {
  const { greeting } = await session.client.link({ to: "any" });
  return {
    apis: greeting.apiKeys.map(({ apiKey, minVersion, maxVersion }) => ({
      key: apiKey,
      min: minVersion,
      max: maxVersion,
    })),
    features: greeting.finalizedFeatures.map(({ name, maxVersionLevel }) => ({
      feature: name,
      level: maxVersionLevel,
    })),
  };
}

async function settingsPart(session: Session, { view }: ClusterState): Promise<Plain> {
  const parts: Plain[] = [];
  for (const { id, isFenced } of view.brokers) {
    if (isFenced) continue;
    const resource = { type: ConfigResourceType.broker, name: String(id) } as const;
    const rows = configRows(await describeConfigs(session.client, resource));
    parts.push({
      broker: id,
      settings: rows.filter(({ source }) => source !== "default").map((row) => ({
        name: row.name,
        value: row.sensitive ? "(hidden)" : redactSetting(row.name, row.value),
        source: row.source,
      })),
    });
  }
  return parts;
}

async function logDirsPart(session: Session): Promise<Plain> {
  const brokers = await describeLogDirs(session.client, null);
  return brokers.map(({ brokerId, logDirs }) => ({
    broker: brokerId,
    logDirs: logDirs.map(({ logDir, errorCode, totalBytes, usableBytes, topics }) => ({
      path: logDir,
      errorCode,
      totalBytes,
      usableBytes,
      replicas: topics.reduce((sum, { partitions }) => sum + partitions.length, 0),
    })),
  }));
}

async function groupsPart(session: Session): Promise<Plain> {
  const parts: Plain[] = [];
  for (const { groupId, groupState, groupType } of await listGroups(session.client)) {
    const lags = await groupLag(session.client, groupId, [], false);
    parts.push({
      group: groupId,
      state: groupState,
      type: groupType,
      partitions: lags.map(({ topic, partition, committed, end, lag }) => ({
        topic,
        partition,
        committed,
        end: end ?? null,
        lag: lag ?? null,
      })),
    });
  }
  return parts;
}

async function transactionsPart(session: Session): Promise<Plain> {
  const transactions = await listTransactions(session.client);
  return transactions.map(({ transactionalId, producerId, transactionState }) => ({
    transactionalId,
    producerId,
    state: transactionState,
  }));
}

export const bundleCommand = buildCommand<BundleFlags, [], CommandContext>({
  func: bundle,
  parameters: {
    flags: {
      file: textFlag("FILE", `Where to write it; - is standard output (default ${DEFAULT_FILE})`),
      names: switchFlag("Leave names of topics, groups, hosts and others as they are"),
      ...commonParameters,
    },
    aliases: commonAliases,
  },
  docs: {
    brief: "Collect what helps to find a fault",
    fullDescription:
      `Collect what helps to find a fault into one JSON file: versions, brokers, quorum,
partitions, settings that are not at their default, disks, groups with their lag, transactions.
Records are not in it, nor secrets; names and addresses are replaced by stand-ins.

EXAMPLES
  jocko debug bundle
  jocko debug bundle --file - --names`,
  },
});
