/**
 * What a leader checks, and changes, before it appends what a producer sent for one partition.
 *
 * Checks, in this order: one whole v2 batch with a known codec; base offset; size; CRC; counts,
 * control bit, sequence; then the records. Compressed records are looked at only when something in
 * them must be known: null keys, a limited past, or another codec to write them with.
 */
import { invariant } from "../../base/invariant.ts";
import { Codec, CompressionError, isCodec } from "../compression/codec.ts";
import { compress, decompress } from "../compression/compression.ts";
import { ErrorCode } from "../error_codes.ts";
import {
  attributes,
  baseOffset,
  baseSequence,
  baseTimestamp,
  BATCH_LENGTH_MIN,
  batchLength,
  CODEC_MASK,
  codecOf,
  HEADER_BYTES,
  isControl,
  isLogAppendTime,
  lastOffsetDelta,
  LOG_APPEND_TIME_BIT,
  magic,
  MAGIC_AT,
  MAGIC_V2,
  maxTimestamp,
  producerId,
  recordCount,
  setAttributes,
  setMaxTimestamp,
  sizeInBytes,
} from "./batch_layout.ts";
import { withRecords } from "./batch_builder.ts";
import { BATCH_CUT_OFF, batchSizeAt, restoreCrc, verifyCrc } from "./batch_scan.ts";
import type { CompressionTarget, ProduceRules } from "./produce_rules.ts";
import {
  type BatchVerdict,
  corruptMessage,
  InvalidBatch,
  invalidRecord,
  messageTooLarge,
  ValidBatch,
} from "./produce_verdict.ts";
import { RecordWalk } from "./record_walk.ts";
import { refusedRecords } from "./refused_records.ts";

const ZSTD_SINCE_PRODUCE_VERSION = 7;
/** Shared by all calls: a walk is used up before the next begins, as nothing here awaits. */
const walk = new RecordWalk();

/**
 * Judges the `records` field of one partition of a Produce request.
 *
 * @param records is not changed; the verdict may hold a view of it
 * @param apiVersion of the Produce request
 * @param nowMs the broker's time, in milliseconds since the epoch
 */
export function validateProduced(
  records: Uint8Array,
  rules: ProduceRules,
  apiVersion: number,
  nowMs: number,
): BatchVerdict {
  const notSingle = checkSingleBatch(records, apiVersion);
  if (notSingle !== undefined) return notSingle;
  const size = sizeInBytes(records, 0);
  const batch = size === records.length ? records : records.subarray(0, size);
  if (baseOffset(batch, 0) !== 0) return invalidRecord("the base offset of a batch must be 0");
  if (size > rules.maxMessageBytes) return tooLarge(size, rules);
  const plain = codecOf(batch, 0) === Codec.none;
  const crcMatches = plain && recordCount(batch, 0) > 0
    ? walk.checkBatch(batch, 0, size)
    : verifyCrc(batch, 0);
  if (!crcMatches) return corruptMessage("the CRC of the batch is wrong");
  const wrongHeader = checkHeader(batch);
  if (wrongHeader !== undefined) return wrongHeader;
  if (plain) return judgeWalked(batch, undefined, rules, nowMs);
  if (mustSeeRecords(batch, rules, nowMs)) return judgeCompressed(batch, rules, nowMs);
  return accept(batch, undefined, maxTimestamp(batch, 0), rules, nowMs);
}

/** What is wrong when `records` isn't one whole v2 batch. A cut-off second batch is let pass. */
function checkSingleBatch(records: Uint8Array, apiVersion: number): InvalidBatch | undefined {
  if (records.length <= MAGIC_AT) return invalidRecord("there is no record batch");
  if (magic(records, 0) !== MAGIC_V2) return invalidRecord("the magic of a batch must be 2");
  if (batchLength(records, 0) < BATCH_LENGTH_MIN) {
    return corruptMessage("the batch length is too small");
  }
  const size = batchSizeAt(records, 0, records.length);
  if (size === BATCH_CUT_OFF) return invalidRecord("there is no whole record batch");
  if (size < records.length && batchSizeAt(records, size, records.length) !== BATCH_CUT_OFF) {
    return invalidRecord("there must be exactly one record batch");
  }
  const codec = codecOf(records, 0);
  if (isCodec(codec) && (codec !== Codec.zstd || apiVersion >= ZSTD_SINCE_PRODUCE_VERSION)) {
    return undefined;
  }
  return new InvalidBatch(
    ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
    `compression codec ${codec} can't be used in Produce version ${apiVersion}`,
  );
}

function checkHeader(batch: Uint8Array): InvalidBatch | undefined {
  const count = recordCount(batch, 0);
  if (count <= 0) return invalidRecord("the batch has no records");
  if (lastOffsetDelta(batch, 0) !== count - 1) {
    return invalidRecord("the last offset delta does not fit the record count");
  }
  if (isControl(batch, 0)) return invalidRecord("clients may not write control batches");
  if (producerId(batch, 0) >= 0 && baseSequence(batch, 0) < 0) {
    return invalidRecord("a batch with a producer id must have a sequence");
  }
  return undefined;
}

function mustSeeRecords(batch: Uint8Array, rules: ProduceRules, nowMs: number): boolean {
  if (rules.compacted || isLogAppendTime(batch, 0)) return true;
  if (recompressionTarget(batch, rules) !== undefined) return true;
  if (rules.timestampType !== "CreateTime") return false;
  return rules.timestampBeforeMaxMs < Number.MAX_SAFE_INTEGER ||
    maxTimestamp(batch, 0) > nowMs + rules.timestampAfterMaxMs;
}

function judgeCompressed(batch: Uint8Array, rules: ProduceRules, nowMs: number): BatchVerdict {
  const codec = codecOf(batch, 0);
  invariant(isCodec(codec), "the codec was checked before");
  let plain: Uint8Array;
  try {
    plain = decompress(codec, batch.subarray(HEADER_BYTES), rules.decompressedBytesMax);
  } catch (error) {
    if (!(error instanceof CompressionError)) throw error;
    if (error.kind === "tooLarge") return messageTooLarge(error.message);
    return invalidRecord(`the records can't be decompressed: ${error.message}`);
  }
  walk.walk(plain, recordCount(batch, 0));
  return judgeWalked(batch, plain, rules, nowMs);
}

/** @param decompressed the records of a compressed batch */
function judgeWalked(
  batch: Uint8Array,
  decompressed: Uint8Array | undefined,
  rules: ProduceRules,
  nowMs: number,
): BatchVerdict {
  const base = baseTimestamp(batch, 0);
  const highest = base + walk.timestampDeltaMax;
  const suspect = !walk.wellFormed || isLogAppendTime(batch, 0) ||
    (rules.compacted && walk.hasNullKey) ||
    (rules.timestampType === "CreateTime" &&
      (highest > nowMs + rules.timestampAfterMaxMs ||
        base + walk.timestampDeltaMin < nowMs - rules.timestampBeforeMaxMs));
  if (suspect) {
    const plain = decompressed ?? batch.subarray(HEADER_BYTES);
    const refused = refusedRecords(batch, plain, rules, nowMs);
    if (refused !== undefined) return refused;
    invariant(walk.wellFormed, "both walks agree on what is malformed");
  }
  return accept(batch, decompressed, highest, rules, nowMs);
}

/**
 * The batch as it is to be appended: stamped and compressed as the topic wants it.
 *
 * @param decompressed the records, where the batch is compressed and was looked into
 * @param highestTimestamp of the records
 */
function accept(
  batch: Uint8Array,
  decompressed: Uint8Array | undefined,
  highestTimestamp: number,
  rules: ProduceRules,
  nowMs: number,
): BatchVerdict {
  const stamped = rules.timestampType === "LogAppendTime";
  const timestamp = stamped ? nowMs : highestTimestamp;
  const target = recompressionTarget(batch, rules);
  let bytes = batch;
  if (stamped || target !== undefined || timestamp !== maxTimestamp(batch, 0)) {
    bytes = target === undefined
      ? new Uint8Array(batch)
      : recompressed(batch, decompressed ?? batch.subarray(HEADER_BYTES), target);
    const bits = attributes(bytes, 0);
    setAttributes(bytes, 0, stamped ? bits | LOG_APPEND_TIME_BIT : bits);
    setMaxTimestamp(bytes, 0, timestamp);
    restoreCrc(bytes, 0);
    if (bytes.length > rules.maxMessageBytes) return tooLarge(bytes.length, rules);
  }
  if (bytes.length > rules.segmentBytes) {
    return new InvalidBatch(
      ErrorCode.RECORD_LIST_TOO_LARGE,
      `a batch of ${bytes.length} bytes does not fit into a segment of ${rules.segmentBytes}`,
    );
  }
  return new ValidBatch(bytes, bytes !== batch, recordCount(bytes, 0), timestamp);
}

/** How the topic wants the batch compressed; undefined when it is so already. */
function recompressionTarget(
  batch: Uint8Array,
  rules: ProduceRules,
): CompressionTarget | undefined {
  const target = rules.compressionType;
  return target === "producer" || target.codec === codecOf(batch, 0) ? undefined : target;
}

function recompressed(
  batch: Uint8Array,
  plain: Uint8Array,
  target: CompressionTarget,
): Uint8Array {
  const made = withRecords(batch, compress(target.codec, plain, target.level));
  setAttributes(made, 0, attributes(batch, 0) & ~CODEC_MASK | target.codec);
  return made;
}

function tooLarge(size: number, rules: ProduceRules): InvalidBatch {
  return messageTooLarge(
    `a batch of ${size} bytes is larger than the allowed ${rules.maxMessageBytes}`,
  );
}
