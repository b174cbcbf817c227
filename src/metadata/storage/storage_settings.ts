/** What the configuration says of storage, in numbers. Pure. */
import { isInternalTopic } from "../topic_names.ts";
import type { TopicBudget } from "./allotments.ts";
import { type ByteAmount, bytesOf, parseByteAmount } from "./byte_amount.ts";
import type { StorageSettings } from "./capacity.ts";

/** What a topic's configuration says of its budget. */
export interface TopicStorage {
  readonly limit: ByteAmount;
  readonly weight: number;
  readonly minBytes: number;
  readonly retentionBytes: number;
  /** `cleanup.policy` holds `delete` and not `compact`. */
  readonly isDeleted: boolean;
}

/** Reads a setting that has a value or a default. */
export type SettingText = (name: string) => string;

/** The settings of a broker. Marks that contradict each other are put in order from below. */
export function storageSettings(text: SettingText): StorageSettings {
  const number = (name: string) => Number(text(name));
  const share = (name: string) => number(name) / 100;
  const disk = number("log.retention.disk.percent");
  const hardShare = share("log.storage.hard.percent");
  return {
    capacityBytes: number("log.storage.capacity.bytes"),
    reserveBytes: number("log.storage.reserve.bytes"),
    targetShare: disk < 0 ? undefined : Math.min(disk / 100, hardShare),
    softShare: Math.min(share("log.storage.soft.percent"), hardShare),
    reopenShare: Math.min(share("log.storage.reopen.percent"), hardShare),
    hardShare,
    ballastBytes: number("log.storage.ballast.bytes"),
    shrinkGraceMs: number("log.storage.shrink.grace.ms"),
  };
}

/** What a topic's settings say of its budget. */
export function topicStorage(text: SettingText): TopicStorage {
  const cleanup = text("cleanup.policy").split(",").map((word) => word.trim());
  return {
    limit: parseByteAmount(text("retention.topic.bytes")) ?? { kind: "unlimited" },
    weight: Number(text("retention.weight")),
    minBytes: Number(text("retention.min.bytes")),
    retentionBytes: Number(text("retention.bytes")),
    isDeleted: cleanup.includes("delete") && !cleanup.includes("compact"),
  };
}

/** Compacted and internal topics are counted, and never trimmed for space. */
export function isSparedTopic(name: string, { isDeleted }: TopicStorage): boolean {
  return !isDeleted || isInternalTopic(name);
}

/** The budget of a topic where a broker has `capacityBytes`. */
export function budgetOf(
  name: string,
  storage: TopicStorage,
  capacityBytes: number,
): TopicBudget {
  const { limit, weight, minBytes, retentionBytes } = storage;
  const partitionLimitBytes = retentionBytes < 0 ? Infinity : retentionBytes;
  return {
    name,
    limitBytes: bytesOf(limit, capacityBytes),
    weight,
    minBytes,
    partitionLimitBytes,
    isSpared: isSparedTopic(name, storage),
  };
}
