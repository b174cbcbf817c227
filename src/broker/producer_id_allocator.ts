import { invariant } from "../base/invariant.ts";
import type { MetadataDecisions } from "./metadata_log/decisions.ts";
import { allocateProducerIds } from "../metadata/producer_ids.ts";

/**
 * Hands out producer ids, one at a time, from blocks that the metadata log gives to this broker.
 * What is left of a block when the broker stops is never used.
 */
export class ProducerIdAllocator {
  #next = 0;
  #end = 0;
  #refill: Promise<void> | undefined;

  /** @param broker yields id and epoch of this broker's registration */
  constructor(
    private readonly decisions: MetadataDecisions,
    private readonly broker: () => { readonly brokerId: number; readonly brokerEpoch: number },
  ) {}

  /** An id that no producer has had. */
  async next(): Promise<number> {
    while (this.#next >= this.#end) {
      this.#refill ??= this.#takeBlock().finally(() => this.#refill = undefined);
      await this.#refill;
    }
    return this.#next++;
  }

  async #takeBlock(): Promise<void> {
    const block = await this.decisions.decide((image) => allocateProducerIds(image, this.broker()));
    invariant(block.errorCode === 0, "this broker is registered, so it is given a block");
    this.#next = block.producerIdStart;
    this.#end = block.producerIdStart + block.producerIdLen;
  }
}
