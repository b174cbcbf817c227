import { DiskError } from "../../io/disk.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import type { Decision } from "../../metadata/decision.ts";
import { type MetadataQuorum, NotControllerError } from "../metadata_quorum.ts";

/**
 * Lets requests be decided one at a time, each against an image that holds the outcome of the one
 * before: two requests for the same topic name can't both be granted.
 */
export class MetadataDecisions {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly quorum: MetadataQuorum) {}

  /**
   * Calls `decide` when all earlier decisions are in the image, commits its records, and resolves
   * with its response. `decide` must be pure: it is given the image and the least offset that its
   * records can get, and may throw, which rejects this call alone.
   *
   * @throws {NotControllerError} this broker does not lead, or ceased to before the commit
   * @throws {DiskError} see {@link isMetadataDiskFull}
   */
  decide<Response>(
    decide: (image: ClusterImage, nextOffset: number) => Decision<Response>,
  ): Promise<Response> {
    const decided = this.#last.then(() => this.#decide(decide));
    this.#last = decided.catch(() => {
      // The caller has the rejection; it is no reason for the next decision to fail.
    });
    return decided;
  }

  async #decide<Response>(
    decide: (image: ClusterImage, nextOffset: number) => Decision<Response>,
  ): Promise<Response> {
    const { image, isLeader, leaderId } = this.quorum;
    // Any other broker's image may be behind what was acknowledged.
    if (!isLeader) throw new NotControllerError(leaderId);
    const { records, response } = decide(image, image.lastOffset + 1);
    if (records.length > 0) await this.quorum.propose(records);
    return response;
  }
}

/** The records of a decision found no room on the disk. Nothing was changed. */
export function isMetadataDiskFull(error: unknown): boolean {
  return error instanceof DiskError && error.kind === "noSpace";
}
