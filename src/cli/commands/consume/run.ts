import { describeTopics } from "../../../client/admin/topics.ts";
import { partitionsOf } from "../../../client/cluster_metadata.ts";
import { Isolation, PartitionReader } from "../../../client/consumer/partition_reader.ts";
import { noSuchPartition } from "../../../client/errors.ts";
import { type OffsetRange, parseOffsetRange } from "../../offsets/offset_grammar.ts";
import { resolveRange } from "../../offsets/resolve_offsets.ts";
import { parseDelimiter } from "../../records/escapes.ts";
import { OutputWriter } from "../../records/output_writer.ts";
import { recordFormat, type WriteRecord } from "../../records/record_format.ts";
import { UsageError } from "../../session/failures.ts";
import type { Session } from "../../session/session.ts";
import type { ConsumeFlags } from "./flags.ts";
import { consumeInGroup } from "./group_mode.ts";
import {
  type BatchPrinter,
  RecordPrinter,
  ValuePrinter,
  writeJson,
  writeYaml,
} from "./printers.ts";
import { PrintingSink } from "./sink.ts";

const FETCH_WAIT_MS = 500;
const PARTITION_BYTES_MAX = 1024 * 1024;

export async function consume(
  session: Session,
  flags: ConsumeFlags,
  ...topics: string[]
): Promise<void> {
  const range = rangeOf(flags, session.clock.wallMs());
  const out = new OutputWriter(session.surroundings.output);
  const sink = new PrintingSink(out, printerFor(flags, out), {
    countMax: flags.count ?? Infinity,
    checksCrc: flags.checkCrcs ?? false,
    note: (text) => session.note(text),
  });
  const options = {
    isolation: isolationOf(flags),
    waitMsMax: FETCH_WAIT_MS,
    partitionMaxBytes: PARTITION_BYTES_MAX,
  };
  if (flags.group !== undefined) {
    await consumeInGroup(session, {
      flags,
      group: flags.group,
      topics,
      out,
      sink,
      options,
    });
  } else {
    const partitions = await choosePartitions(session, flags, topics);
    const { isolation } = options;
    const ranges = await resolveRange(session.client, partitions, range, isolation);
    const reader = new PartitionReader(session.client, ranges, options, sink);
    await untilSignal(session, reader);
  }
  await out.finish();
}

/** Reads until the reader is done or the operator has seen enough. */
export async function untilSignal(
  session: Session,
  reader: { run(): Promise<void>; stop(): void },
): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  const forgetSignals = session.process.onStopSignal(() => {
    reader.stop();
    stopped.resolve();
  });
  try {
    await Promise.race([reader.run(), stopped.promise]);
  } finally {
    forgetSignals();
  }
}

function rangeOf(flags: ConsumeFlags, nowMs: number): OffsetRange {
  const range = parseOffsetRange(flags.offset ?? "start", nowMs);
  if (flags.group !== undefined && (flags.offset !== undefined || flags.partition !== undefined)) {
    throw new UsageError(
      "a group decides on partitions and offsets: --group can't be given " +
        "with --offset or --partition; jocko group seek moves a group",
    );
  }
  return flags.exit && range.end === undefined ? { ...range, end: { at: "end" } } : range;
}

function isolationOf({ isolation }: ConsumeFlags): Isolation {
  return isolation === "read_uncommitted" ? Isolation.uncommitted : Isolation.committed;
}

/** The partitions to read, of topics that exist. */
async function choosePartitions(
  session: Session,
  flags: ConsumeFlags,
  names: readonly string[],
) {
  const topics = await describeTopics(session.client, names);
  return topics.flatMap((topic) => {
    const all = partitionsOf(topic).map(({ partitionIndex }) => partitionIndex);
    for (const partition of flags.partition ?? []) {
      if (!all.includes(partition)) throw noSuchPartition(topic.name!, partition, all.length);
    }
    return (flags.partition ?? all).map((partition) => ({ topic: topic.name!, partition }));
  });
}

function printerFor(flags: ConsumeFlags, out: OutputWriter): BatchPrinter {
  const format = flags.output ?? "table";
  if (format !== "table") {
    if (flags.format !== undefined || flags.keyDelimiter !== undefined) {
      throw new UsageError(
        `--output ${format} has a form of its own, so --format and ` +
          "--key-delimiter can't be given with it",
      );
    }
    return new RecordPrinter(out, format === "json" ? writeJson : writeYaml);
  }
  const nulls = flags.nulls ?? false;
  if (flags.format !== undefined) {
    return new RecordPrinter(out, recordFormat(flags.format, nulls));
  }
  const delimiter = parseDelimiter(flags.delimiter ?? "\\n");
  const line = new RecordPrinter(out, lineWriter(flags, delimiter, nulls));
  const isValuesAlone = flags.keyDelimiter === undefined && !nulls;
  return isValuesAlone ? new ValuePrinter(out, delimiter, line) : line;
}

/** Key, where it is asked for, and value, with their delimiters. */
function lineWriter(flags: ConsumeFlags, delimiter: Uint8Array, nulls: boolean): WriteRecord {
  const value = recordFormat("%v", nulls);
  const key = recordFormat("%k", nulls);
  const keyDelimiter = flags.keyDelimiter === undefined
    ? undefined
    : parseDelimiter(flags.keyDelimiter);
  return (out, record, bytes, origin) => {
    if (keyDelimiter !== undefined) {
      key(out, record, bytes, origin);
      out.append(keyDelimiter, 0, keyDelimiter.length);
    }
    value(out, record, bytes, origin);
    out.append(delimiter, 0, delimiter.length);
  };
}
