import type { CleaningStats } from "../../log/compaction/cleaning_job.ts";

/** What the cleaner has done since the broker started; read by metrics. */
export class CleanerCounters {
  cleanings = 0;
  bytesRead = 0;
  bytesWritten = 0;
  recordsRead = 0;
  recordsKept = 0;
  /** Duration of the longest cleaning. */
  longestMs = 0;
  /** Of the last cleaning: how full the table of keys was, from 0 to 1. */
  tableUse = 0;
  /** Of the last cleaning: bytes written by bytes read of the log. */
  recopyRatio = 0;
  /** The largest share of a log that is not clean, at the last look. */
  dirtyRatioMax = 0;
  /** When a log was last looked at, on the monotonic clock. */
  lastRoundMs = 0;

  /** @param bytesPerKey of the table */
  add(stats: CleaningStats, bytesPerKey: number): void {
    this.cleanings++;
    this.bytesRead += stats.bytesRead;
    this.bytesWritten += stats.bytesWritten;
    this.recordsRead += stats.recordsRead;
    this.recordsKept += stats.recordsKept;
    this.longestMs = Math.max(this.longestMs, stats.indexMs + stats.cleanMs);
    this.tableUse = stats.keys * bytesPerKey / stats.mapBytes;
    const copied = stats.bytesRead - stats.indexedBytes;
    this.recopyRatio = copied === 0 ? 0 : stats.bytesWritten / copied;
  }
}
