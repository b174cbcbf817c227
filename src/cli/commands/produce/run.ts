import { TopicProducer } from "../../../client/producer/topic_producer.ts";
import { type Codec, codecByName, type CodecName } from "../../../protocol/compression/codec.ts";
import type { RecordHeader } from "../../../protocol/records/record_cursor.ts";
import { Progress } from "../../output/progress.ts";
import { renderFields } from "../../output/table.ts";
import { bytesText, counted, durationText } from "../../output/units.ts";
import { parseDelimiter, unescape } from "../../records/escapes.ts";
import { forEachLine, type LineVisitor } from "../../records/line_reader.ts";
import { UsageError } from "../../session/failures.ts";
import type { CommonFlags } from "../../session/flags.ts";
import type { Session } from "../../session/session.ts";
import { LineParser } from "./lines.ts";

export interface ProduceFlags extends CommonFlags {
  readonly file?: string | undefined;
  readonly partition?: number | undefined;
  readonly key?: string | undefined;
  readonly keyDelimiter?: string | undefined;
  readonly delimiter?: string | undefined;
  readonly header?: readonly (readonly [name: string, value: string])[] | undefined;
  readonly compression?: CodecName | undefined;
  readonly level?: number | undefined;
  readonly acks?: "all" | "1" | "0" | undefined;
  readonly json?: boolean | undefined;
  readonly emptyIsNull?: boolean | undefined;
  readonly linger?: number | undefined;
  readonly quiet?: boolean | undefined;
}

/** Under the 1,048,588 bytes that a broker takes by default. */
const BATCH_BYTES = 1_000_000;
const LINGER_MS = 5;

export async function produce(session: Session, flags: ProduceFlags, topic: string): Promise<void> {
  const { clock } = session;
  const startMs = clock.monotonicMs();
  const rules = rulesOf(flags);
  const delimiter = parseDelimiter(flags.delimiter ?? "\\n");
  const source = flags.file === undefined
    ? session.surroundings.standardInput()
    : session.surroundings.openFile(flags.file);
  const interrupted = Promise.withResolvers<void>();
  const forgetSignals = session.process.onStopSignal(() => interrupted.resolve());
  try {
    const producer = await openProducer(session, flags, topic);
    try {
      const lines = producingLines(session, producer, new LineParser(rules), flags.partition ?? -1);
      // What was read before Ctrl-C is delivered.
      await Promise.race([forEachLine(source, delimiter, lines), interrupted.promise]);
      await producer.flush();
      lines.progress.clear();
      report(session, flags, topic, producer, clock.monotonicMs() - startMs);
    } finally {
      producer.close();
    }
  } finally {
    forgetSignals();
    source.close();
  }
}

/** @param partition for records that ask for none; -1 to choose by key or turn */
function producingLines(
  session: Session,
  producer: TopicProducer,
  parser: LineParser,
  partition: number,
): LineVisitor & { readonly progress: Progress } {
  const { clock } = session;
  const { record } = parser;
  const progress = new Progress(session);
  let nowMs = 0;
  return {
    progress,
    arrived: () => nowMs = clock.wallMs(),
    line(bytes, start, end) {
      parser.parse(bytes, start, end, nowMs);
      const asked = parser.partition >= 0 ? parser.partition : partition;
      const chosen = asked >= 0
        ? asked
        : producer.partitionFor(record.bytes, record.keyStart, record.keyLength);
      producer.append(chosen, record);
    },
    room() {
      progress.show(() => counted(producer.progress.records, "record"));
      return producer.room();
    },
  };
}

async function openProducer(
  session: Session,
  flags: ProduceFlags,
  topic: string,
): Promise<TopicProducer> {
  const acks = flags.acks === undefined || flags.acks === "all" ? -1 : flags.acks === "1" ? 1 : 0;
  const random = new Uint8Array(2);
  session.surroundings.random.fill(random);
  return await TopicProducer.open(session.client, topic, {
    acks,
    isIdempotent: acks === -1,
    codec: codecOf(flags.compression ?? "none"),
    ...(flags.level === undefined ? {} : { compressionLevel: flags.level }),
    batchBytes: BATCH_BYTES,
    lingerMs: flags.linger ?? LINGER_MS,
    firstPartition: random[0]! << 8 | random[1]!,
    deliveryTimeoutMs: session.timeoutMs,
  });
}

function codecOf(name: CodecName): Codec {
  const codec = codecByName(name);
  if (codec === undefined) throw new UsageError(`there is no compression ${name}`);
  return codec;
}

function rulesOf(flags: ProduceFlags) {
  if (flags.json && flags.keyDelimiter !== undefined) {
    throw new UsageError("--json has keys of its own, so --key-delimiter can't be given with it");
  }
  return {
    keyDelimiter: flags.keyDelimiter === undefined ? undefined : parseDelimiter(flags.keyDelimiter),
    key: flags.key === undefined ? undefined : new TextEncoder().encode(flags.key),
    headers: (flags.header ?? []).map(headerOf),
    emptyIsNull: flags.emptyIsNull ?? false,
    isJson: flags.json ?? false,
  };
}

function headerOf([name, value]: readonly [name: string, value: string]): RecordHeader {
  return { key: new TextEncoder().encode(name), value: unescape(value) };
}

function report(
  session: Session,
  flags: ProduceFlags,
  topic: string,
  { progress }: TopicProducer,
  elapsedMs: number,
): void {
  const { records, bytes } = progress;
  if (session.isForPrograms) {
    const value = { topic, records, bytes, elapsedMs: Math.round(elapsedMs) };
    session.print({ value, table: (style) => renderFields(Object.entries(value), style) });
  } else if (!flags.quiet) {
    const size = bytesText(bytes);
    session.note(
      `${counted(records, "record")} to ${topic}: ${size} in ${durationText(elapsedMs)}`,
    );
  }
}
