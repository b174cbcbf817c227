import { ErrorCode } from "../error_codes.ts";

/** A batch that may be appended. */
export class ValidBatch {
  readonly kind = "valid";
  constructor(
    /** The whole batch and nothing else: a view of what the producer sent, or new bytes. */
    readonly bytes: Uint8Array,
    /** True when `bytes` are new: the batch was stamped or compressed anew. */
    readonly rewritten: boolean,
    readonly recordCount: number,
    /** Milliseconds since the epoch: the broker's time when the topic has LogAppendTime. */
    readonly maxTimestamp: number,
  ) {}
}

/** What is wrong with one record, as Produce v8 and later tell it. */
export interface RecordError {
  /** Position of the record in its batch, from 0. */
  readonly batchIndex: number;
  readonly message: string;
}

const NO_RECORD_ERRORS: readonly RecordError[] = [];

/** A batch of which nothing may be appended. */
export class InvalidBatch {
  readonly kind = "invalid";
  constructor(
    readonly errorCode: number,
    readonly errorMessage: string,
    readonly recordErrors: readonly RecordError[] = NO_RECORD_ERRORS,
  ) {}
}

export type BatchVerdict = ValidBatch | InvalidBatch;

export function invalidRecord(message: string): InvalidBatch {
  return new InvalidBatch(ErrorCode.INVALID_RECORD, message);
}

export function corruptMessage(message: string): InvalidBatch {
  return new InvalidBatch(ErrorCode.CORRUPT_MESSAGE, message);
}

export function messageTooLarge(message: string): InvalidBatch {
  return new InvalidBatch(ErrorCode.MESSAGE_TOO_LARGE, message);
}
