import { DiskError } from "../../io/disk.ts";
import type { LogEnvironment } from "../log_environment.ts";
import { BatchCursor } from "../batch_cursor.ts";
import * as names from "../segment_names.ts";

/**
 * Ends what compaction had under way in the directory when the broker died: a swap that had begun is
 * finished, all else of it is removed. Changes are durable when it returns.
 *
 * @param fileNames all in the directory
 * @returns whether anything was changed
 * @throws {DiskError} or a segment is damaged, and what it stands for is on its way out
 */
export function finishSwaps(
  environment: LogEnvironment,
  directory: string,
  fileNames: readonly string[],
): boolean {
  const { disk, logger } = environment;
  const left = fileNames.filter((name) =>
    name.endsWith(names.CLEANED_SUFFIX) || name.endsWith(names.SWAP_SUFFIX)
  );
  if (left.length === 0) return false;
  const present = new Set(fileNames);
  for (const baseOffset of swappedBases(left)) {
    const endOffset = endOfSwap(environment, directory, baseOffset);
    if (endOffset === undefined) {
      const log = names.offsetFileName(baseOffset, names.LOG_SUFFIX);
      if (!present.has(log)) {
        const path = `${directory}/${log}${names.SWAP_SUFFIX}`;
        throw new DiskError("other", path, "a compacted segment is damaged");
      }
      logger.error("compacted segment damaged, not swapped in", { directory, baseOffset });
      continue;
    }
    finishSwap(environment, directory, present, { baseOffset, endOffset });
    logger.info("swap of a compacted segment finished", { directory, baseOffset });
  }
  for (const name of left) if (present.has(name)) disk.remove(`${directory}/${name}`);
  disk.syncDirectory(directory);
  return true;
}

/** Base offsets of the segments whose swap had begun. */
function swappedBases(fileNames: readonly string[]): number[] {
  return fileNames
    .map((name) => names.offsetOfFileName(name, names.LOG_SUFFIX + names.SWAP_SUFFIX))
    .filter((offset) => offset !== undefined);
}

/** The offset behind the last batch; undefined when the file is not sound from front to end. */
function endOfSwap(
  environment: LogEnvironment,
  directory: string,
  baseOffset: number,
): number | undefined {
  const name = names.offsetFileName(baseOffset, names.LOG_SUFFIX) + names.SWAP_SUFFIX;
  const file = environment.disk.open(`${directory}/${name}`);
  try {
    const end = file.size();
    const range = { position: 0, end, verifyCrc: true };
    const cursor = new BatchCursor(file, environment.buffers, range);
    let endOffset = baseOffset;
    while (cursor.next()) endOffset = cursor.lastOffset + 1;
    const isSound = cursor.endPosition === end;
    cursor.close();
    return isSound ? endOffset : undefined;
  } finally {
    file.close();
  }
}

/**
 * Removes the other segments that it stands for and gives it its names, the log itself last. Of the
 * indexes under its own base offset nobody can say whose they are: they are checked when used.
 */
function finishSwap(
  { disk }: LogEnvironment,
  directory: string,
  present: Set<string>,
  { baseOffset, endOffset }: { readonly baseOffset: number; readonly endOffset: number },
): void {
  for (const name of [...present]) {
    for (const suffix of names.SEGMENT_SUFFIXES) {
      const offset = names.offsetOfFileName(name, suffix);
      if (offset === undefined || offset <= baseOffset || offset >= endOffset) continue;
      disk.remove(`${directory}/${name}`);
      present.delete(name);
    }
  }
  const [log, ...indexes] = names.SEGMENT_SUFFIXES;
  for (const suffix of [...indexes, log!]) {
    const name = names.offsetFileName(baseOffset, suffix);
    const swap = name + names.SWAP_SUFFIX;
    if (!present.has(swap)) continue;
    disk.rename(`${directory}/${swap}`, `${directory}/${name}`);
    present.delete(swap);
    present.add(name);
  }
}
