/**
 * Produce (key 0), versions 3 to 13; ApiVersions tells 0 to 13 (KAFKA-18659).
 *
 * One record batch per partition is checked, given its offsets and written. Partitions succeed and
 * fail each for itself. acks=0 is never answered, and closes the connection on an error, which is
 * all that such a client can notice. acks=1 is answered when the flush policy of every topic in the
 * request is met, acks=all when all in-sync replicas have the records as well, or the time that the
 * client gives is over; until then the next request of the connection may start. Whoever asked the
 * wrong broker is told the right one (KIP-951).
 *
 * A transaction's first batch in a partition is made known to the transaction coordinator before it
 * is written (KIP-890): versions up to 11 must have added the partition, from 12 on it is added.
 */
import type { Uuid } from "../base/uuid.ts";
import type { Broker } from "../broker/broker.ts";
import type { Partition } from "../broker/partition.ts";
import {
  codeForProduce,
  IMPLICIT_ADD_FROM,
  NO_REFUSALS,
  type Refusals,
  type TransactionalBatch,
  transactionalBatch,
} from "../broker/transactions/write_admission.ts";
import { isInternalTopic } from "../metadata/topic_names.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { produceApi } from "../protocol/generated/apis/produce.ts";
import type {
  PartitionProduceData,
  ProduceRequest,
} from "../protocol/generated/produce_request.ts";
import type {
  PartitionProduceResponseInit,
  ProduceResponseInit,
  TopicProduceResponseInit,
} from "../protocol/generated/produce_response.ts";
import { isTransactional } from "../protocol/records/batch_layout.ts";
import { validateProduced } from "../protocol/records/batch_validation.ts";
import { LeaderHints } from "./leader_hints.ts";
import { messageFor, ProduceWaits } from "./produce_waits.ts";
import {
  Accepted,
  type Answer,
  CLOSE_CONNECTION,
  NO_REPLY,
  type Reply,
  type RequestContext,
  type Route,
  route,
} from "./route.ts";

/** From this version on topics are named by id. */
const TOPIC_IDS_FROM = 13;
/** From this version on a client that asked the wrong broker is told the right one (KIP-951). */
const CURRENT_LEADER_FROM = 10;
/** The only client that may write the topics that the broker itself keeps. */
const ADMIN_CLIENT_ID = "__admin_client";

const NO_RECORD_ERRORS: [] = [];

export function produceRoute(broker: Broker): Route {
  return route(produceApi, (context, request) => produce(broker, context, request), {
    advertised: { min: 0, max: produceApi.request.versions.max },
  });
}

function produce(
  broker: Broker,
  context: RequestContext,
  request: ProduceRequest,
): Reply<ProduceResponseInit> {
  const refusals = admitTransaction(broker, context, request);
  if (!(refusals instanceof Promise)) return append(broker, context, request, refusals);
  return refusals.then(
    (known): Answer<ProduceResponseInit> | Promise<Answer<ProduceResponseInit>> => {
      const reply = append(broker, context, request, known);
      return reply instanceof Accepted ? reply.answer : reply;
    },
  );
}

/** Makes the partitions of a transactional request known to the coordinator. */
function admitTransaction(
  broker: Broker,
  context: RequestContext,
  { transactionalId, topicData }: ProduceRequest,
): Refusals | Promise<Refusals> {
  if (transactionalId === null) return NO_REFUSALS;
  const { apiVersion } = context;
  const batches: TransactionalBatch[] = [];
  for (const { name, topicId, partitionData } of topicData) {
    const topic = apiVersion >= TOPIC_IDS_FROM ? broker.partitions.nameOf(topicId) : name;
    for (const { index, records } of partitionData) {
      const partition = topic === undefined ? undefined : broker.partitions.find(topic, index);
      const batch = partition === undefined ? undefined : transactionalBatch(partition, records);
      if (batch !== undefined) batches.push(batch);
    }
  }
  const addsPartitions = apiVersion >= IMPLICIT_ADD_FROM;
  return broker.admission.admit({ transactionalId, addsPartitions, batches });
}

function append(
  broker: Broker,
  context: RequestContext,
  request: ProduceRequest,
  refusals: Refusals,
): Accepted<ProduceResponseInit> | Answer<ProduceResponseInit> {
  const appends = new Appends(broker, context, request, refusals);
  const responses: TopicProduceResponseInit[] = [];
  for (const { name, topicId, partitionData } of request.topicData) {
    const byId = context.apiVersion >= TOPIC_IDS_FROM;
    const topic = byId ? broker.partitions.nameOf(topicId) : name;
    const partitionResponses: PartitionProduceResponseInit[] = [];
    for (const sent of partitionData) {
      partitionResponses.push(
        topic === undefined
          ? failed(sent.index, ErrorCode.UNKNOWN_TOPIC_ID, "The topic id is not known here.")
          : appends.append(topic, sent),
      );
    }
    responses.push({ name, topicId, partitionResponses });
  }
  if (request.acks === 0) return appends.anyFailed ? CLOSE_CONNECTION : NO_REPLY;
  if (appends.waits === undefined || appends.waits.isEmpty) {
    return appends.withEndpoints(responses);
  }
  const { waits } = appends;
  return new Accepted(appends.settled(responses, waits, broker.clock, request.timeoutMs));
}

/** The appends of one request, and what is still under way for them. */
class Appends {
  anyFailed = false;
  /** Made when something is to be waited for. */
  waits: ProduceWaits<PartitionProduceResponseInit> | undefined;
  /** Made when somebody asked the wrong broker. */
  #hints: LeaderHints | undefined;
  private readonly acks: number;

  constructor(
    private readonly broker: Broker,
    private readonly context: RequestContext,
    private readonly request: ProduceRequest,
    /** Partitions that a transaction must not write. */
    private readonly refusals: Refusals,
  ) {
    this.acks = request.acks;
  }

  /** The response, once everything has come to its end. */
  async settled(
    responses: readonly TopicProduceResponseInit[],
    waits: ProduceWaits<PartitionProduceResponseInit>,
    clock: Broker["clock"],
    timeoutMs: number,
  ): Promise<ProduceResponseInit> {
    const failures = await waits.failures(clock, timeoutMs);
    if (failures.size === 0) return this.withEndpoints(responses);
    return this.withEndpoints(responses.map((topic) => ({
      ...topic,
      partitionResponses: topic.partitionResponses.map((response) => {
        const errorCode = failures.get(response);
        if (errorCode === undefined) return response;
        const name = this.#topicName(topic.name, topic.topicId);
        return this.#failed(name, response.index, errorCode, messageFor(errorCode));
      }),
    })));
  }

  withEndpoints(responses: readonly TopicProduceResponseInit[]): ProduceResponseInit {
    return this.#hints === undefined
      ? { responses }
      : { responses, nodeEndpoints: this.#hints.endpoints() };
  }

  #topicName(name: string, topicId: Uuid): string | undefined {
    return this.context.apiVersion >= TOPIC_IDS_FROM
      ? this.broker.partitions.nameOf(topicId)
      : name;
  }

  /** A refusal that tells who leads instead, where that is the reason. */
  #failed(
    topic: string | undefined,
    index: number,
    errorCode: number,
    message: string,
  ): PartitionProduceResponseInit {
    const response = failed(index, errorCode, message);
    if (topic === undefined || this.context.apiVersion < CURRENT_LEADER_FROM) return response;
    this.#hints ??= new LeaderHints(this.broker, this.context.connection);
    const currentLeader = this.#hints.for(errorCode, topic, index);
    return currentLeader === undefined ? response : { ...response, currentLeader };
  }

  append(topic: string, sent: PartitionProduceData): PartitionProduceResponseInit {
    const response = this.#append(topic, sent);
    if (response.errorCode !== ErrorCode.NONE) this.anyFailed = true;
    return response;
  }

  #append(topic: string, { index, records }: PartitionProduceData): PartitionProduceResponseInit {
    if (this.acks !== 1 && this.acks !== -1 && this.acks !== 0) {
      return failed(index, ErrorCode.INVALID_REQUIRED_ACKS, "acks must be 0, 1 or -1.");
    }
    const partition = this.broker.partitions.find(topic, index);
    if (partition === undefined) {
      const errorCode = this.broker.partitions.whyMissing(topic, index);
      return this.#failed(topic, index, errorCode, "There is no such partition here.");
    }
    const { counters } = partition.topic;
    counters.produceRequests++;
    const response = this.#appendTo(partition, index, records);
    if (response.errorCode !== ErrorCode.NONE) counters.failedProduceRequests++;
    return response;
  }

  #appendTo(
    partition: Partition,
    index: number,
    records: Uint8Array | null,
  ): PartitionProduceResponseInit {
    if (records === null || records.length === 0) {
      return failed(index, ErrorCode.INVALID_RECORD, "There is no record batch.");
    }
    const { topic } = partition;
    if (isInternalTopic(topic.name) && this.context.clientId !== ADMIN_CLIENT_ID) {
      return failed(index, ErrorCode.INVALID_TOPIC_EXCEPTION, "Clients can't write this topic.");
    }
    if (!partition.isLeader) {
      return this.#failed(
        topic.name,
        index,
        partition.leaderAvailability(),
        "This broker does not lead the partition.",
      );
    }
    if (this.acks === -1 && partition.isUnderMinInSync) {
      return failed(index, ErrorCode.NOT_ENOUGH_REPLICAS, "Too few replicas are in sync.");
    }
    const { diskBudget, peerDisks } = this.broker;
    const isFull = !diskBudget.admits(records.length) ||
      partition.replicaCount > 1 && peerDisks?.isClosed(partition.replicas) === true;
    if (isFull) {
      return failed(index, ErrorCode.KAFKA_STORAGE_ERROR, "A disk has no room for producers.");
    }
    const nowMs = this.broker.clock.wallMs();
    const { rules } = topic.settings;
    const verdict = validateProduced(records, rules, this.context.apiVersion, nowMs);
    if (verdict.kind === "invalid") {
      const { errorCode, errorMessage, recordErrors } = verdict;
      topic.counters.invalidBatches++;
      return failed(
        index,
        errorCode,
        errorMessage,
        recordErrors.map(({ batchIndex, message: batchIndexErrorMessage }) => ({
          batchIndex,
          batchIndexErrorMessage,
        })),
      );
    }
    const transactional = isTransactional(verdict.bytes, 0);
    if (transactional) {
      const refusal = this.#transactionRefusal(partition);
      if (refusal !== ErrorCode.NONE) {
        return failed(index, refusal, "The transaction can't write to the partition.");
      }
    }
    const mustStartAtZero = transactional && this.context.apiVersion >= IMPLICIT_ADD_FROM;
    const outcome = partition.append(verdict.bytes, mustStartAtZero);
    if (outcome.kind === "rejected") {
      if (outcome.errorCode === ErrorCode.KAFKA_STORAGE_ERROR) this.broker.diskBudget.ranFull();
      return failed(index, outcome.errorCode, outcome.message);
    }
    if (outcome.kind === "appended") {
      topic.counters.messagesIn += verdict.recordCount;
      topic.counters.bytesIn += records.length;
    }
    const stamped = rules.timestampType === "LogAppendTime";
    const appendTimeMs = outcome.kind === "duplicate" ? outcome.appendTimeMs : nowMs;
    const response: PartitionProduceResponseInit = {
      index,
      errorCode: ErrorCode.NONE,
      baseOffset: outcome.baseOffset,
      logAppendTimeMs: stamped ? appendTimeMs : -1,
      logStartOffset: partition.log.startOffset,
      recordErrors: NO_RECORD_ERRORS,
    };
    if (outcome.durable !== undefined || partition.replicaCount > 1) {
      this.waits ??= new ProduceWaits(this.acks);
      this.waits.add(response, partition, outcome);
    }
    return response;
  }

  #transactionRefusal(partition: Partition): number {
    if (this.request.transactionalId === null) {
      return ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    }
    const errorCode = this.refusals.get(partition);
    return errorCode === undefined
      ? ErrorCode.NONE
      : codeForProduce(errorCode, this.context.apiVersion);
  }
}

function failed(
  index: number,
  errorCode: number,
  errorMessage: string,
  recordErrors: PartitionProduceResponseInit["recordErrors"] = NO_RECORD_ERRORS,
): PartitionProduceResponseInit {
  return { index, errorCode, baseOffset: -1, recordErrors, errorMessage };
}
