/** The quorum's own records in the metadata log: who leads, and who votes (KIP-595, KIP-853). */
import { type Uuid, ZERO_UUID } from "../../base/uuid.ts";
import type { SocketAddress } from "../../io/network.ts";
import { kraftVersionRecord } from "../../protocol/generated/common/kraft_version_record.ts";
import { leaderChangeMessage } from "../../protocol/generated/common/leader_change_message.ts";
import { votersRecord } from "../../protocol/generated/common/voters_record.ts";
import { isControl } from "../../protocol/records/batch_layout.ts";
import { ControlType, readControlRecord } from "../../protocol/records/control_record.ts";
import { CorruptBatchError } from "../../protocol/records/corrupt_batch_error.ts";
import { openBatch } from "../../protocol/records/record_reader.ts";
import { decodeMessage } from "../../protocol/wire/message_bytes.ts";
import type { QuorumPeer } from "../metadata_quorum.ts";
import { type BatchStamp, buildControlBatch } from "./metadata_batch.ts";

/** The level of `kraft.version` at which voters have directory ids and can change. */
export const DYNAMIC_VOTERS_VERSION = 1;
/** Name of the endpoint in a Voters record. */
const VOTER_LISTENER = "CLUSTER";

/** Opens a leader's epoch. Directory ids came with dynamic voters. */
export function leaderChangeBatch(
  leaderId: number,
  voters: readonly QuorumPeer[],
  granting: readonly QuorumPeer[],
  { isDynamic, ...stamp }: BatchStamp & { readonly isDynamic: boolean },
): Uint8Array {
  const version = isDynamic ? 1 : 0;
  const listed = (peers: readonly QuorumPeer[]) =>
    peers.map(({ id, directoryId }) => {
      return { voterId: id, voterDirectoryId: isDynamic ? directoryId : ZERO_UUID };
    });
  const fields = { leaderId, voters: listed(voters), grantingVoters: listed(granting) };
  return buildControlBatch(
    ControlType.leaderChange,
    leaderChangeMessage,
    { version, ...fields },
    stamp,
    version,
  );
}

/** Tells that voters can change from here on. */
export function kraftVersionBatch(stamp: BatchStamp): Uint8Array {
  const record = { version: 0, kRaftVersion: DYNAMIC_VOTERS_VERSION };
  return buildControlBatch(ControlType.kraftVersion, kraftVersionRecord, record, stamp);
}

/** Sets the voters. Their addresses are for Kafka's tools; brokers find each other by gossip. */
export function votersBatch(
  voters: readonly QuorumPeer[],
  addressOf: (brokerId: number) => SocketAddress | undefined,
  stamp: BatchStamp,
): Uint8Array {
  const listed = voters.map(({ id, directoryId }) => {
    const address = addressOf(id);
    return {
      voterId: id,
      voterDirectoryId: directoryId,
      endpoints: address === undefined ? [] : [{ name: VOTER_LISTENER, ...address }],
      kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: DYNAMIC_VOTERS_VERSION },
    };
  });
  const record = { version: 0, voters: listed };
  return buildControlBatch(ControlType.kraftVoters, votersRecord, record, stamp);
}

/**
 * The voters that the batch at `position` sets; undefined when it sets none.
 * @throws {CorruptBatchError | ProtocolError}
 */
export function votersOf(bytes: Uint8Array, position: number): QuorumPeer[] | undefined {
  if (!isControl(bytes, position)) return undefined;
  if (readControlRecord(bytes, position)?.type !== ControlType.kraftVoters) return undefined;
  const cursor = openBatch(bytes, position);
  if (!cursor.next() || cursor.value === null) {
    throw new CorruptBatchError("a Voters record without a value");
  }
  const { voters } = decodeMessage(votersRecord, cursor.value, 0);
  return voters.map(({ voterId, voterDirectoryId }) => {
    return { id: voterId, directoryId: voterDirectoryId as Uuid };
  });
}
