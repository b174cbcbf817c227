/**
 * The records of the metadata log: Kafka's KRaft records, framed as Kafka frames them, so that its
 * tools read our log (KIP-631, KIP-500).
 */
import type { MessageCodec } from "../protocol/codec.ts";
import { abortTransactionRecord } from "../protocol/generated/metadata/abort_transaction_record.ts";
import { accessControlEntryRecord } from "../protocol/generated/metadata/access_control_entry_record.ts";
import { beginTransactionRecord } from "../protocol/generated/metadata/begin_transaction_record.ts";
import { brokerRegistrationChangeRecord } from "../protocol/generated/metadata/broker_registration_change_record.ts";
import { clientQuotaRecord } from "../protocol/generated/metadata/client_quota_record.ts";
import { configRecord } from "../protocol/generated/metadata/config_record.ts";
import { endTransactionRecord } from "../protocol/generated/metadata/end_transaction_record.ts";
import { featureLevelRecord } from "../protocol/generated/metadata/feature_level_record.ts";
import { fenceBrokerRecord } from "../protocol/generated/metadata/fence_broker_record.ts";
import { noOpRecord } from "../protocol/generated/metadata/no_op_record.ts";
import { partitionChangeRecord } from "../protocol/generated/metadata/partition_change_record.ts";
import { partitionRecord } from "../protocol/generated/metadata/partition_record.ts";
import { producerIdsRecord } from "../protocol/generated/metadata/producer_ids_record.ts";
import { registerBrokerRecord } from "../protocol/generated/metadata/register_broker_record.ts";
import { removeAccessControlEntryRecord } from "../protocol/generated/metadata/remove_access_control_entry_record.ts";
import { removeTopicRecord } from "../protocol/generated/metadata/remove_topic_record.ts";
import { removeUserScramCredentialRecord } from "../protocol/generated/metadata/remove_user_scram_credential_record.ts";
import { topicRecord } from "../protocol/generated/metadata/topic_record.ts";
import { unfenceBrokerRecord } from "../protocol/generated/metadata/unfence_broker_record.ts";
import { unregisterBrokerRecord } from "../protocol/generated/metadata/unregister_broker_record.ts";
import { userScramCredentialRecord } from "../protocol/generated/metadata/user_scram_credential_record.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { ByteReader } from "../protocol/wire/byte_reader.ts";
import { ByteWriter } from "../protocol/wire/byte_writer.ts";

const CODECS = {
  RegisterBrokerRecord: registerBrokerRecord,
  UnregisterBrokerRecord: unregisterBrokerRecord,
  TopicRecord: topicRecord,
  PartitionRecord: partitionRecord,
  ConfigRecord: configRecord,
  PartitionChangeRecord: partitionChangeRecord,
  FenceBrokerRecord: fenceBrokerRecord,
  UnfenceBrokerRecord: unfenceBrokerRecord,
  RemoveTopicRecord: removeTopicRecord,
  UserScramCredentialRecord: userScramCredentialRecord,
  FeatureLevelRecord: featureLevelRecord,
  ClientQuotaRecord: clientQuotaRecord,
  ProducerIdsRecord: producerIdsRecord,
  BrokerRegistrationChangeRecord: brokerRegistrationChangeRecord,
  AccessControlEntryRecord: accessControlEntryRecord,
  RemoveAccessControlEntryRecord: removeAccessControlEntryRecord,
  NoOpRecord: noOpRecord,
  RemoveUserScramCredentialRecord: removeUserScramCredentialRecord,
  BeginTransactionRecord: beginTransactionRecord,
  EndTransactionRecord: endTransactionRecord,
  AbortTransactionRecord: abortTransactionRecord,
} as const;

type Codecs = typeof CODECS;

/** Kafka's name of a kind of metadata record. */
export type MetadataRecordType = keyof Codecs;

type ReadOf<C> = C extends MessageCodec<infer T, never> ? T : never;
type InitOf<C> = C extends MessageCodec<infer _T, infer Init> ? Init : never;

/** A record as it was read: every field is there. */
export type MetadataRecord = {
  [Type in MetadataRecordType]: { readonly type: Type; readonly value: ReadOf<Codecs[Type]> };
}[MetadataRecordType];

/** A record to be written: fields with a default may be left out. */
export type MetadataRecordInit = {
  [Type in MetadataRecordType]: { readonly type: Type; readonly value: InitOf<Codecs[Type]> };
}[MetadataRecordType];

const FRAME_VERSION = 1;

interface RecordKind {
  readonly type: MetadataRecordType;
  readonly apiKey: number;
  readonly codec: MessageCodec<unknown, unknown>;
}

const KINDS: readonly RecordKind[] = Object.entries(CODECS).map(([type, codec]) => ({
  type: type as MetadataRecordType,
  apiKey: codec.apiKey!,
  codec: codec as MessageCodec<unknown, unknown>,
}));
const KIND_OF_TYPE: ReadonlyMap<string, RecordKind> = new Map(
  KINDS.map((kind) => [kind.type, kind]),
);
const KIND_OF_KEY: ReadonlyMap<number, RecordKind> = new Map(
  KINDS.map((kind) => [kind.apiKey, kind]),
);

/** The bytes of `record`: frame version, api key, version (unsigned varints), then the message. */
export function encodeMetadataRecord(record: MetadataRecordInit): Uint8Array {
  const { apiKey, codec } = KIND_OF_TYPE.get(record.type)!;
  const version = codec.versions.max;
  const writer = new ByteWriter(128);
  writer.unsignedVarint(FRAME_VERSION);
  writer.unsignedVarint(apiKey);
  writer.unsignedVarint(version);
  codec.write(writer, record.value, version);
  return writer.toBytes();
}

const RECORD_READER = new ByteReader();

/**
 * The record that `bytes` hold. They may be of any version that Kafka wrote. Nothing of the record
 * is a view of them.
 * @throws {ProtocolError} when they are malformed, or of a kind that is not known here
 */
export function decodeMetadataRecord(bytes: Uint8Array): MetadataRecord {
  const reader = RECORD_READER.reset(bytes);
  const frameVersion = reader.unsignedVarint();
  if (frameVersion !== FRAME_VERSION) {
    throw new ProtocolError(`metadata record of unknown frame version ${frameVersion}`, 0);
  }
  const apiKey = reader.unsignedVarint();
  const kind = KIND_OF_KEY.get(apiKey);
  if (kind === undefined) throw new ProtocolError(`metadata record of unknown kind ${apiKey}`, 1);
  const version = reader.unsignedVarint();
  const value = kind.codec.read(reader, version);
  reader.expectEnd();
  return { type: kind.type, value } as MetadataRecord;
}
