/**
 * TxnOffsetCommit (key 28), versions 0 to 5.
 *
 * Commits offsets of a group in a transaction: they count once the transaction is committed. Up to
 * version 4 the partition of the group must have been added to the transaction (AddOffsetsToTxn);
 * from version 5 on it is added here (KIP-890 part 2). Version 3 brought the checks of the member.
 */
import { ZERO_UUID } from "../base/uuid.ts";
import type { Broker } from "../broker/broker.ts";
import type { GroupShard } from "../broker/coordination/groups.ts";
import type { OffsetToCommit } from "../coordinator/group/group_events.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { txnOffsetCommitApi } from "../protocol/generated/apis/txn_offset_commit.ts";
import type { TxnOffsetCommitRequest } from "../protocol/generated/txn_offset_commit_request.ts";
import type { TxnOffsetCommitResponseInit } from "../protocol/generated/txn_offset_commit_response.ts";
import { CommitPlan } from "./offset_commit.ts";
import { type Route, route } from "./route.ts";

/** From this version on the partition of the group is added to the transaction. */
const IMPLICIT_ADD_FROM = 5;
/** From this version on clients know TRANSACTION_ABORTABLE. */
const ABORTABLE_FROM = 4;
/** From this version on clients know that a coordinator may be loading. */
const LOADING_FROM = 2;

export function txnOffsetCommitRoute(broker: Broker): Route {
  return route(
    txnOffsetCommitApi,
    ({ apiVersion }, request) => txnOffsetCommit(broker, request, apiVersion),
  );
}

async function txnOffsetCommit(
  broker: Broker,
  request: TxnOffsetCommitRequest,
  apiVersion: number,
): Promise<TxnOffsetCommitResponseInit> {
  const plan = new CommitPlan(broker);
  const planned = request.topics.map(({ name, partitions }) =>
    plan.add({ name, topicId: ZERO_UUID, partitions }, false)
  );
  const failure = await commit(broker, request, apiVersion, plan.offsets);
  const errorCode = codeFor(failure, apiVersion);
  return {
    throttleTimeMs: 0,
    topics: request.topics.map(({ name }, index) => ({
      name,
      partitions: planned[index]!.map(({ partitionIndex, refusal, isFinal }) => ({
        partitionIndex,
        errorCode: isFinal || errorCode === ErrorCode.NONE ? refusal : errorCode,
      })),
    })),
  };
}

async function commit(
  broker: Broker,
  request: TxnOffsetCommitRequest,
  apiVersion: number,
  offsets: readonly OffsetToCommit[],
): Promise<number> {
  const { transactionalId, groupId, producerId, producerEpoch } = request;
  if (transactionalId === "") return ErrorCode.INVALID_REQUEST;
  if (groupId === "") return ErrorCode.INVALID_GROUP_ID;
  const shard = broker.groups.find(groupId);
  if (typeof shard === "number") return shard;
  const { partition } = shard;
  const refusals = await broker.admission.admit({
    transactionalId,
    addsPartitions: apiVersion >= IMPLICIT_ADD_FROM,
    batches: [{ partition, producerId, producerEpoch }],
  });
  const refusal = refusals.get(partition);
  if (refusal !== undefined) return refusal;
  // It may have gone while the coordinator of the transaction was asked.
  const unavailable = shard.availability();
  if (unavailable !== ErrorCode.NONE) return unavailable;
  return await submit(shard, request, offsets);
}

function submit(
  shard: GroupShard,
  request: TxnOffsetCommitRequest,
  offsets: readonly OffsetToCommit[],
): Promise<number> {
  const { groupId, memberId, groupInstanceId, generationId, producerId, producerEpoch } = request;
  return shard.ask<number>((token) => ({
    type: "commit",
    token,
    groupId,
    memberId,
    groupInstanceId,
    generationId,
    retentionMs: -1,
    producer: { producerId, producerEpoch },
    unknownGroupError: ErrorCode.ILLEGAL_GENERATION,
    offsets,
  }));
}

function codeFor(errorCode: number, apiVersion: number): number {
  switch (errorCode) {
    case ErrorCode.PRODUCER_FENCED:
      return ErrorCode.INVALID_PRODUCER_EPOCH;
    case ErrorCode.TRANSACTION_ABORTABLE:
      return apiVersion >= ABORTABLE_FROM ? errorCode : ErrorCode.INVALID_TXN_STATE;
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
      return apiVersion >= LOADING_FROM ? errorCode : ErrorCode.COORDINATOR_NOT_AVAILABLE;
    default:
      return errorCode;
  }
}
