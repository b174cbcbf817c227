import type { RawRecord, RecordCodec } from "../coordinator.ts";
import { transactionLogKey } from "../../protocol/generated/transaction_coordinator/transaction_log_key.ts";
import { transactionLogValue } from "../../protocol/generated/transaction_coordinator/transaction_log_value.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { ByteReader } from "../../protocol/wire/byte_reader.ts";
import { ByteWriter } from "../../protocol/wire/byte_writer.ts";
import {
  NO_PRODUCER_EPOCH,
  STATUS_NAMES,
  type Transaction,
  TransactionStatus,
} from "./transaction.ts";

/** A record of `__transaction_state`: the whole state of one id. */
export interface TransactionRecord {
  readonly transactionalId: string;
  /** Undefined when the id is forgotten. */
  readonly transaction: Transaction | undefined;
}

const KEY_VERSION = 0;
const VALUE_VERSION_MAX = 1;

/**
 * Records of `__transaction_state` in Kafka's layout: an int16 version, then the message.
 *
 * @param valueVersion of what is written: 1 keeps what the second generation needs, 0 is all that
 *   brokers at `transaction.version` 0 can read
 */
export function transactionRecordCodec(
  valueVersion: () => number,
): RecordCodec<TransactionRecord> {
  return {
    encode(record) {
      return encode(record, Math.min(valueVersion(), VALUE_VERSION_MAX));
    },
    decode,
  };
}

function encode({ transactionalId, transaction }: TransactionRecord, version: number): RawRecord {
  const writer = new ByteWriter();
  writer.int16(KEY_VERSION);
  transactionLogKey.write(writer, { transactionalId }, KEY_VERSION);
  const key = writer.toBytes();
  if (transaction === undefined) return { key, value: null };
  const value = new ByteWriter();
  value.int16(version);
  const { producerId, producerEpoch, timeoutMs, status, partitions } = transaction;
  const ofNewerVersion = version === 0 ? {} : {
    previousProducerId: transaction.previousProducerId,
    nextProducerId: transaction.nextProducerId,
    clientTransactionVersion: transaction.clientVersion,
  };
  transactionLogValue.write(value, {
    producerId,
    producerEpoch,
    transactionTimeoutMs: timeoutMs,
    transactionStatus: status,
    transactionPartitions: status === TransactionStatus.empty
      ? null
      : [...partitions].map(([topic, partitionIds]) => ({ topic, partitionIds })),
    transactionLastUpdateTimestampMs: transaction.updateMs,
    transactionStartTimestampMs: transaction.startMs,
    ...ofNewerVersion,
  }, version);
  return { key, value: value.toBytes() };
}

function decode(key: Uint8Array, value: Uint8Array | null): TransactionRecord | undefined {
  const reader = new ByteReader(key.length).reset(key);
  if (reader.int16() !== KEY_VERSION) return undefined;
  const { transactionalId } = transactionLogKey.read(reader, KEY_VERSION);
  reader.expectEnd();
  if (value === null) return { transactionalId, transaction: undefined };
  return { transactionalId, transaction: decodeValue(transactionalId, value) };
}

function decodeValue(transactionalId: string, bytes: Uint8Array): Transaction {
  const reader = new ByteReader(bytes.length).reset(bytes);
  const version = reader.int16();
  if (version < 0 || version > VALUE_VERSION_MAX) {
    throw new ProtocolError(`unknown version ${version} of a transaction's state`);
  }
  const value = transactionLogValue.read(reader, version);
  reader.expectEnd();
  if (!isStatus(value.transactionStatus)) {
    throw new ProtocolError(`unknown transaction status ${value.transactionStatus}`);
  }
  return {
    transactionalId,
    producerId: value.producerId,
    producerEpoch: value.producerEpoch,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    timeoutMs: value.transactionTimeoutMs,
    status: value.transactionStatus,
    partitions: new Map(
      (value.transactionPartitions ?? []).map((
        { topic, partitionIds },
      ) => [topic, [...partitionIds]]),
    ),
    startMs: value.transactionStartTimestampMs,
    updateMs: value.transactionLastUpdateTimestampMs,
    clientVersion: value.clientTransactionVersion,
  };
}

function isStatus(status: number): status is TransactionStatus {
  return STATUS_NAMES[status] !== undefined;
}
