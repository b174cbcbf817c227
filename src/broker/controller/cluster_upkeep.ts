import type { Timer } from "../../io/clock.ts";
import type { ConfigMap } from "../../metadata/config/effective.ts";
import { adoptMinInsyncReplicas } from "../../metadata/eligible_replicas.ts";
import { ConfigResourceType } from "../../metadata/image/configs_image.ts";
import {
  balanceLeaders,
  electLeaderless,
  type PartitionMoves,
} from "../../metadata/leadership_moves.ts";
import { LeadershipRules } from "../../metadata/leadership_rules.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import type { MetadataRecord } from "../../metadata/records.ts";
import { growReplicas } from "../../metadata/replication_growth.ts";
import { Duty, type DutyDecide, type DutyOptions } from "./duty.ts";

/** What a {@link ClusterUpkeep} works with. */
export interface ClusterUpkeepOptions extends DutyOptions {
  /** A setting of this broker that has a value or a default. */
  readonly setting: (name: string) => string;
  readonly staticConfigs: ConfigMap;
}

/** Changes gather for so long before they are looked at together. */
const SETTLING_MS = 100;

/** Records after which there may be something to put in order. */
const STIRRING: ReadonlySet<MetadataRecord["type"]> = new Set<MetadataRecord["type"]>([
  "TopicRecord",
  "PartitionChangeRecord",
  "RegisterBrokerRecord",
  "BrokerRegistrationChangeRecord",
  "FenceBrokerRecord",
  "UnfenceBrokerRecord",
  "UnregisterBrokerRecord",
  "ConfigRecord",
]);

/**
 * Keeps the cluster in order: partitions without a leader get one as soon as one can lead, leadership
 * goes back to preferred replicas, and topics get the replicas that they lack.
 */
export class ClusterUpkeep extends Duty<ClusterUpkeepOptions> {
  #round: Timer | undefined;
  #balance: Timer | undefined;
  #isRunning = false;
  #isStirred = false;
  #isGrowing = false;
  /** Replication factors that topics were told to grow to: a large one does so by and by. */
  readonly #announced = new Map<string, number>();
  /** Topics whose minimum of in-sync replicas was told to be out of reach. */
  readonly #told = new Set<string>();

  /** Told of all that is committed. */
  committed(records: readonly MetadataRecord[]): void {
    if (!this.isActive || this.#isStirred) return;
    if (records.some(({ type }) => STIRRING.has(type))) this.#stir();
  }

  protected begin(): void {
    const { staticConfigs, quorum } = this.options;
    this.#isGrowing = isAnyMoving(quorum.image);
    this.#isStirred = false;
    this.#announced.clear();
    void this.run("settings", async (decide) => {
      await decide((image) => {
        const records = adoptMinInsyncReplicas(image, staticConfigs);
        return { records, response: undefined };
      });
    });
    this.#stir();
    this.#scheduleBalance();
  }

  protected end(): void {
    this.#round?.cancel();
    this.#balance?.cancel();
    this.#round = undefined;
    this.#balance = undefined;
  }

  #stir(): void {
    this.#isStirred = true;
    if (this.#isRunning || this.#round !== undefined) return;
    this.#round = this.options.clock.schedule(SETTLING_MS, () => void this.#putInOrder());
  }

  async #putInOrder(): Promise<void> {
    this.#round = undefined;
    this.#isStirred = false;
    this.#isRunning = true;
    this.#tellUnreachableMinima();
    await this.run("upkeep", async (decide) => {
      await this.#lead(decide);
      if (this.options.setting("auto.replication.growth.enable") === "true") {
        await this.#grow(decide);
      }
    });
    this.#isRunning = false;
    if (this.isActive && this.#isStirred) this.#stir();
  }

  /** A minimum above the number of replicas counts as that number: hardly what was meant. */
  #tellUnreachableMinima(): void {
    const { quorum: { image }, logger } = this.options;
    for (const { name, partitions } of image.topics.all()) {
      const own = image.configs.of(ConfigResourceType.TOPIC, name).get("min.insync.replicas");
      const replicas = partitions[0]?.replicas.length ?? 0;
      if (own === undefined || Number(own) <= replicas) this.#told.delete(name);
      else if (!this.#told.has(name)) {
        this.#told.add(name);
        const fields = { topic: name, minInsyncReplicas: Number(own), replicas };
        logger.warn("min.insync.replicas is above the number of replicas", fields);
      }
    }
  }

  async #lead(decide: DutyDecide): Promise<void> {
    const { layers } = this.options;
    await this.#move(
      decide,
      (image) => electLeaderless(image, new LeadershipRules(image, layers())),
    );
  }

  async #grow(decide: DutyDecide): Promise<void> {
    const { layers, logger } = this.options;
    const { topics, isOver } = await decide((image) => {
      const growth = growReplicas(image, layers());
      const response = { topics: growth.topics, isOver: !isAnyMoving(image) };
      return { records: growth.records, response };
    });
    for (const { name: topic, replicationFactor } of topics) {
      if (this.#announced.get(topic) === replicationFactor) continue;
      this.#announced.set(topic, replicationFactor);
      logger.info("topic gets more replicas", { topic, replicationFactor });
    }
    if (topics.length > 0) {
      this.#isGrowing = true;
    } else if (this.#isGrowing && isOver) {
      // New replicas were chosen so that leaders spread: now they can.
      this.#isGrowing = false;
      await this.#balanceLeaders(decide);
    }
  }

  #scheduleBalance(): void {
    const { clock, setting } = this.options;
    const delayMs = Number(setting("leader.imbalance.check.interval.seconds")) * 1000;
    this.#balance = clock.schedule(delayMs, () => {
      void this.run("leader balance", (decide) => this.#balanceLeaders(decide)).then(() => {
        if (this.isActive) this.#scheduleBalance();
      });
    });
  }

  async #balanceLeaders(decide: DutyDecide): Promise<void> {
    const { setting, layers, logger } = this.options;
    if (setting("auto.leader.rebalance.enable") !== "true") return;
    const moved = await this.#move(decide, (image) => balanceLeaders(image, layers()));
    if (moved > 0) logger.info("leadership went to preferred replicas", { partitions: moved });
  }

  /** @returns how many partitions were changed */
  async #move(decide: DutyDecide, move: (image: ClusterImage) => PartitionMoves): Promise<number> {
    for (let moved = 0;;) {
      const { count, isComplete } = await decide((image) => {
        const { records, isComplete } = move(image);
        return { records, response: { count: records.length, isComplete } };
      });
      moved += count;
      if (isComplete) return moved;
    }
  }
}

function isAnyMoving(image: ClusterImage): boolean {
  for (const { partitions } of image.topics.all()) {
    if (partitions.some(({ addingReplicas }) => addingReplicas.length > 0)) return true;
  }
  return false;
}
