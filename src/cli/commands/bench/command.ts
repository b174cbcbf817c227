/** `jocko bench`: what a cluster does for one client on this machine. */
import { buildCommand } from "@stricli/core";
import { createTopic, deleteTopic } from "../../../client/admin/topics.ts";
import {
  type FetchedPartition,
  Isolation,
  PartitionReader,
  type RecordSink,
} from "../../../client/consumer/partition_reader.ts";
import { TopicProducer } from "../../../client/producer/topic_producer.ts";
import { codecByName, type CodecName } from "../../../protocol/compression/codec.ts";
import { recordCount } from "../../../protocol/records/batch_layout.ts";
import { scanBatches } from "../../../protocol/records/batch_scan.ts";
import type { CommandContext } from "../../command_context.ts";
import { renderFields } from "../../output/table.ts";
import { countText } from "../../output/units.ts";
import { action } from "../../session/action.ts";
import {
  commonAliases,
  type CommonFlags,
  commonParameters,
  countFlag,
} from "../../session/flags.ts";
import type { Session } from "../../session/session.ts";
import { percentile } from "./percentile.ts";

interface BenchFlags extends CommonFlags {
  readonly records?: number | undefined;
  readonly size?: number | undefined;
  readonly partitions?: number | undefined;
  readonly replicationFactor?: number | undefined;
  readonly compression?: CodecName | undefined;
  readonly roundTrips?: number | undefined;
}

const RECORDS = 1_000_000;
const RECORD_BYTES = 1_000;
const ROUND_TRIPS = 1_000;
const BATCH_BYTES = 1_000_000;
/** Between two looks at how much waits to be sent. */
const APPENDS_AT_ONCE = 1_000;
const MEBIBYTE = 1024 * 1024;

const bench = action<BenchFlags, []>(async (session, flags) => {
  const random = new Uint8Array(6);
  session.surroundings.random.fill(random);
  const topic = `jocko-bench-${[...random].map((byte) => byte.toString(16)).join("")}`;
  await createTopic(session.client, {
    name: topic,
    partitions: flags.partitions ?? 1,
    replicationFactor: flags.replicationFactor ?? 1,
    configs: new Map(),
  });
  try {
    const written = await measureProduce(session, flags, topic);
    session.note(`produced ${countText(written.records)} records`);
    const read = await measureConsume(session, topic, written.records);
    session.note(`consumed ${countText(read.records)} records`);
    const trips = await measureRoundTrips(session, flags, topic);
    const value = { produce: written, consume: read, roundTrip: trips };
    session.print({
      value,
      table: (style) =>
        renderFields([
          ["produce", rateText(written)],
          ["consume", rateText(read)],
          [
            "acknowledged, one at a time",
            `p50 ${trips.p50Ms} ms, p99 ${trips.p99Ms} ms, max ${trips.maxMs} ms`,
          ],
        ], style),
    });
  } finally {
    await deleteTopic(session.client, topic);
  }
});

/** A throughput. */
interface Rate {
  readonly [key: string]: number;
  readonly records: number;
  readonly elapsedMs: number;
  readonly recordsPerSecond: number;
  readonly mebibytesPerSecond: number;
}

function rateOf(records: number, bytes: number, elapsedMs: number): Rate {
  const seconds = elapsedMs / 1_000;
  return {
    records,
    elapsedMs: Math.round(elapsedMs),
    recordsPerSecond: Math.round(records / seconds),
    mebibytesPerSecond: Math.round(10 * bytes / MEBIBYTE / seconds) / 10,
  };
}

function rateText({ recordsPerSecond, mebibytesPerSecond }: Rate): string {
  return `${mebibytesPerSecond} MiB/s, ${countText(recordsPerSecond)} records/s`;
}

function openProducer(
  session: Session,
  flags: BenchFlags,
  topic: string,
  lingerMs: number,
): Promise<TopicProducer> {
  return TopicProducer.open(session.client, topic, {
    acks: -1,
    isIdempotent: true,
    codec: codecByName(flags.compression ?? "none") ?? 0,
    batchBytes: BATCH_BYTES,
    lingerMs,
    firstPartition: 0,
    deliveryTimeoutMs: session.timeoutMs,
  });
}

/** Random values: what is compressed would else be nothing but repetition. */
function sampleRecord(session: Session, flags: BenchFlags) {
  const size = flags.size ?? RECORD_BYTES;
  const bytes = new Uint8Array(size);
  session.surroundings.random.fill(bytes);
  return {
    bytes,
    keyStart: 0,
    keyLength: -1,
    valueStart: 0,
    valueLength: size,
    headers: [],
    timestamp: session.clock.wallMs(),
  };
}

async function measureProduce(session: Session, flags: BenchFlags, topic: string): Promise<Rate> {
  const producer = await openProducer(session, flags, topic, 5);
  const record = sampleRecord(session, flags);
  const records = flags.records ?? RECORDS;
  const startMs = session.clock.monotonicMs();
  for (let sent = 0; sent < records;) {
    const end = Math.min(records, sent + APPENDS_AT_ONCE);
    for (; sent < end; sent++) producer.append(producer.partitionFor(record.bytes, 0, -1), record);
    await producer.room();
  }
  await producer.flush();
  const elapsedMs = session.clock.monotonicMs() - startMs;
  producer.close();
  return rateOf(records, records * record.bytes.length, elapsedMs);
}

/** Counts records and bytes; looks at nothing else. */
class CountingSink implements RecordSink {
  records = 0;
  bytes = 0;

  take({ records }: FetchedPartition): boolean {
    scanBatches(records, (position, size) => {
      this.records += recordCount(records, position);
      this.bytes += size;
    });
    return true;
  }

  room(): undefined {
    return undefined;
  }

  skipped(): void {
    // Nothing is old enough to be taken by retention.
  }
}

async function measureConsume(session: Session, topic: string, records: number): Promise<Rate> {
  const sink = new CountingSink();
  const metadata = await session.client.topic(topic);
  const ranges = metadata.partitions.map(({ partitionIndex }) => ({
    topic,
    partition: partitionIndex,
    start: 0,
    end: Infinity,
  }));
  const reader = new PartitionReader(
    session.client,
    ranges,
    { isolation: Isolation.committed, waitMsMax: 500, partitionMaxBytes: MEBIBYTE },
    {
      take: (fetched) => sink.take(fetched) && sink.records < records,
      room: () => undefined,
      skipped: () => sink.skipped(),
    },
  );
  const startMs = session.clock.monotonicMs();
  await reader.run();
  return rateOf(sink.records, sink.bytes, session.clock.monotonicMs() - startMs);
}

async function measureRoundTrips(session: Session, flags: BenchFlags, topic: string) {
  const producer = await openProducer(session, flags, topic, 0);
  const record = sampleRecord(session, flags);
  const tripsMs: number[] = [];
  for (let i = 0; i < (flags.roundTrips ?? ROUND_TRIPS); i++) {
    const startMs = session.clock.monotonicMs();
    producer.append(0, record);
    await producer.flush();
    tripsMs.push(session.clock.monotonicMs() - startMs);
  }
  producer.close();
  tripsMs.sort((a, b) => a - b);
  const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;
  return {
    count: tripsMs.length,
    p50Ms: rounded(percentile(tripsMs, 0.5)),
    p99Ms: rounded(percentile(tripsMs, 0.99)),
    maxMs: rounded(tripsMs.at(-1) ?? 0),
  };
}

export const benchCommand = buildCommand<BenchFlags, [], CommandContext>({
  func: bench,
  parameters: {
    flags: {
      records: countFlag("N", `Records to write and read (default ${RECORDS})`),
      size: countFlag("BYTES", `Bytes of each value (default ${RECORD_BYTES})`),
      partitions: countFlag("N", "Partitions of the topic (default 1)"),
      replicationFactor: countFlag("N", "Copies of each partition (default 1)"),
      compression: {
        kind: "enum",
        values: ["none", "gzip", "snappy", "lz4", "zstd"],
        optional: true,
        brief: "How batches are compressed (default none)",
      },
      roundTrips: countFlag("N", `Records that are sent one at a time (default ${ROUND_TRIPS})`),
      ...commonParameters,
    },
    aliases: { ...commonAliases, n: "records", s: "size", p: "partitions", z: "compression" },
  },
  docs: {
    brief: "Measure throughput and latency",
    fullDescription:
      `Write records to a topic of its own, read them, then write single ones and wait for
each; the topic is deleted at the end. Everything is acknowledged by all in-sync replicas.

EXAMPLES
  jocko bench
  jocko bench --records 100000 --size 100 --partitions 6
  jocko bench -n 100000 -o json`,
  },
});
