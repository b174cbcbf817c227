import { ZERO_UUID } from "../../../src/base/uuid.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { produceApi } from "../../../src/protocol/generated/apis/produce.ts";
import { buildBatch } from "../../../src/protocol/records/batch_builder.ts";
import type { ClusterClient } from "../client/cluster_client.ts";

const PRODUCE_VERSION = 12;
const PRODUCE_TIMEOUT_MS = 3000;
const encoder = new TextEncoder();

/** Who produces, where idempotence or transactions ask for it. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly transactionalId?: string;
}

/** What a {@link produceOnce} sends. */
export interface ProduceWish {
  readonly topic: string;
  readonly partition: number;
  readonly values: readonly string[];
  readonly acks: -1 | 1;
  readonly timestampMs: number;
  readonly identity?: ProducerIdentity;
}

/** What the answer to a produce says of the records. */
export type ProduceVerdict =
  | { readonly kind: "acknowledged"; readonly baseOffset: number }
  /** They are not in the log, and a later attempt may succeed. */
  | { readonly kind: "refused"; readonly errorCode: number }
  /** Nobody can tell whether they are. */
  | { readonly kind: "unknown" };

/** Answers after which the records may be in the log all the same. */
const MAYBE_APPENDED: ReadonlySet<number> = new Set([
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  // Leadership was lost while the answer waited for replicas.
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.UNKNOWN_SERVER_ERROR,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
]);

/** Sends one batch once. */
export async function produceOnce(
  client: ClusterClient,
  { topic, partition, values, acks, timestampMs, identity }: ProduceWish,
): Promise<ProduceVerdict> {
  const records = buildBatch(
    values.map((value) => ({ value: encoder.encode(value), timestamp: timestampMs })),
    identity === undefined ? {} : {
      producerId: identity.producerId,
      producerEpoch: identity.producerEpoch,
      baseSequence: identity.baseSequence,
      isTransactional: identity.transactionalId !== undefined,
    },
  );
  const result = await client.toLeader(topic, partition, produceApi, PRODUCE_VERSION, {
    transactionalId: identity?.transactionalId ?? null,
    acks,
    timeoutMs: PRODUCE_TIMEOUT_MS,
    topicData: [{
      name: topic,
      topicId: ZERO_UUID,
      partitionData: [{ index: partition, records }],
    }],
  });
  if (result.kind === "unknown") return { kind: "unknown" };
  if (result.kind === "notSent") {
    return { kind: "refused", errorCode: ErrorCode.NETWORK_EXCEPTION };
  }
  const answer = result.response.responses[0]!.partitionResponses[0]!;
  const { errorCode, baseOffset } = answer;
  if (errorCode === ErrorCode.NONE) return { kind: "acknowledged", baseOffset };
  client.forgetLeader(topic, partition);
  return MAYBE_APPENDED.has(errorCode) ? { kind: "unknown" } : { kind: "refused", errorCode };
}
