import { parseUuid, type Uuid } from "../base/uuid.ts";
import { areIncreasing, type EpochStart } from "./leader_epochs.ts";

/**
 * The small text files of a data directory, in Kafka's formats. Parsers return undefined for what
 * is damaged; the caller then falls back on what the log itself says.
 */
export const LEADER_EPOCH_CHECKPOINT = "leader-epoch-checkpoint";
export const PARTITION_METADATA = "partition.metadata";
export const RECOVERY_POINT_CHECKPOINT = "recovery-point-offset-checkpoint";
export const LOG_START_CHECKPOINT = "log-start-offset-checkpoint";
export const HIGH_WATERMARK_CHECKPOINT = "replication-offset-checkpoint";
export const CLEAN_SHUTDOWN_FILE = ".kafka_cleanshutdown";
export const META_PROPERTIES = "meta.properties";

/** Offsets by the name of a partition's directory, `<topic>-<partition>`. */
export type PartitionOffsets = ReadonlyMap<string, number>;

/** Version line, number of entries, then `topic partition offset` each. */
export function formatPartitionOffsets(offsets: PartitionOffsets): string {
  const lines = [`0`, `${offsets.size}`];
  for (const [name, offset] of offsets) {
    const dash = name.lastIndexOf("-");
    lines.push(`${name.slice(0, dash)} ${name.slice(dash + 1)} ${offset}`);
  }
  return lines.join("\n") + "\n";
}

export function parsePartitionOffsets(text: string): PartitionOffsets | undefined {
  const rows = parseRows(text, /^(\S+) (\d+) (\d+)$/);
  if (rows === undefined) return undefined;
  return new Map(rows.map(([, topic, partition, offset]) => [
    `${topic}-${partition}`,
    Number(offset),
  ]));
}

/** Version line, number of entries, then `epoch startOffset` each. */
export function formatLeaderEpochs(entries: readonly EpochStart[]): string {
  const lines = entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}\n`);
  return `0\n${entries.length}\n${lines.join("")}`;
}

export function parseLeaderEpochs(text: string): EpochStart[] | undefined {
  const rows = parseRows(text, /^(\d+) (\d+)$/);
  const entries = rows?.map(([, epoch, startOffset]) => ({
    epoch: Number(epoch),
    startOffset: Number(startOffset),
  }));
  return entries !== undefined && areIncreasing(entries) ? entries : undefined;
}

export function formatPartitionMetadata(topicId: Uuid): string {
  return `version: 0\ntopic_id: ${topicId}`;
}

/** The topic id of the partition. */
export function parsePartitionMetadata(text: string): Uuid | undefined {
  const match = /^version: 0\ntopic_id: (\S+)\s*$/.exec(text);
  return match === null ? undefined : parseUuid(match[1]!);
}

/** Whose data the directory holds (KIP-858). */
export interface MetaProperties {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly directoryId: Uuid;
}

export function formatMetaProperties(meta: MetaProperties): string {
  const { clusterId, nodeId, directoryId } = meta;
  return `version=1\ncluster.id=${clusterId}\nnode.id=${nodeId}\ndirectory.id=${directoryId}\n`;
}

export function parseMetaProperties(text: string): MetaProperties | undefined {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([^#!=\s][^=\s]*)\s*=\s*(.*?)\s*$/.exec(line);
    if (match !== null) values.set(match[1]!, match[2]!);
  }
  const clusterId = values.get("cluster.id");
  const nodeId = values.get("node.id");
  const directoryId = parseUuid(values.get("directory.id") ?? "");
  if (values.get("version") !== "1" || !clusterId || directoryId === undefined) return undefined;
  if (nodeId === undefined || !/^\d{1,10}$/.test(nodeId)) return undefined;
  return { clusterId, nodeId: Number(nodeId), directoryId };
}

/**
 * What Kafka leaves behind at an orderly shutdown: by the epoch the controller can tell at the next
 * start that nothing was lost (KIP-966).
 *
 * @param brokerEpoch of the registration that has ended; -1 when there was none
 */
export function formatCleanShutdown(brokerEpoch: number): string {
  return `{"version":0,"brokerEpoch":${brokerEpoch}}`;
}

/** The broker epoch in the text; -1 when it holds none. */
export function parseCleanShutdown(text: string): number {
  const match = /"brokerEpoch"\s*:\s*(\d{1,15})\b/.exec(text);
  return match === null ? -1 : Number(match[1]);
}

/** The rows of a version-0 checkpoint file, when all of them and their number are right. */
function parseRows(text: string, row: RegExp): RegExpExecArray[] | undefined {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const [version, count, ...rest] = lines;
  if (version !== "0" || count === undefined || !/^\d+$/.test(count)) return undefined;
  if (Number(count) !== rest.length) return undefined;
  const rows: RegExpExecArray[] = [];
  for (const line of rest) {
    const match = row.exec(line);
    if (match === null) return undefined;
    rows.push(match);
  }
  return rows;
}
