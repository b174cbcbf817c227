import type { Uuid } from "../../base/uuid.ts";
import type {
  FetchPartitionInit,
  FetchTopicInit,
  ForgottenTopicInit,
} from "../../protocol/generated/fetch_request.ts";

/** What a partition's next Fetch asks for. */
export interface FetchPosition {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly offset: number;
}

/** The parts of a Fetch request that a session decides. */
export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly topics: readonly FetchTopicInit[];
  readonly forgottenTopicsData: readonly ForgottenTopicInit[];
}

/** As epoch: begins a session. */
const INITIAL_EPOCH = 0;

/** One fetch session with one broker (KIP-227): after the first request only changes are told. */
export class FetchSession {
  #sessionId = 0;
  #epoch = INITIAL_EPOCH;
  /** What the broker knows: by partition, the offset that was asked for last. */
  #known = new Map<string, FetchPosition>();

  /** @param partitionMaxBytes the most that one partition may answer with */
  constructor(readonly partitionMaxBytes: number) {}

  /** The next request, when these partitions are wanted. */
  request(wanted: readonly FetchPosition[]): SessionRequest {
    const topics = new Map<string, { readonly init: FetchTopicInit; list: FetchPartitionInit[] }>();
    const next = new Map<string, FetchPosition>();
    for (const position of wanted) {
      const key = `${position.topic}:${position.partition}`;
      next.set(key, position);
      const known = this.#known.get(key);
      if (known?.offset === position.offset && known.leaderEpoch === position.leaderEpoch) continue;
      const { topic, topicId } = position;
      let entry = topics.get(topic);
      if (entry === undefined) {
        const list: FetchPartitionInit[] = [];
        entry = { init: { topic, topicId, partitions: list }, list };
        topics.set(topic, entry);
      }
      entry.list.push({
        partition: position.partition,
        currentLeaderEpoch: position.leaderEpoch,
        fetchOffset: position.offset,
        partitionMaxBytes: this.partitionMaxBytes,
      });
    }
    const forgotten = [...this.#known].filter(([key]) => !next.has(key)).map(([, known]) => known);
    this.#known = next;
    return {
      sessionId: this.#sessionId,
      sessionEpoch: this.#epoch,
      topics: [...topics.values()].map(({ init }) => init),
      forgottenTopicsData: forgotten.map(({ topic, topicId, partition }) => ({
        topic,
        topicId,
        partitions: [partition],
      })),
    };
  }

  /** Takes note of the session that the broker answered with; 0 when it keeps none. */
  answered(sessionId: number): void {
    this.#sessionId = sessionId;
    if (sessionId === 0) {
      this.reset();
    } else {
      this.#epoch = this.#epoch === 0x7fffffff ? 1 : this.#epoch + 1;
    }
  }

  /** The next request begins a new session. */
  reset(): void {
    this.#sessionId = 0;
    this.#epoch = INITIAL_EPOCH;
    this.#known.clear();
  }
}
