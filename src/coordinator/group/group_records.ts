/** Records of `__consumer_offsets`, in Kafka's layouts. */
import { ZERO_UUID } from "../../base/uuid.ts";
import type { MessageCodec } from "../../protocol/codec.ts";
import { groupMetadataKey } from "../../protocol/generated/group_coordinator/group_metadata_key.ts";
import {
  type GroupMetadataValue,
  groupMetadataValue,
} from "../../protocol/generated/group_coordinator/group_metadata_value.ts";
import { offsetCommitKey } from "../../protocol/generated/group_coordinator/offset_commit_key.ts";
import {
  type OffsetCommitValue,
  offsetCommitValue,
} from "../../protocol/generated/group_coordinator/offset_commit_value.ts";
import { ByteReader } from "../../protocol/wire/byte_reader.ts";
import { ByteWriter } from "../../protocol/wire/byte_writer.ts";
import type { RecordCodec } from "../coordinator.ts";

/** A committed offset; a null value removes it. */
export interface OffsetRecord {
  readonly type: "offset";
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  readonly value: OffsetCommitValue | null;
}

/** A classic group as it was when it became stable or empty; a null value removes it. */
export interface ClassicGroupRecord {
  readonly type: "classic_group";
  readonly groupId: string;
  readonly value: GroupMetadataValue | null;
}

/** A record of the internal topic. Those of newer kinds of groups have no place here yet. */
export type GroupRecord = OffsetRecord | ClassicGroupRecord;

/** Key version 0 of a committed offset is the layout of old brokers; the fields are the same. */
const LEGACY_OFFSET_KEY = 0;
const OFFSET_KEY = 1;
const CLASSIC_GROUP_KEY = 2;
/** Of values: what Kafka 4.2 writes. */
const OFFSET_WITH_EXPIRY = 1;
const OFFSET_PLAIN = 3;
const OFFSET_WITH_TOPIC_ID = 4;
const CLASSIC_GROUP_VALUE = 3;

/** Encodes and decodes {@link GroupRecord}s. */
export class GroupRecordCodec implements RecordCodec<GroupRecord> {
  readonly #reader = new ByteReader();
  readonly #writer = new ByteWriter();

  encode(record: GroupRecord): { key: Uint8Array; value: Uint8Array | null } {
    const { groupId: group } = record;
    if (record.type === "offset") {
      const { topic, partition, value } = record;
      return {
        key: this.#bytes(offsetCommitKey, { group, topic, partition }, 0, OFFSET_KEY),
        value: value === null ? null : this.#offsetValue(value),
      };
    }
    const { value } = record;
    return {
      key: this.#bytes(groupMetadataKey, { group }, 0, CLASSIC_GROUP_KEY),
      value: value === null
        ? null
        : this.#bytes(groupMetadataValue, value, CLASSIC_GROUP_VALUE, CLASSIC_GROUP_VALUE),
    };
  }

  decode(key: Uint8Array, value: Uint8Array | null): GroupRecord | undefined {
    const reader = this.#reader.reset(key);
    switch (reader.int16()) {
      case LEGACY_OFFSET_KEY:
      case OFFSET_KEY: {
        const { group: groupId, topic, partition } = offsetCommitKey.read(reader, 0);
        const decoded = value === null ? null : this.#decode(offsetCommitValue, value);
        return { type: "offset", groupId, topic, partition, value: decoded };
      }
      case CLASSIC_GROUP_KEY: {
        const { group: groupId } = groupMetadataKey.read(reader, 0);
        const decoded = value === null ? null : this.#decode(groupMetadataValue, value);
        return { type: "classic_group", groupId, value: decoded };
      }
      default:
        return undefined;
    }
  }

  #offsetValue(value: OffsetCommitValue): Uint8Array {
    const version = value.expireTimestamp >= 0
      ? OFFSET_WITH_EXPIRY
      : value.topicId === ZERO_UUID
      ? OFFSET_PLAIN
      : OFFSET_WITH_TOPIC_ID;
    return this.#bytes(offsetCommitValue, value, version, version);
  }

  /** A number of 16 bits and the message: both keys and values of the topic are framed so. */
  #bytes<Init>(
    codec: MessageCodec<unknown, Init>,
    message: Init,
    version: number,
    prefix: number,
  ): Uint8Array {
    const writer = this.#writer;
    writer.reset();
    writer.int16(prefix);
    codec.write(writer, message, version);
    return writer.toBytes();
  }

  #decode<T>(codec: MessageCodec<T, never>, bytes: Uint8Array): T {
    const reader = this.#reader.reset(bytes);
    return codec.read(reader, reader.int16());
  }
}
