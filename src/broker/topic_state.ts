import type { Uuid } from "../base/uuid.ts";
import type { TopicSettings } from "./topic_settings.ts";

/** What happened in a topic since the broker started; metrics are made of it. */
export class TopicCounters {
  messagesIn = 0;
  /** Bytes of record batches, as producers sent them. */
  bytesIn = 0;
  /** Bytes of record batches that were handed to readers. */
  bytesOut = 0;
  produceRequests = 0;
  fetchRequests = 0;
  failedProduceRequests = 0;
  failedFetchRequests = 0;
  /** Batches that failed validation. */
  invalidBatches = 0;
}

/** What the partitions of one topic on this broker share. */
export class TopicState {
  readonly counters = new TopicCounters();

  constructor(
    readonly name: string,
    readonly id: Uuid,
    /** Replaced when a configuration that the topic depends on changes. */
    public settings: TopicSettings,
  ) {}
}
