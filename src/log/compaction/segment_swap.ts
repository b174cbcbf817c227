import { LogSegment } from "../log_segment.ts";
import type { LogState } from "../log_state.ts";
import * as names from "../segment_names.ts";
import type { CleanedSegment } from "./cleaning_job.ts";

/**
 * The files of a cleaned segment take the place of those of its sources. Names change in an order
 * of which a start-up can finish every beginning (a crash keeps a prefix of the changes that were
 * not made durable):
 *
 * 1. `.cleaned` becomes `.swap`, the log itself last. Up to then nothing has happened.
 * 2. The sources get `.deleted` behind their names.
 * 3. `.swap` goes, from the log itself last. Up to then the log under `.swap` says what is to be done.
 */

/** Indexes first: the log decides what the others are about. */
const SWAP_ORDER = [
  names.INDEX_SUFFIX,
  names.TIME_INDEX_SUFFIX,
  names.TXN_INDEX_SUFFIX,
  names.LOG_SUFFIX,
];

/**
 * Puts `cleaned` in the place of `sources`, which stand side by side in the log.
 * @returns the new paths of the sources' files, which may be removed once the names are durable
 * @throws {DiskError} nothing has changed, or else the log has ended its service
 */
export function swapIn(
  state: LogState,
  sources: readonly LogSegment[],
  cleaned: CleanedSegment,
): string[] {
  const { environment, directory, segments } = state;
  const { disk } = environment;
  const { baseOffset } = cleaned;
  const path = (suffix: string) => `${directory}/${names.offsetFileName(baseOffset, suffix)}`;
  const bytes = new Map([
    [names.INDEX_SUFFIX, cleaned.offsetIndexBytes],
    [names.TIME_INDEX_SUFFIX, cleaned.timeIndexBytes],
    [names.TXN_INDEX_SUFFIX, cleaned.txnIndexBytes],
  ]);
  const there = SWAP_ORDER.filter((suffix) => bytes.get(suffix) !== 0);
  state.names.changed();
  for (const suffix of there) {
    disk.rename(path(suffix) + names.CLEANED_SUFFIX, path(suffix) + names.SWAP_SUFFIX);
  }
  const removed: string[] = [];
  try {
    const present = new Set(disk.list(directory)?.map(({ name }) => name));
    for (const source of sources) removed.push(...source.markDeleted(present));
    for (const suffix of there) disk.rename(path(suffix) + names.SWAP_SUFFIX, path(suffix));
  } catch (error) {
    // Between the two names nobody can read; the next start finishes what was begun.
    throw state.fail(error);
  }
  const createdMs = Math.max(...sources.map((source) => source.createdMs));
  const segment = new LogSegment(environment, directory, baseOffset, createdMs, {
    log: cleaned.logBytes,
    index: cleaned.offsetIndexBytes,
    timeIndex: cleaned.timeIndexBytes,
    txnIndex: cleaned.txnIndexBytes,
  });
  // Its entries are right, and the first batches of their transactions are gone for good.
  segment.txnIndex.isVerified = true;
  const index = segments.indexOf(baseOffset);
  const behind = segments.at(index + sources.length)!;
  segments.replace(index, sources.length, segment);
  state.tail.dropBelow(behind.baseOffset);
  state.reader.forgetPositions();
  return removed;
}
