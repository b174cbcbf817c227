/** `jocko log dump FILE...` */
import { buildCommand } from "@stricli/core";
import { basename } from "std/path";
import { codecName, isCodec } from "../../../protocol/compression/codec.ts";
import {
  baseOffset,
  baseSequence,
  codecOf,
  isControl,
  isTransactional,
  lastOffset,
  maxTimestamp,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
  recordCount,
} from "../../../protocol/records/batch_layout.ts";
import { verifyCrc } from "../../../protocol/records/batch_scan.ts";
import { openBatch } from "../../../protocol/records/record_reader.ts";
import type { CommandContext } from "../../command_context.ts";
import { timeText } from "../../output/units.ts";
import type { Plain } from "../../output/yaml.ts";
import { toYaml } from "../../output/yaml.ts";
import { plainRecord } from "../../records/json_records.ts";
import { action } from "../../session/action.ts";
import { UsageError } from "../../session/failures.ts";
import { countFlag, type OutputFlags, outputParameters, switchFlag } from "../../session/flags.ts";
import type { Session } from "../../session/session.ts";
import { readIndex } from "./index_files.ts";
import { forEachBatch } from "./segment_stream.ts";

interface DumpFlags extends OutputFlags {
  readonly records?: boolean | undefined;
  readonly offset?: number | undefined;
  readonly count?: number | undefined;
}

const dump = action<DumpFlags, string[]>(async (session, flags, ...paths) => {
  for (const path of paths) {
    if (path.endsWith(".log")) await dumpSegment(session, flags, path);
    else dumpIndex(session, flags, path);
  }
});

async function dumpSegment(session: Session, flags: DumpFlags, path: string): Promise<void> {
  const source = session.surroundings.openFile(path);
  const from = flags.offset ?? 0;
  const countMax = flags.count ?? Infinity;
  let batches = 0;
  try {
    const end = await forEachBatch(source, (bytes, at, size, position) => {
      if (lastOffset(bytes, at) < from || batches >= countMax) return;
      batches++;
      const batch = plainBatch(bytes, at, size, position);
      const records = flags.records && batch.crcValid ? plainRecords(bytes, at, size) : undefined;
      write(session, flags, { ...batch, records }, () => batchText(batch, records));
    });
    if (end.problem !== undefined) {
      session.note(`jocko: ${path}, byte ${end.position}: ${end.problem}`);
    }
  } finally {
    source.close();
  }
}

function plainBatch(bytes: Uint8Array, at: number, size: number, position: number) {
  const codec = codecOf(bytes, at);
  return {
    baseOffset: baseOffset(bytes, at),
    lastOffset: lastOffset(bytes, at),
    count: recordCount(bytes, at),
    position,
    bytes: size,
    leaderEpoch: partitionLeaderEpoch(bytes, at),
    maxTimestamp: maxTimestamp(bytes, at),
    compression: isCodec(codec) ? codecName(codec) : `codec ${codec}`,
    transactional: isTransactional(bytes, at),
    control: isControl(bytes, at),
    producerId: producerId(bytes, at),
    producerEpoch: producerEpoch(bytes, at),
    baseSequence: baseSequence(bytes, at),
    crcValid: verifyCrc(bytes, at),
  };
}

type DumpedBatch = ReturnType<typeof plainBatch>;

function plainRecords(bytes: Uint8Array, at: number, size: number): Plain[] {
  const cursor = openBatch(bytes.subarray(at, at + size));
  const records: Plain[] = [];
  while (cursor.next()) {
    const { topic: _topic, partition: _partition, ...record } = plainRecord(cursor, {
      topic: "",
      partition: 0,
    });
    records.push(record);
  }
  return records;
}

function batchText(batch: DumpedBatch, records: readonly Plain[] | undefined): string {
  const kind = batch.control ? " control" : batch.transactional ? " transactional" : "";
  const producer = batch.producerId < 0
    ? ""
    : ` producer ${batch.producerId}/${batch.producerEpoch} sequence ${batch.baseSequence}`;
  const head = `${batch.baseOffset}..${batch.lastOffset} ${batch.count} records ` +
    `at ${batch.position} ${batch.bytes} bytes epoch ${batch.leaderEpoch} ` +
    `${timeText(batch.maxTimestamp)} ${batch.compression}${kind}${producer}` +
    `${batch.crcValid ? "" : " CRC WRONG"}\n`;
  return head + (records ?? []).map((record) => `  ${JSON.stringify(record)}\n`).join("");
}

function dumpIndex(session: Session, flags: DumpFlags, path: string): void {
  const entries = readIndex(basename(path), session.surroundings.files.readBytes(path));
  if (entries === undefined) {
    throw new UsageError(`${path} is none of .log, .index and .timeindex`);
  }
  for (const entry of entries) {
    write(
      session,
      flags,
      entry,
      () =>
        "position" in entry
          ? `offset ${entry.offset} at ${entry.position}\n`
          : `${timeText(entry.timestamp)} offset ${entry.offset}\n`,
    );
  }
}

/** One line for people; one JSON object to a line, or one YAML document, for programs. */
function write(session: Session, flags: DumpFlags, value: Plain, text: () => string): void {
  const format = flags.output ?? "table";
  if (format === "json") session.write(`${JSON.stringify(value)}\n`);
  else if (format === "yaml") session.write(`---\n${toYaml(value)}`);
  else session.write(text());
}

export const dumpCommand = buildCommand<DumpFlags, string[], CommandContext>({
  func: dump,
  parameters: {
    flags: {
      records: switchFlag("The records of each batch too"),
      offset: countFlag("N", "Begin at the batch that holds this offset", 0),
      count: countFlag("N", "Stop after so many batches"),
      ...outputParameters,
    },
    aliases: { o: "output", r: "records", c: "count" },
    positional: {
      kind: "array",
      parameter: { parse: String, placeholder: "FILE", brief: ".log, .index or .timeindex files" },
      minimum: 1,
    },
  },
  docs: {
    brief: "Print what a segment or index file holds",
    fullDescription:
      `Print the batches of segment files, or the entries of index files, without a broker.
It only reads, so it may be used on the files of a broker that runs.

EXAMPLES
  jocko log dump data/orders-0/00000000000000000000.log
  jocko log dump data/orders-0/00000000000000000000.log --records --offset 100 -c 1
  jocko log dump data/orders-0/00000000000000000000.index -o json`,
  },
});
