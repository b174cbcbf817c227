import type { CleaningResources } from "../../log/compaction/cleaning_job.ts";

/** Bytes of the table of keys below which a cleaning would get nowhere. */
const DEDUPE_BYTES_MIN = 1024 * 1024;

/** The broker's settings of compaction. */
export interface CleaningSettings {
  /** `log.cleaner.threads`: so many logs are cleaned at a time. 0 stops compaction. */
  readonly threads: number;
  /** `log.cleaner.backoff.ms`: rest when there was nothing to clean. */
  readonly backoffMs: number;
  /** What one of the threads may use; what is given for all is shared out. */
  readonly resources: CleaningResources;
}

/** @param setting the effective value of a broker setting */
export function cleaningSettings(setting: (name: string) => string | null): CleaningSettings {
  const number = (name: string) => Number(setting(name));
  const threads = number("log.cleaner.threads");
  const share = Math.max(1, threads);
  return {
    threads,
    backoffMs: number("log.cleaner.backoff.ms"),
    resources: {
      dedupeBytes: Math.max(DEDUPE_BYTES_MIN, number("log.cleaner.dedupe.buffer.size") / share),
      loadFactor: Math.min(0.95, Math.max(0.1, number("log.cleaner.io.buffer.load.factor"))),
      ioBufferBytes: number("log.cleaner.io.buffer.size") / share,
      ioBytesPerSecond: number("log.cleaner.io.max.bytes.per.second") / share,
    },
  };
}
