import { segmentBytesFor } from "../../metadata/storage/allotments.ts";
import type { LedgerEntry } from "./partition_ledger.ts";

/** A difference that is smaller is not worth a change. */
const TOLERANCE = 1 / 8;

/**
 * Makes new segments of every log small enough for what it may keep, so that the active one, which
 * can't go, is never the reason why a budget is not kept. `segment.bytes` is the most.
 */
export function fitSegments(entries: readonly LedgerEntry[]): void {
  for (const { partition: { log, topic }, allotmentBytes } of entries) {
    const { segmentBytes: configured } = topic.settings.log;
    const wanted = segmentBytesFor(allotmentBytes, configured);
    const { segmentBytes } = log.config;
    const isFarOff = Math.abs(wanted - segmentBytes) > segmentBytes * TOLERANCE;
    if (isFarOff || wanted === configured && segmentBytes !== configured) {
      log.config = { ...topic.settings.log, segmentBytes: wanted };
    }
  }
}
