/** Files of a segment, by their suffix. */
export const LOG_SUFFIX = ".log";
export const INDEX_SUFFIX = ".index";
export const TIME_INDEX_SUFFIX = ".timeindex";
export const TXN_INDEX_SUFFIX = ".txnindex";
export const SNAPSHOT_SUFFIX = ".snapshot";
/** Added to files that are to be removed; found at start-up, they are. */
export const DELETED_SUFFIX = ".deleted";
/** Added to the files of a segment that compaction is writing; found at start-up, they go. */
export const CLEANED_SUFFIX = ".cleaned";
/** Added to those that are whole and durable and about to replace others; start-up finishes that. */
export const SWAP_SUFFIX = ".swap";

export const SEGMENT_SUFFIXES = [LOG_SUFFIX, INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX];

/** `<20 digits of the offset><suffix>`, as Kafka names the files of a partition. */
export function offsetFileName(offset: number, suffix: string): string {
  return String(offset).padStart(20, "0") + suffix;
}

/** The offset in a file name of {@link offsetFileName}; undefined when it is no such name. */
export function offsetOfFileName(name: string, suffix: string): number | undefined {
  if (name.length !== 20 + suffix.length || !name.endsWith(suffix)) return undefined;
  const digits = name.slice(0, 20);
  if (!/^\d{20}$/.test(digits)) return undefined;
  const offset = Number(digits);
  return Number.isSafeInteger(offset) ? offset : undefined;
}
