/** The cleaner thread's side: does the cleanings that a broker asks for. */
import { invariant } from "../../base/invariant.ts";
import { DiskError } from "../../io/disk.ts";
import type { CleanedSegment, CleaningJob } from "../../log/compaction/cleaning_job.ts";
import { type CleaningTools, runCleaning } from "../../log/compaction/run_cleaning.ts";
import { CorruptLogError } from "../../log/log_reader.ts";
import type { CleanerPort, CleaningFailure, FromCleaner, ToCleaner } from "./messages.ts";

/** Serves the broker at the other end of `port`. */
export function serveCleaner(
  port: CleanerPort<FromCleaner, ToCleaner>,
  tools: CleaningTools,
): void {
  let isCancelled = false;
  let swapping: PromiseWithResolvers<boolean> | undefined;
  const swap = (cleaned: CleanedSegment): Promise<boolean> => {
    swapping = Promise.withResolvers();
    port.postMessage({ type: "swap", cleaned });
    return swapping.promise;
  };
  const isWanted = (): boolean => {
    port.postMessage({ type: "working" });
    return !isCancelled;
  };
  const clean = async (job: CleaningJob): Promise<void> => {
    isCancelled = false;
    try {
      const outcome = await runCleaning(tools, job, { isWanted, swap });
      port.postMessage({ type: "ended", outcome });
    } catch (error) {
      port.postMessage({ type: "failed", failure: failureOf(error) });
    }
  };
  port.onmessage = ({ data: message }): void => {
    switch (message.type) {
      case "clean":
        clean(message.job);
        break;
      case "swapped":
        invariant(swapping !== undefined, "an answer follows a question");
        swapping.resolve(message.isDone);
        break;
      case "cancel":
        isCancelled = true;
        break;
    }
  };
}

function failureOf(error: unknown): CleaningFailure {
  if (error instanceof DiskError) {
    const { kind: diskKind, path, message } = error;
    return { kind: "disk", diskKind, path, message: message.slice(`${path}: `.length) };
  }
  if (error instanceof CorruptLogError) {
    return { kind: "corrupt", path: error.path, position: error.position };
  }
  const message = error instanceof Error ? error.stack ?? error.message : String(error);
  return { kind: "other", message };
}
