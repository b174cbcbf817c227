/** Requests as tests write them, and answers as tests read them. */
import { type Uuid, ZERO_UUID } from "../../../src/base/uuid.ts";
import { fetchApi } from "../../../src/protocol/generated/apis/fetch.ts";
import { listOffsetsApi } from "../../../src/protocol/generated/apis/list_offsets.ts";
import { produceApi } from "../../../src/protocol/generated/apis/produce.ts";
import type { FetchRequestInit } from "../../../src/protocol/generated/fetch_request.ts";
import type { FetchResponse } from "../../../src/protocol/generated/fetch_response.ts";
import {
  type BatchInit,
  buildBatch,
  type RecordInit,
} from "../../../src/protocol/records/batch_builder.ts";
import * as layout from "../../../src/protocol/records/batch_layout.ts";
import { splitBatches } from "../log/log_harness.ts";
import type { BrokerFixture } from "./broker_fixture.ts";

/** The newest versions that name topics, and not their ids. */
export const FETCH_BY_NAME = 12;
export const PRODUCE_BY_NAME = 12;

/** A batch of records with these values. */
export function batch(values: readonly string[], init: BatchInit = {}, record: RecordInit = {}) {
  const encoder = new TextEncoder();
  return buildBatch(
    values.map((value) => ({ timestamp: 1000, ...record, value: encoder.encode(value) })),
    init,
  );
}

/** How {@link produce} sends. */
export interface ProduceWish {
  readonly version?: number;
  readonly acks?: number;
  readonly partition?: number;
  readonly topicId?: Uuid;
  readonly clientId?: string;
}

/** Produces one batch; the answer of its partition, or what became of the request. */
export async function produce(
  fixture: BrokerFixture,
  topic: string,
  records: Uint8Array | null,
  wish: ProduceWish = {},
) {
  const { version = PRODUCE_BY_NAME, acks = -1, partition = 0, topicId = ZERO_UUID } = wish;
  const partitionData = [{ index: partition, records }];
  const response = await fixture.send(produceApi, version, {
    transactionalId: null,
    acks,
    timeoutMs: 1000,
    topicData: [{ name: topic, topicId, partitionData }],
  }, wish.clientId);
  return typeof response === "string" ? response : response.responses[0]!.partitionResponses[0]!;
}

/** As {@link produce}, "12" for offset 12 or "[87] why". */
export async function produced(
  fixture: BrokerFixture,
  topic: string,
  records: Uint8Array | null,
  wish: ProduceWish = {},
): Promise<string> {
  const answer = await produce(fixture, topic, records, wish);
  if (typeof answer === "string") return answer;
  const { errorCode, errorMessage, baseOffset } = answer;
  return errorCode === 0 ? String(baseOffset) : `[${errorCode}] ${errorMessage}`;
}

/** One partition of a {@link fetchRequest}. */
export interface Wanted {
  readonly topic?: string;
  readonly topicId?: Uuid;
  readonly partition?: number;
  readonly fetchOffset?: number;
  readonly currentLeaderEpoch?: number;
  readonly lastFetchedEpoch?: number;
  readonly partitionMaxBytes?: number;
}

/** A fetch that waits for nothing unless it is told to. */
export function fetchRequest(
  wanted: readonly Wanted[],
  rest: Partial<FetchRequestInit> = {},
): FetchRequestInit {
  return {
    maxWaitMs: 0,
    minBytes: 1,
    forgottenTopicsData: [],
    sessionEpoch: -1,
    ...rest,
    topics: wanted.map(({ topic = "t", topicId = ZERO_UUID, ...partition }) => ({
      topic,
      topicId,
      partitions: [{
        partition: 0,
        fetchOffset: 0,
        partitionMaxBytes: 1 << 20,
        ...partition,
      }],
    })),
  };
}

/** Fetches, by name, and tells the answer as {@link fetched} does. */
export async function fetch(
  fixture: BrokerFixture,
  wanted: readonly Wanted[],
  rest: Partial<FetchRequestInit> = {},
  version = FETCH_BY_NAME,
): Promise<string> {
  return fetched(await fixture.call(fetchApi, version, fetchRequest(wanted, rest)));
}

/**
 * The response as text, a line per partition: `t-0 hw=3 0..1 2..2` with the offsets of its batches,
 * or its error.
 */
export function fetched(response: FetchResponse): string {
  if (response.errorCode !== 0) return `[${response.errorCode}] session=${response.sessionId}`;
  const lines: string[] = [];
  for (const { topic, partitions } of response.responses) {
    for (const partition of partitions) {
      const { partitionIndex, errorCode, highWatermark, divergingEpoch, records } = partition;
      const parts = [`${topic}-${partitionIndex}`];
      parts.push(errorCode === 0 ? `hw=${highWatermark}` : `[${errorCode}]`);
      if (divergingEpoch.epoch >= 0 || divergingEpoch.endOffset >= 0) {
        parts.push(`diverges epoch=${divergingEpoch.epoch} end=${divergingEpoch.endOffset}`);
      }
      for (const each of splitBatches(records ?? new Uint8Array(0))) {
        parts.push(`${layout.baseOffset(each, 0)}..${layout.lastOffset(each, 0)}`);
      }
      lines.push(parts.join(" "));
    }
  }
  return lines.join("\n");
}

/** ListOffsets of one partition: "3@1000 epoch 0", "none" or "[3]". */
export async function listed(
  fixture: BrokerFixture,
  timestamp: number,
  wish: { topic?: string; version?: number; currentLeaderEpoch?: number; partition?: number } = {},
): Promise<string> {
  const { topic = "t", version = 10, partition = 0, currentLeaderEpoch = -1 } = wish;
  const { topics } = await fixture.call(listOffsetsApi, version, {
    replicaId: -1,
    isolationLevel: 0,
    timeoutMs: 0,
    topics: [{
      name: topic,
      partitions: [{ partitionIndex: partition, currentLeaderEpoch, timestamp }],
    }],
  });
  const found = topics[0]!.partitions[0]!;
  if (found.errorCode !== 0) return `[${found.errorCode}]`;
  if (found.offset < 0) return "none";
  return `${found.offset}@${found.timestamp} epoch ${found.leaderEpoch}`;
}
