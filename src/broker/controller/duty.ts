import type { Logger } from "../../base/logger.ts";
import type { Clock } from "../../io/clock.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import type { BrokerConfigLayers } from "../../metadata/config/effective.ts";
import type { Decision } from "../../metadata/decision.ts";
import { type MetadataQuorum, NotControllerError } from "../metadata_quorum.ts";
import type { MetadataDecisions } from "../metadata_log/decisions.ts";

/** What the controller needs to know of the metadata quorum. */
export type ControllerQuorum = Pick<
  MetadataQuorum,
  "image" | "isLeader" | "leaderId" | "onLeadership" | "onCommit" | "describe"
>;

/** What every duty of the active controller works with. */
export interface DutyOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly quorum: ControllerQuorum;
  readonly decisions: Pick<MetadataDecisions, "decide">;
  /** The settings of this broker, as they count now. */
  readonly layers: () => BrokerConfigLayers;
}

/**
 * Work that the active controller does of its own accord. It begins with each leadership and ends
 * with it; what is under way then ends at its next decision.
 */
export abstract class Duty<Options extends DutyOptions> {
  #term = 0;
  #isActive = false;

  constructor(protected readonly options: Options) {}

  protected get isActive(): boolean {
    return this.#isActive;
  }

  start(): void {
    this.#term++;
    this.#isActive = true;
    this.begin();
  }

  stop(): void {
    this.#isActive = false;
    this.end();
  }

  protected abstract begin(): void;
  protected abstract end(): void;

  /** Runs `work` until it ends or the leadership does. What goes wrong is told, and no one waits. */
  protected run(name: string, work: (decide: DutyDecide) => Promise<void>): Promise<void> {
    const term = this.#term;
    const { decisions, logger, quorum } = this.options;
    const decide: DutyDecide = (decision) =>
      decisions.decide((image) => {
        const isOver = !this.#isActive || this.#term !== term || !quorum.isLeader;
        if (isOver) throw new NotControllerError(quorum.leaderId);
        return decision(image);
      });
    return work(decide).catch((error) => {
      // Whoever leads next finds in the image what is left to do.
      if (error instanceof NotControllerError) return;
      logger.error("duty of the controller failed", { duty: name, error });
    });
  }
}

/** Decides while the leadership lasts. @throws {NotControllerError} when it is over */
export type DutyDecide = <Response>(
  decision: (image: ClusterImage) => Decision<Response>,
) => Promise<Response>;
