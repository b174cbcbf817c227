/** `jocko log verify DIR...` */
import { buildCommand } from "@stricli/core";
import { basename, join } from "std/path";
import { baseOffset, lastOffset, recordCount } from "../../../protocol/records/batch_layout.ts";
import { verifyCrc } from "../../../protocol/records/batch_scan.ts";
import { CompressionError } from "../../../protocol/compression/codec.ts";
import { CorruptBatchError } from "../../../protocol/records/corrupt_batch_error.ts";
import { openBatch } from "../../../protocol/records/record_reader.ts";
import type { CommandContext } from "../../command_context.ts";
import { ExitCode } from "../../exit_codes.ts";
import { Progress } from "../../output/progress.ts";
import { renderTable } from "../../output/table.ts";
import { bytesText, counted } from "../../output/units.ts";
import { action } from "../../session/action.ts";
import { CommandError } from "../../session/failures.ts";
import { type OutputFlags, outputParameters, switchFlag } from "../../session/flags.ts";
import type { Session } from "../../session/session.ts";
import { readIndex } from "./index_files.ts";
import { forEachBatch } from "./segment_stream.ts";

interface VerifyFlags extends OutputFlags {
  readonly deep?: boolean | undefined;
}

/** What was found in one segment. */
interface SegmentReport {
  readonly path: string;
  readonly firstOffset: number | null;
  readonly lastOffset: number | null;
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
  readonly problems: readonly string[];
}

const verify = action<VerifyFlags, string[]>(async (session, flags, ...paths) => {
  const reports: SegmentReport[] = [];
  const progress = new Progress(session);
  for (const path of paths) {
    const segments = segmentsBelow(session, path);
    if (segments.length === 0) {
      throw new CommandError(`${path} holds no segment files`, ExitCode.notFound);
    }
    for (const segment of segments) {
      progress.show(() => segment);
      reports.push(await verifySegment(session, flags, segment));
    }
  }
  progress.clear();
  const problems = reports.reduce((sum, { problems }) => sum + problems.length, 0);
  session.print({
    value: { problems, segments: reports.map((report) => ({ ...report })) },
    table: (style) =>
      renderTable(
        ["SEGMENT", "FIRST", "LAST", "BATCHES", "RECORDS", { title: "SIZE", align: "right" }, ""],
        reports.map((report) => [
          report.path,
          report.firstOffset,
          report.lastOffset,
          report.batches,
          report.records,
          bytesText(report.bytes),
          report.problems.length === 0
            ? { text: "sound", style: "good" }
            : { text: report.problems.join("; "), style: "bad" },
        ]),
        style,
      ),
  });
  const records = reports.reduce((sum, { records }) => sum + records, 0);
  const counts = [
    counted(reports.length, "segment"),
    counted(records, "record"),
    counted(problems, "problem"),
  ];
  session.note(counts.join(", "));
  return problems === 0 ? ExitCode.ok : ExitCode.unhealthy;
});

/** A segment file itself, those of a partition's directory, or those of all below a directory. */
function segmentsBelow(session: Session, path: string): string[] {
  if (path.endsWith(".log")) return [path];
  const names = session.surroundings.files.list(path) ?? [];
  const own = names.filter((name) => /^\d{20}\.log$/.test(name)).map((name) => join(path, name));
  if (own.length > 0) return own;
  return names.flatMap((name) => {
    const below = session.surroundings.files.list(join(path, name)) ?? [];
    return below.filter((file) => /^\d{20}\.log$/.test(file)).map((file) => join(path, name, file));
  });
}

async function verifySegment(
  session: Session,
  flags: VerifyFlags,
  path: string,
): Promise<SegmentReport> {
  const problems: string[] = [];
  const starts = new Map<number, number>();
  let first: number | null = null;
  let last: number | null = null;
  let records = 0;
  const source = session.surroundings.openFile(path);
  let end;
  try {
    end = await forEachBatch(source, (bytes, at, size, position) => {
      const base = baseOffset(bytes, at);
      starts.set(position, base);
      if (!verifyCrc(bytes, at)) problems.push(`byte ${position}: the CRC is wrong`);
      else if (flags.deep) {
        problems.push(...recordProblems(bytes.subarray(at, at + size), position));
      }
      if (last !== null && base <= last) {
        problems.push(`byte ${position}: offset ${base} follows ${last}`);
      }
      first ??= base;
      last = lastOffset(bytes, at);
      records += recordCount(bytes, at);
    });
  } finally {
    source.close();
  }
  if (end.problem !== undefined) problems.push(`byte ${end.position}: ${end.problem}`);
  problems.push(...indexProblems(session, path, starts));
  return {
    path,
    firstOffset: first,
    lastOffset: last,
    batches: starts.size,
    records,
    bytes: end.position,
    problems,
  };
}

/** Looks at each record, decompressed where it must be. */
function recordProblems(batch: Uint8Array, position: number): string[] {
  try {
    const cursor = openBatch(batch);
    while (cursor.next());
    return [];
  } catch (error) {
    if (error instanceof CorruptBatchError || error instanceof CompressionError) {
      return [`byte ${position}: ${error.message}`];
    }
    throw error;
  }
}

/** Each entry of the offset index must point to a batch. */
function indexProblems(
  session: Session,
  path: string,
  starts: ReadonlyMap<number, number>,
): string[] {
  const indexPath = path.replace(/\.log$/, ".index");
  const parts = indexPath.split(/[\\/]/);
  const directory = parts.slice(0, -1).join("/") || ".";
  if (!session.surroundings.files.list(directory)?.includes(basename(indexPath))) return [];
  const entries = readIndex(basename(indexPath), session.surroundings.files.readBytes(indexPath));
  return (entries ?? []).flatMap((entry) => {
    if (!("position" in entry) || starts.has(entry.position)) return [];
    return [`index entry of offset ${entry.offset} points into a batch, to byte ${entry.position}`];
  });
}

export const verifyCommand = buildCommand<VerifyFlags, string[], CommandContext>({
  func: verify,
  parameters: {
    flags: { deep: switchFlag("Look at each record too"), ...outputParameters },
    aliases: { o: "output" },
    positional: {
      kind: "array",
      parameter: {
        parse: String,
        placeholder: "PATH",
        brief: "A data directory, a partition's directory or a segment file",
      },
      minimum: 1,
    },
  },
  docs: {
    brief: "Check segment files without a broker",
    fullDescription:
      `Check segment files: checksums, order of offsets, index entries, and with --deep
each record. It only reads.

EXAMPLES
  jocko log verify data
  jocko log verify data/orders-0 --deep

EXIT CODES
  0 sound  4 no segment files there  5 problems were found`,
  },
});
