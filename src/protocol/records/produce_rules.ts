import type { Codec } from "../compression/codec.ts";

/** How a topic has its batches compressed, where not as the producer does. */
export interface CompressionTarget {
  readonly codec: Codec;
  /** See `compress`. */
  readonly level?: number;
}

/** The configuration of a topic, as far as it decides what its leaders accept. */
export interface ProduceRules {
  /** `max.message.bytes`: of one batch, compressed, header included. */
  readonly maxMessageBytes: number;
  /** `segment.bytes`. */
  readonly segmentBytes: number;
  /** `message.timestamp.type`. */
  readonly timestampType: "CreateTime" | "LogAppendTime";
  /** `message.timestamp.before.max.ms`; its default, 2^63-1, is any number from 2^53-1 on. */
  readonly timestampBeforeMaxMs: number;
  /** `message.timestamp.after.max.ms`. */
  readonly timestampAfterMaxMs: number;
  /** Whether `cleanup.policy` contains "compact": then every record needs a key. */
  readonly compacted: boolean;
  /** `compression.type`. */
  readonly compressionType: "producer" | CompressionTarget;
  /** What the records of one batch may decompress to, where they have to. */
  readonly decompressedBytesMax: number;
}
