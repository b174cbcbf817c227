/** `jocko storage status` */
import { buildCommand } from "@stricli/core";
import { describeLogDirs, replicaSizes } from "../../../client/admin/log_dirs.ts";
import { readStorage } from "../../../client/admin/storage.ts";
import { pause } from "../../../client/cluster_client.ts";
import type { CommandContext } from "../../command_context.ts";
import { type Cell, renderTable } from "../../output/table.ts";
import { bytesText, durationText, parseDuration } from "../../output/units.ts";
import type { Style } from "../../output/style.ts";
import { action } from "../../session/action.ts";
import { commonAliases, type CommonFlags, commonParameters } from "../../session/flags.ts";
import type { Session } from "../../session/session.ts";
import {
  type BrokerView,
  type GrowthRates,
  type StorageView,
  type TopicView,
  viewOf,
} from "./view.ts";

interface StatusFlags extends CommonFlags {
  readonly sample?: number | undefined;
}

const SAMPLE_MS = 1000;

const status = action<StatusFlags, []>(async (session, flags) => {
  const rates = await sampleRates(session, flags.sample ?? SAMPLE_MS);
  const view = viewOf(await readStorage(session.client), rates);
  session.print({
    value: {
      brokers: view.brokers.map(plainBroker),
      topics: view.topics.map(plainTopic),
    },
    table: (style) => `${brokerTable(view, style)}\n${topicTable(view, style)}`,
  });
});

/** How fast each replica grows, in bytes per second. */
export async function sampleRates(session: Session, sampleMs: number): Promise<GrowthRates> {
  const before = replicaSizes(await describeLogDirs(session.client, null));
  const startMs = session.clock.monotonicMs();
  await pause(session.clock, sampleMs);
  const after = replicaSizes(await describeLogDirs(session.client, null));
  const seconds = Math.max(1, session.clock.monotonicMs() - startMs) / 1000;
  const rates = new Map<string, number>();
  for (const [key, size] of after) {
    rates.set(key, Math.max(0, size - (before.get(key) ?? 0)) / seconds);
  }
  return rates;
}

function plainBroker({ id, usedBytes, marks, level, bytesPerSecond, timeToFullMs }: BrokerView) {
  return {
    broker: id,
    capacityBytes: marks?.capacityBytes ?? null,
    usedBytes,
    targetBytes: finite(marks?.targetBytes),
    softBytes: marks?.softBytes ?? null,
    hardBytes: marks?.hardBytes ?? null,
    level,
    bytesPerSecond: Math.round(bytesPerSecond),
    timeToFullMs: finite(timeToFullMs),
  };
}

function plainTopic({ name, budget, partitions }: TopicView) {
  return {
    topic: name,
    sizeBytes: sum(partitions, ({ sizeBytes }) => sizeBytes),
    allotmentBytes: finite(sum(partitions, ({ allotmentBytes }) => allotmentBytes)),
    limitBytes: finite(budget.limitBytes),
    minBytes: budget.minBytes,
    weight: budget.weight,
    trimmed: !budget.isSpared,
    partitions: partitions.map(({ partition, sizeBytes, allotmentBytes }) => ({
      partition,
      sizeBytes,
      allotmentBytes: finite(allotmentBytes),
    })),
  };
}

function brokerTable({ brokers }: StorageView, style: Style): string {
  const rows = brokers.map((broker) => {
    const { id, usedBytes, marks, level, bytesPerSecond, timeToFullMs } = broker;
    const dressed: Cell = level === "open"
      ? level
      : { text: level, style: level === "closed" ? "bad" : "warn" };
    return [
      id,
      amount(marks?.capacityBytes),
      bytesText(usedBytes),
      amount(marks?.targetBytes),
      amount(marks?.hardBytes),
      dressed,
      `${bytesText(Math.round(bytesPerSecond))}/s`,
      timeToFullMs === Infinity ? "-" : durationText(timeToFullMs),
    ];
  });
  const columns = ["BROKER", "CAPACITY", "USED", "TARGET", "HARD", "LEVEL", "RATE", "FULL IN"];
  return renderTable(columns, rows, style);
}

function topicTable({ topics }: StorageView, style: Style): string {
  const rows = topics.map(({ name, budget, partitions }) => [
    name,
    partitions.length,
    bytesText(sum(partitions, ({ sizeBytes }) => sizeBytes)),
    amount(sum(partitions, ({ allotmentBytes }) => allotmentBytes)),
    amount(budget.limitBytes),
    bytesText(budget.minBytes),
    budget.isSpared ? "never" : "oldest first",
  ]);
  const columns = ["TOPIC", "PARTITIONS", "SIZE", "ALLOTMENT", "LIMIT", "MINIMUM", "TRIMMED"];
  return renderTable(columns, rows, style);
}

/** JSON has no infinity. */
export function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Math.round(value);
}

/** Bytes as people read them; `-` without a limit. */
export function amount(bytes: number | undefined): string {
  return bytes === undefined || !Number.isFinite(bytes) ? "-" : bytesText(bytes);
}

function sum<T>(items: readonly T[], valueOf: (item: T) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0);
}

export const statusCommand = buildCommand<StatusFlags, [], CommandContext>({
  func: status,
  parameters: {
    flags: {
      sample: {
        kind: "parsed",
        parse: parseDuration,
        optional: true,
        placeholder: "DURATION",
        brief: "Measure growth for so long (default 1s)",
      },
      ...commonParameters,
    },
    aliases: commonAliases,
  },
  docs: {
    brief: "Show capacity, use, pressure and allotments",
    fullDescription: `Show for each broker what it may take of its disk, what it has, and when it is
full; for each topic what it has and may keep. Allotments are computed, and never a setting.

EXAMPLES
  jocko storage status
  jocko storage status -o json --sample 10s`,
  },
});
