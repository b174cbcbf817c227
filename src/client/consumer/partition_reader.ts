import { ErrorCode } from "../../protocol/error_codes.ts";
import { fetchApi } from "../../protocol/generated/apis/fetch.ts";
import type {
  AbortedTransaction,
  FetchResponse,
  PartitionData,
} from "../../protocol/generated/fetch_response.ts";
import { type ClusterClient, pause } from "../cluster_client.ts";
import { leaderIn } from "../cluster_metadata.ts";
import { BrokerError, expectNoError, isRetriable } from "../errors.ts";
import { EARLIEST, listOffsets } from "../list_offsets.ts";
import { type FetchPosition, FetchSession } from "./fetch_session.ts";
import { endOffsetOf } from "./visible_batches.ts";

/** Isolation levels of Fetch and ListOffsets. */
export const Isolation = { uncommitted: 0, committed: 1 } as const;
export type Isolation = typeof Isolation[keyof typeof Isolation];

/** What is to be read of one partition. */
export interface ReadRange {
  readonly topic: string;
  readonly partition: number;
  /** The first offset. */
  readonly start: number;
  /** Behind the last offset; Infinity to go on as records come. */
  readonly end: number;
}

/** What one Fetch brought of one partition. */
export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  /** Whole batches, and perhaps a part of another. A view: valid during the call alone. */
  readonly records: Uint8Array;
  /** Records outside these offsets were not asked for. */
  readonly start: number;
  readonly end: number;
  readonly aborted: readonly AbortedTransaction[] | null;
}

/** Takes what is read. */
export interface RecordSink {
  /** Deals with the records before it returns; false ends the reading. */
  take(fetched: FetchedPartition): boolean;
  /** Undefined when more may come at once; else settles when it may. */
  room(): Promise<void> | undefined;
  /** The range was cut at its start: retention has taken what was before `logStart`. */
  skipped(topic: string, partition: number, from: number, logStart: number): void;
}

/** How a {@link PartitionReader} asks. */
export interface ReaderOptions {
  readonly isolation: Isolation;
  /** How long a broker may hold a Fetch back while it has nothing, in milliseconds. */
  readonly waitMsMax: number;
  readonly partitionMaxBytes: number;
}

interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly end: number;
  offset: number;
}

const FETCH_BYTES_MAX = 64 * 1024 * 1024;
const RETRY_PAUSE_MS = 100;

/**
 * Reads ranges of partitions, from their leaders, and follows the leaders when they change. While
 * one answer is dealt with, the next is on its way.
 */
export class PartitionReader {
  readonly #client: ClusterClient;
  readonly #options: ReaderOptions;
  readonly #sink: RecordSink;
  #positions: Position[];
  #isStopped = false;
  /** Leaders have to be looked up again. */
  #isScattered = false;
  /** Since when nothing has been answered without an error, on the monotonic clock. */
  #failingSinceMs: number | undefined;
  /** What a partition was answered with; thrown when the others' records are dealt with. */
  #problem: BrokerError | undefined;

  constructor(
    client: ClusterClient,
    ranges: readonly ReadRange[],
    options: ReaderOptions,
    sink: RecordSink,
  ) {
    this.#client = client;
    this.#options = options;
    this.#sink = sink;
    this.#positions = ranges
      .filter(({ start, end }) => start < end)
      .map(({ topic, partition, start, end }) => ({ topic, partition, end, offset: start }));
  }

  /** Reads until all ranges are read, the sink has had enough, or {@link stop}. */
  async run(): Promise<void> {
    for (;;) {
      this.#dropFinished();
      if (this.#positions.length === 0 || this.#isStopped) return;
      this.#isScattered = false;
      this.#problem = undefined;
      try {
        await this.#readFromLeaders();
        if (this.#problem !== undefined) throw this.#problem;
      } catch (error) {
        await this.#afterFailure(error);
      }
    }
  }

  /** Ends {@link run} when the answers that are under way have come. */
  stop(): void {
    this.#isStopped = true;
  }

  /** The next offset of each partition that is not read to its end. */
  positions(): readonly { readonly topic: string; readonly partition: number; offset: number }[] {
    return this.#positions;
  }

  async #readFromLeaders(): Promise<void> {
    const byLeader = new Map<number, Position[]>();
    for (const position of this.#positions) {
      const leader = leaderIn(await this.#client.topic(position.topic), position.partition);
      const others = byLeader.get(leader);
      if (others === undefined) byLeader.set(leader, [position]);
      else others.push(position);
    }
    const rounds = [...byLeader].map(async ([leader, positions]) => {
      try {
        await this.#readFrom(leader, positions);
      } catch (error) {
        this.#isScattered = true;
        throw error;
      }
    });
    const failed = (await Promise.allSettled(rounds)).find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  }

  /** @throws what can't be tried again, or was tried too long */
  async #afterFailure(error: unknown): Promise<void> {
    if (error instanceof BrokerError && error.code === ErrorCode.OFFSET_OUT_OF_RANGE) {
      if (await this.#skipToStarts()) return;
    }
    if (!isRetriable(error)) throw error;
    const nowMs = this.#client.clock.monotonicMs();
    this.#failingSinceMs ??= nowMs;
    if (nowMs - this.#failingSinceMs > this.#client.operationTimeoutMs) throw error;
    for (const { topic } of this.#positions) this.#client.metadata.forgetTopic(topic);
    await pause(this.#client.clock, RETRY_PAUSE_MS);
  }

  /** Moves positions that retention has overtaken to the start of the log; false: there are none. */
  async #skipToStarts(): Promise<boolean> {
    const questions = this.#positions.map(({ topic, partition }) => ({
      topic,
      partition,
      timestamp: EARLIEST,
    }));
    const starts = await listOffsets(this.#client, questions);
    let hasMoved = false;
    this.#positions.forEach((position, i) => {
      const { offset } = starts[i]!;
      if (position.offset >= offset) return;
      this.#sink.skipped(position.topic, position.partition, position.offset, offset);
      position.offset = offset;
      hasMoved = true;
    });
    return hasMoved;
  }

  #dropFinished(): void {
    this.#positions = this.#positions.filter((position) => position.offset < position.end);
  }

  /** Reads from one broker until its partitions are read, or leaders have to be looked up again. */
  async #readFrom(leader: number, positions: readonly Position[]): Promise<void> {
    const session = new FetchSession(this.#options.partitionMaxBytes);
    let left = positions;
    let answer = this.#fetch(leader, session, left);
    for (;;) {
      const response = await answer;
      if (this.#isStopped) return;
      const fetched = this.#accept(session, response, left);
      if (this.#problem === undefined) this.#failingSinceMs = undefined;
      left = left.filter((position) => position.offset < position.end);
      const goesOn = left.length > 0 && !this.#isScattered;
      const isReady = this.#sink.room() === undefined;
      // The next answer is under way while this one is dealt with.
      if (goesOn && isReady) answer = this.#fetch(leader, session, left);
      for (const partition of fetched) {
        if (!this.#sink.take(partition)) {
          this.#isStopped = true;
          return;
        }
      }
      if (!goesOn) return;
      if (!isReady) {
        await this.#sink.room();
        answer = this.#fetch(leader, session, left);
      }
    }
  }

  async #fetchNow(
    leader: number,
    session: FetchSession,
    positions: readonly FetchPosition[],
  ): Promise<FetchResponse> {
    const link = await this.#client.link({ to: "broker", id: leader });
    const { waitMsMax, isolation } = this.#options;
    return await link.send(fetchApi, {
      ...session.request(positions),
      maxWaitMs: waitMsMax,
      minBytes: 1,
      maxBytes: FETCH_BYTES_MAX,
      isolationLevel: isolation,
    }, { timeoutMs: waitMsMax + this.#client.requestTimeoutMs });
  }

  #fetch(
    leader: number,
    session: FetchSession,
    positions: readonly Position[],
  ): Promise<FetchResponse> {
    const wanted = positions.map(({ topic, partition, offset }) => {
      const known = this.#client.metadata.topic(topic)!;
      const leaderEpoch = known.partitions.find((p) => p.partitionIndex === partition)!.leaderEpoch;
      return { topic, topicId: known.topicId, partition, leaderEpoch, offset };
    });
    const answer = this.#fetchNow(leader, session, wanted);
    // It may fail while nobody waits for it yet; whoever waits later is told.
    answer.catch(() => undefined);
    return answer;
  }

  /** Moves positions on; returns what there is to read. */
  #accept(
    session: FetchSession,
    response: FetchResponse,
    positions: readonly Position[],
  ): FetchedPartition[] {
    const { errorCode } = response;
    if (
      errorCode === ErrorCode.FETCH_SESSION_ID_NOT_FOUND ||
      errorCode === ErrorCode.INVALID_FETCH_SESSION_EPOCH
    ) {
      session.reset();
      return [];
    }
    expectNoError(errorCode, "fetch");
    session.answered(response.sessionId);
    const fetched: FetchedPartition[] = [];
    for (const { topic: name, topicId, partitions } of response.responses) {
      for (const answer of partitions) {
        const position = positions.find(({ topic, partition }) =>
          partition === answer.partitionIndex &&
          (topic === name || this.#client.metadata.topic(topic)?.topicId === topicId)
        );
        if (position === undefined) continue;
        const start = position.offset;
        if (!this.#checkPartition(position, answer)) continue;
        const records = answer.records;
        if (records === null || records.length === 0) continue;
        const end = endOffsetOf(records);
        if (end === undefined) continue;
        position.offset = end;
        fetched.push({
          topic: position.topic,
          partition: position.partition,
          records,
          start,
          end: position.end,
          aborted: answer.abortedTransactions,
        });
      }
    }
    return fetched;
  }

  /** False when there is nothing to read because of an error, which is dealt with afterwards. */
  #checkPartition(position: Position, { errorCode }: PartitionData): boolean {
    if (errorCode === ErrorCode.NONE) return true;
    const subject = `partition ${position.topic}-${position.partition}`;
    const isOutOfRange = errorCode === ErrorCode.OFFSET_OUT_OF_RANGE;
    const text = isOutOfRange ? `it has no offset ${position.offset}` : undefined;
    const problem = new BrokerError(errorCode, subject, text);
    // What can't be tried again is what has to be told.
    if (this.#problem === undefined || this.#problem.isRetriable) this.#problem = problem;
    this.#isScattered = true;
    return false;
  }
}
