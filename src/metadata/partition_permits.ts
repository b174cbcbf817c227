import { ErrorCode } from "../protocol/error_codes.ts";
import { type Refusal, refuse } from "./decision.ts";

/** Counts partitions that a request makes or removes against a quota (KIP-599). */
export interface PartitionPermits {
  /** False when the client has to wait before it may change so many partitions. */
  take(partitions: number): boolean;
}

/** For requests that no quota limits. */
export const ANY_PARTITIONS: PartitionPermits = { take: () => true };

/** What the client is told that has to wait. */
export function refuseTooManyChanges(): Refusal {
  return refuse(
    ErrorCode.THROTTLING_QUOTA_EXCEEDED,
    "The client has used up its controller_mutation_rate for now.",
  );
}
