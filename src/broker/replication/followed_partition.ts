import { ErrorCode } from "../../protocol/error_codes.ts";
import type { PartitionData } from "../../protocol/generated/fetch_response.ts";
import type { Partition } from "../partition.ts";
import { type FetchPosition, positionKey } from "./fetch_session.ts";
import { lastEpochOf, takeAnswer } from "./follower_step.ts";

const REST_MS_MIN = 10;

/** A partition that a fetcher looks after: where it goes on, and whether it rests. */
export class FollowedPartition {
  readonly key: string;
  /** Of the leader that it follows; an answer to another epoch's question is void. */
  readonly leaderEpoch: number;
  /** Monotonic; nothing is asked before. */
  restsUntilMs = -Infinity;
  /** Why it last rested; NONE once it has gone on. */
  errorCode: number = ErrorCode.NONE;
  /** How many records the leader had more, as it said last; -1 before that. */
  lag = -1;
  #restMs = REST_MS_MIN;
  /** Made anew when the log has changed: most partitions stand still most of the time. */
  #position: FetchPosition | undefined;

  constructor(readonly partition: Partition, private readonly restMsMax: number) {
    this.key = positionKey(partition.topicId, partition.index);
    this.leaderEpoch = partition.leaderEpoch;
  }

  /** Whether the partition still follows the leader that this was made for. */
  get isCurrent(): boolean {
    const { partition } = this;
    return partition.isOnline && !partition.isLeader && partition.leaderEpoch === this.leaderEpoch;
  }

  position(partitionMaxBytes: number): FetchPosition {
    const { partition } = this;
    const { log } = partition;
    const known = this.#position;
    const isCurrent = known !== undefined && known.fetchOffset === log.endOffset &&
      known.logStartOffset === log.startOffset;
    if (isCurrent) return known;
    this.#position = {
      topicId: partition.topicId,
      partition: partition.index,
      currentLeaderEpoch: this.leaderEpoch,
      fetchOffset: log.endOffset,
      lastFetchedEpoch: lastEpochOf(partition),
      logStartOffset: log.startOffset,
      partitionMaxBytes,
    };
    return this.#position;
  }

  /** Does what the leader's answer asks; returns how many bytes of records came. */
  take(answer: PartitionData, fetchOffset: number, nowMs: number): number {
    this.#position = undefined;
    const outcome = takeAnswer(this.partition, fetchOffset, answer);
    if (outcome.kind === "rest") {
      this.errorCode = outcome.errorCode;
      this.restsUntilMs = nowMs + this.#restMs;
      this.#restMs = Math.min(2 * this.#restMs, this.restMsMax);
      return 0;
    }
    if (answer.errorCode === ErrorCode.NONE) {
      this.lag = Math.max(0, answer.highWatermark - this.partition.log.endOffset);
    }
    this.errorCode = ErrorCode.NONE;
    this.#restMs = REST_MS_MIN;
    return outcome.bytes;
  }
}
