import type { Logger } from "../../base/logger.ts";
import type { Uuid } from "../../base/uuid.ts";
import type { Clock, Timer } from "../../io/clock.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type {
  AlterPartitionRequestInit,
  PartitionDataInit,
} from "../../protocol/generated/alter_partition_request.ts";
import type {
  AlterPartitionResponse,
  PartitionData,
} from "../../protocol/generated/alter_partition_response.ts";
import type { Partition } from "../partition.ts";
import type { ControllerCalls } from "./cluster_calls.ts";
import type { IsrProposal } from "./leadership.ts";

/** What {@link IsrUpdates} works with. */
export interface IsrUpdatesOptions {
  readonly brokerId: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly controller: ControllerCalls;
  /** The epoch of this broker's own registration; -1 before it is registered. */
  brokerEpoch(): number;
}

const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 1000;

/** How often in-sync sets have shrunk and grown since the broker started. */
export interface IsrCounts {
  shrinks: number;
  expands: number;
}

/**
 * Takes changes of in-sync sets to the controller, as many as there are in one request, and one
 * request at a time. A proposal whose outcome is unknown is sent again until the controller or the
 * metadata log settles it; meanwhile its partition counts on the larger of the two sets.
 */
export class IsrUpdates {
  readonly counts: IsrCounts = { shrinks: 0, expands: 0 };
  readonly #options: IsrUpdatesOptions;
  readonly #waiting = new Map<Partition, IsrProposal>();
  #isSending = false;
  #retryMs = RETRY_MS_MIN;
  #retry: Timer | undefined;
  #isStopped = false;

  constructor(options: IsrUpdatesOptions) {
    this.#options = options;
  }

  /** Asks for what `partition` proposes; a proposal that it made before is out of date. */
  submit(partition: Partition, proposal: IsrProposal): void {
    this.#waiting.set(partition, proposal);
    if (this.#isSending || this.#retry !== undefined || this.#isStopped) return;
    this.#isSending = true;
    // What else is found in this turn goes along.
    queueMicrotask(() => void this.#send());
  }

  stop(): void {
    this.#isStopped = true;
    this.#retry?.cancel();
    this.#waiting.clear();
  }

  async #send(): Promise<void> {
    for (const [partition, proposal] of this.#waiting) {
      // A replica that was reassigned away hears nothing more of its partition.
      const isOver = !partition.isOnline || partition.leadership?.proposal !== proposal;
      if (isOver) this.#waiting.delete(partition);
    }
    const brokerEpoch = this.#options.brokerEpoch();
    if (this.#waiting.size === 0 || this.#isStopped) {
      this.#isSending = false;
      return;
    }
    if (brokerEpoch < 0) return this.#tryAgain("this broker is not registered yet");
    const sent = new Map(this.#waiting);
    this.#waiting.clear();
    let response: AlterPartitionResponse;
    try {
      response = await this.#options.controller.alterPartition(this.#request(sent, brokerEpoch));
    } catch (error) {
      this.#restore(sent);
      return this.#tryAgain(String(error));
    }
    if (response.errorCode !== ErrorCode.NONE) {
      this.#restore(sent);
      return this.#tryAgain(`error ${response.errorCode}`);
    }
    this.#retryMs = RETRY_MS_MIN;
    const unsettled = this.#settle(sent, response);
    if (unsettled.size > 0) {
      this.#restore(unsettled);
      return this.#tryAgain("not all changes are settled");
    }
    return this.#send();
  }

  #request(
    sent: ReadonlyMap<Partition, IsrProposal>,
    brokerEpoch: number,
  ): AlterPartitionRequestInit {
    const { brokerId } = this.#options;
    const byTopic = new Map<Uuid, PartitionDataInit[]>();
    for (const [partition, { leaderEpoch, partitionEpoch, isr }] of sent) {
      const newIsrWithEpochs = isr.map((id) => ({
        brokerId: id,
        brokerEpoch: id === brokerId ? brokerEpoch : partition.leadership?.brokerEpochOf(id) ?? -1,
      }));
      const { topicId, index: partitionIndex } = partition;
      const change = { partitionIndex, leaderEpoch, newIsr: [], newIsrWithEpochs, partitionEpoch };
      const changes = byTopic.get(topicId);
      if (changes === undefined) byTopic.set(topicId, [change]);
      else changes.push(change);
    }
    const topics = Array.from(byTopic, ([topicId, partitions]) => ({ topicId, partitions }));
    return { brokerId, brokerEpoch, topics };
  }

  /** Hands the answers to the partitions; returns what is to be sent again. */
  #settle(
    sent: ReadonlyMap<Partition, IsrProposal>,
    { topics }: AlterPartitionResponse,
  ): Map<Partition, IsrProposal> {
    const answers = new Map<string, PartitionData>();
    for (const { topicId, partitions } of topics) {
      for (const answer of partitions) answers.set(`${topicId}:${answer.partitionIndex}`, answer);
    }
    const unsettled = new Map<Partition, IsrProposal>();
    const { shrinks, expands } = this.counts;
    for (const [partition, proposal] of sent) {
      const answer = answers.get(`${partition.topicId}:${partition.index}`);
      const isSettled = answer !== undefined && this.#take(partition, proposal, answer);
      // What the metadata log has settled meanwhile is no longer proposed.
      if (!isSettled && partition.leadership?.proposal === proposal) {
        unsettled.set(partition, proposal);
      }
    }
    const shrunk = this.counts.shrinks - shrinks;
    const grown = this.counts.expands - expands;
    if (shrunk + grown > 0) {
      this.#options.logger.info("in-sync replicas changed", { partitions: shrunk + grown, shrunk });
    }
    return unsettled;
  }

  /** False when the change is to be sent again. */
  #take(partition: Partition, proposal: IsrProposal, answer: PartitionData): boolean {
    const { topic, index } = partition;
    const { formerIsr } = proposal;
    const { leaderEpoch, isr, partitionEpoch, errorCode } = answer;
    const fields = { topic: topic.name, partition: index, errorCode, from: formerIsr };
    switch (errorCode) {
      case ErrorCode.NONE:
        if (isr.length < formerIsr.length) this.counts.shrinks++;
        else this.counts.expands++;
        this.#options.logger.debug("in-sync replicas changed", { ...fields, to: isr });
        partition.isrCommitted(leaderEpoch, isr, partitionEpoch);
        return true;
      case ErrorCode.INELIGIBLE_REPLICA:
      case ErrorCode.OPERATION_NOT_ATTEMPTED:
      case ErrorCode.INVALID_REQUEST:
        this.#options.logger.info("change of in-sync replicas refused", fields);
        partition.isrRefused(proposal);
        return true;
      default:
        // Where the metadata have gone on (INVALID_UPDATE_VERSION, FENCED_LEADER_EPOCH), what they
        // say now is on its way to this broker, and settles the proposal. Until then the change
        // may have been made, by a request whose answer was lost.
        this.#options.logger.info("change of in-sync replicas not settled", fields);
        return false;
    }
  }

  #restore(proposals: ReadonlyMap<Partition, IsrProposal>): void {
    for (const [partition, proposal] of proposals) {
      if (!this.#waiting.has(partition)) this.#waiting.set(partition, proposal);
    }
  }

  #tryAgain(reason: string): void {
    this.#isSending = false;
    if (this.#isStopped) return;
    const { logger, clock } = this.#options;
    logger.warn("in-sync replicas could not be changed", { reason, retryMs: this.#retryMs });
    this.#retry = clock.schedule(this.#retryMs, () => {
      this.#retry = undefined;
      this.#isSending = true;
      void this.#send();
    });
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
  }
}
