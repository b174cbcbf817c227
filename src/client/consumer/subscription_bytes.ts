/** What consumers put into the opaque fields of JoinGroup and SyncGroup: a version, a message. */
import {
  consumerProtocolAssignment,
} from "../../protocol/generated/common/consumer_protocol_assignment.ts";
import {
  consumerProtocolSubscription,
} from "../../protocol/generated/common/consumer_protocol_subscription.ts";
import { ByteReader } from "../../protocol/wire/byte_reader.ts";
import { ByteWriter } from "../../protocol/wire/byte_writer.ts";
import type { TopicPartition } from "../list_offsets.ts";

/** Version 0 has all that the range assignor needs, and everybody reads it. */
const VERSION = 0;

export function encodeSubscription(topics: readonly string[]): Uint8Array {
  const writer = new ByteWriter();
  writer.int16(VERSION);
  consumerProtocolSubscription.write(writer, { topics, ownedPartitions: [] }, VERSION);
  return writer.toBytes();
}

/** @throws {ProtocolError} when the bytes are no subscription */
export function decodeSubscription(bytes: Uint8Array): string[] {
  const reader = new ByteReader().reset(bytes);
  const version = Math.min(reader.int16(), consumerProtocolSubscription.versions.max);
  return [...consumerProtocolSubscription.read(reader, version).topics];
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Uint8Array {
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  const writer = new ByteWriter();
  writer.int16(VERSION);
  consumerProtocolAssignment.write(writer, {
    assignedPartitions: topics.map((topic) => ({
      topic,
      partitions: partitions.filter((p) => p.topic === topic).map(({ partition }) => partition),
    })),
  }, VERSION);
  return writer.toBytes();
}

/**
 * Nothing at all is an empty assignment.
 * @throws {ProtocolError} when the bytes are no assignment
 */
export function decodeAssignment(bytes: Uint8Array): TopicPartition[] {
  if (bytes.length === 0) return [];
  const reader = new ByteReader().reset(bytes);
  const version = Math.min(reader.int16(), consumerProtocolAssignment.versions.max);
  return consumerProtocolAssignment.read(reader, version).assignedPartitions.flatMap((topic) =>
    topic.partitions.map((partition) => ({ topic: topic.topic, partition }))
  );
}
