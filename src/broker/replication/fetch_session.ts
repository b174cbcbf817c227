import type { Uuid } from "../../base/uuid.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { FetchRequestInit, FetchTopicInit } from "../../protocol/generated/fetch_request.ts";
import type { FetchResponse } from "../../protocol/generated/fetch_response.ts";

/** Where a follower goes on in one partition. */
export interface FetchPosition {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: number;
  /** Epoch of the last record that the follower has; -1 when it has none. */
  readonly lastFetchedEpoch: number;
  readonly logStartOffset: number;
  readonly partitionMaxBytes: number;
}

/** The part of a fetch request that the session decides. */
type SessionFields = Pick<
  FetchRequestInit,
  "sessionId" | "sessionEpoch" | "topics" | "forgottenTopicsData"
>;

const EPOCH_MAX = 0x7fffffff;

/**
 * The fetcher's side of an incremental fetch session (KIP-227): a request names only the positions
 * that have changed since the last one, and what is no longer wanted.
 */
export class FetchSession {
  /** What the leader remembers of us, by topic id and partition. */
  #known = new Map<string, FetchPosition>();
  #sessionId = 0;
  #nextEpoch = 0;

  /** @param wanted everything that is to be fetched, by its {@link positionKey} */
  request(wanted: ReadonlyMap<string, FetchPosition>): SessionFields {
    if (this.#nextEpoch === 0) {
      this.#known = new Map(wanted);
      return {
        sessionId: this.#sessionId,
        sessionEpoch: 0,
        topics: byTopic(wanted.values()),
        forgottenTopicsData: [],
      };
    }
    const changed: FetchPosition[] = [];
    for (const [key, position] of wanted) {
      const known = this.#known.get(key);
      if (known !== undefined && isSame(known, position)) continue;
      changed.push(position);
      this.#known.set(key, position);
    }
    const forgotten: FetchPosition[] = [];
    for (const [key, position] of this.#known) {
      if (wanted.has(key)) continue;
      forgotten.push(position);
      this.#known.delete(key);
    }
    return {
      sessionId: this.#sessionId,
      sessionEpoch: this.#nextEpoch,
      topics: byTopic(changed),
      forgottenTopicsData: forgottenTopics(forgotten),
    };
  }

  /**
   * Takes the answer to the last request.
   * @returns false when the leader no longer knows the session: the next request begins another
   */
  answered({ errorCode, sessionId }: FetchResponse): boolean {
    if (errorCode !== ErrorCode.NONE) {
      this.reset(errorCode === ErrorCode.FETCH_SESSION_ID_NOT_FOUND ? 0 : this.#sessionId);
      return false;
    }
    this.#sessionId = sessionId;
    this.#nextEpoch = sessionId === 0 ? 0 : this.#nextEpoch === EPOCH_MAX ? 1 : this.#nextEpoch + 1;
    return true;
  }

  /** @param sessionId of the session that the next request replaces; 0 for none */
  reset(sessionId = 0): void {
    this.#sessionId = sessionId;
    this.#nextEpoch = 0;
    this.#known.clear();
  }
}

/** Names a partition in the maps of a session. */
export function positionKey(topicId: Uuid, partition: number): string {
  return `${topicId}:${partition}`;
}

function isSame(a: FetchPosition, b: FetchPosition): boolean {
  return a.fetchOffset === b.fetchOffset && a.lastFetchedEpoch === b.lastFetchedEpoch &&
    a.currentLeaderEpoch === b.currentLeaderEpoch && a.logStartOffset === b.logStartOffset &&
    a.partitionMaxBytes === b.partitionMaxBytes;
}

function byTopic(positions: Iterable<FetchPosition>): FetchTopicInit[] {
  const topics = new Map<Uuid, FetchPosition[]>();
  for (const position of positions) {
    const partitions = topics.get(position.topicId);
    if (partitions === undefined) topics.set(position.topicId, [position]);
    else partitions.push(position);
  }
  return Array.from(topics, ([topicId, partitions]) => ({ topic: "", topicId, partitions }));
}

function forgottenTopics(positions: readonly FetchPosition[]) {
  return byTopic(positions).map(({ topic, topicId, partitions }) => ({
    topic,
    topicId,
    partitions: partitions.map(({ partition }) => partition),
  }));
}
