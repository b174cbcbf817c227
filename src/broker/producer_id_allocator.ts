import { invariant } from "../base/invariant.ts";
import type { MetadataDecisions } from "./metadata_log/decisions.ts";
import { allocateProducerIds } from "../metadata/producer_ids.ts";
import { allocateProducerIdsApi } from "../protocol/generated/apis/allocate_producer_ids.ts";
import type { AllocateProducerIdsResponseInit } from "../protocol/generated/allocate_producer_ids_response.ts";
import type { ControllerChannel } from "./cluster/controller_channel.ts";
import { type MetadataQuorum, NotControllerError } from "./metadata_quorum.ts";

/** How long it may take to find a controller that gives a block. */
const ALLOCATE_MS_MAX = 10_000;

/** What a {@link ProducerIdAllocator} works with. */
export interface ProducerIdAllocatorOptions {
  readonly decisions: MetadataDecisions;
  /** Id and epoch of this broker's registration. */
  readonly broker: () => { readonly brokerId: number; readonly brokerEpoch: number };
  readonly quorum: Pick<MetadataQuorum, "isLeader">;
  /** Undefined when this broker is the only one that decides. */
  readonly channel: ControllerChannel | undefined;
}

/**
 * Hands out producer ids, one at a time, from blocks that the metadata log gives to this broker.
 * What is left of a block when the broker stops is never used.
 */
export class ProducerIdAllocator {
  #next = 0;
  #end = 0;
  #refill: Promise<void> | undefined;

  constructor(private readonly options: ProducerIdAllocatorOptions) {}

  /** An id that no producer has had. */
  async next(): Promise<number> {
    while (this.#next >= this.#end) {
      this.#refill ??= this.#takeBlock().finally(() => this.#refill = undefined);
      await this.#refill;
    }
    return this.#next++;
  }

  async #takeBlock(): Promise<void> {
    const block = await this.#block();
    invariant(block.errorCode === 0, "this broker is registered, so it is given a block");
    this.#next = block.producerIdStart;
    this.#end = block.producerIdStart + block.producerIdLen;
  }

  async #block(): Promise<AllocateProducerIdsResponseInit> {
    const { decisions, broker, quorum, channel } = this.options;
    const asked = broker();
    try {
      if (channel === undefined || quorum.isLeader) {
        return await decisions.decide((image) => allocateProducerIds(image, asked));
      }
    } catch (error) {
      if (channel === undefined || !(error instanceof NotControllerError)) throw error;
    }
    return await channel.send(allocateProducerIdsApi, 0, asked, ALLOCATE_MS_MAX);
  }
}
