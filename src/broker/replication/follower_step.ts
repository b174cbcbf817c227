import { ErrorCode } from "../../protocol/error_codes.ts";
import type { PartitionData } from "../../protocol/generated/fetch_response.ts";
import * as layout from "../../protocol/records/batch_layout.ts";
import { batchSizeAt, verifyCrc } from "../../protocol/records/batch_scan.ts";
import type { Partition } from "../partition.ts";

/** What a follower's step came to. */
export type StepOutcome =
  /** The follower is where the leader wants it, or closer to it: go on at once. */
  | { readonly kind: "advanced"; readonly bytes: number }
  /** Nothing changes before the leader, or what this broker knows of it, does: rest a little. */
  | { readonly kind: "rest"; readonly errorCode: number };

const ADVANCED: StepOutcome = { kind: "advanced", bytes: 0 };

/** The epoch that a follower's log ends with: of its last record; -1 when it has none. */
export function lastEpochOf({ log }: Partition): number {
  return log.endOffset > log.startOffset ? log.epochAt(log.endOffset - 1) ?? -1 : -1;
}

/**
 * Does what the leader's answer to a fetch asks of the follower: append, part from what the leader
 * does not have (KIP-595), or begin anew where the leader's log begins.
 *
 * @param fetchOffset that was asked for; an answer for another place is out of date
 */
export function takeAnswer(
  partition: Partition,
  fetchOffset: number,
  answer: PartitionData,
): StepOutcome {
  const { log, following } = partition;
  if (log.endOffset !== fetchOffset) return ADVANCED;
  if (answer.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) return outOfRange(partition, answer);
  if (answer.errorCode !== ErrorCode.NONE) return rest(answer.errorCode);
  const { divergingEpoch } = answer;
  if (divergingEpoch.epoch >= 0) {
    const errorCode = following.partFrom(divergingEpoch);
    if (errorCode !== ErrorCode.NONE) return rest(errorCode);
    // A log that is as long as before has said all that it can: the leader must have changed.
    return log.endOffset < fetchOffset ? ADVANCED : rest(ErrorCode.FENCED_LEADER_EPOCH);
  }
  const batches = answer.records;
  let bytes = 0;
  if (batches !== null && batches.length > 0) {
    const end = soundEnd(batches, partition.leaderEpoch);
    if (end === 0) return rest(ErrorCode.CORRUPT_MESSAGE);
    const errorCode = following.append(end === batches.length ? batches : batches.subarray(0, end));
    if (errorCode !== ErrorCode.NONE) return rest(errorCode);
    bytes = end;
  }
  const errorCode = following.learn(answer.highWatermark, answer.logStartOffset);
  return errorCode === ErrorCode.NONE ? { kind: "advanced", bytes } : rest(errorCode);
}

/** The log of the leader begins behind ours, as far as records go: nothing of ours is any use. */
function outOfRange(
  partition: Partition,
  { logStartOffset, errorCode }: PartitionData,
): StepOutcome {
  const { log, following } = partition;
  const isEmpty = log.endOffset === log.startOffset;
  const isBehind = log.endOffset < logStartOffset;
  if (logStartOffset < 0 || !(isBehind || isEmpty && log.endOffset !== logStartOffset)) {
    return rest(errorCode);
  }
  const failure = following.restartAt(logStartOffset);
  return failure === ErrorCode.NONE ? ADVANCED : rest(failure);
}

function rest(errorCode: number): StepOutcome {
  return { kind: "rest", errorCode };
}

/**
 * End of the batches that came through whole and were written by a leader up to `leaderEpoch`; what
 * is damaged is left, so that it is fetched again.
 */
function soundEnd(batches: Uint8Array, leaderEpoch: number): number {
  let at = 0;
  while (at < batches.length) {
    const size = batchSizeAt(batches, at, batches.length);
    if (size <= 0) break;
    if (layout.partitionLeaderEpoch(batches, at) > leaderEpoch || !verifyCrc(batches, at)) break;
    at += size;
  }
  return at;
}
