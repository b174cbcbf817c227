import type { Logger } from "../../base/logger.ts";
import type { Clock } from "../../io/clock.ts";
import { alterPartition } from "../../metadata/alter_partition.ts";
import { brokerHeartbeat } from "../../metadata/broker_heartbeat.ts";
import {
  assignBrokerId,
  type JoiningBroker,
  registerBroker,
  registrationProblem,
  stoppedCleanly,
} from "../../metadata/broker_registration.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import {
  type BrokerConfigLayers,
  type ConfigMap,
  effectiveBrokerText,
} from "../../metadata/config/effective.ts";
import { brokerLayers } from "../../metadata/config_resources.ts";
import type { Decision } from "../../metadata/decision.ts";
import { retireIncarnation } from "../../metadata/leadership_moves.ts";
import { isActive } from "../../metadata/leadership_rules.ts";
import { allocateProducerIds } from "../../metadata/producer_ids.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { AllocateProducerIdsRequest } from "../../protocol/generated/allocate_producer_ids_request.ts";
import type { AllocateProducerIdsResponseInit } from "../../protocol/generated/allocate_producer_ids_response.ts";
import type { AlterPartitionRequest } from "../../protocol/generated/alter_partition_request.ts";
import type { AlterPartitionResponseInit } from "../../protocol/generated/alter_partition_response.ts";
import type { BrokerHeartbeatRequest } from "../../protocol/generated/broker_heartbeat_request.ts";
import type { BrokerHeartbeatResponseInit } from "../../protocol/generated/broker_heartbeat_response.ts";
import type { BrokerRegistrationRequest } from "../../protocol/generated/broker_registration_request.ts";
import type { BrokerRegistrationResponseInit } from "../../protocol/generated/broker_registration_response.ts";
import { NotControllerError } from "../metadata_quorum.ts";
import type { MetadataDecisions } from "../metadata_log/decisions.ts";
import { BrokerSessions } from "./broker_sessions.ts";
import { ClusterUpkeep } from "./cluster_upkeep.ts";
import type { ControllerQuorum } from "./duty.ts";
import type { BrokerProbe } from "./peer_probe.ts";
import { SessionWatch } from "./session_watch.ts";

/** What a {@link Controller} works with. */
export interface ControllerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly quorum: ControllerQuorum;
  readonly decisions: Pick<MetadataDecisions, "decide">;
  readonly probe: BrokerProbe;
  /** Of the broker that this controller runs in. */
  readonly brokerId: number;
  readonly clusterId: string;
  /** In canonical spelling, see `canonicalBrokerConfigs`. */
  readonly staticConfigs: ConfigMap;
}

/**
 * The duties of the active controller: brokers register with it, and tell that they live; it fences
 * those that don't, and keeps leadership and replicas in order. On a broker that does not lead the
 * metadata quorum it rests, and every request throws {@link NotControllerError}.
 *
 * All that must survive is in the metadata log; sessions are begun anew by whoever takes over.
 */
export class Controller {
  readonly #sessions: BrokerSessions;
  readonly #watch: SessionWatch;
  readonly #upkeep: ClusterUpkeep;
  #isStopped = false;

  constructor(private readonly options: ControllerOptions) {
    const { clock, logger, quorum, decisions, probe, brokerId } = options;
    const setting = (name: string): string =>
      effectiveBrokerText(name, this.#layers(quorum.image))!;
    const layers = (): BrokerConfigLayers => this.#layers(quorum.image);
    this.#sessions = new BrokerSessions(() => Number(setting("broker.session.timeout.ms")));
    const common = { clock, logger, quorum, decisions, layers };
    this.#watch = new SessionWatch({ ...common, sessions: this.#sessions, probe, brokerId });
    const { staticConfigs } = options;
    this.#upkeep = new ClusterUpkeep({ ...common, setting, staticConfigs });
    quorum.onLeadership((isLeader) => this.#leadershipChanged(isLeader));
    quorum.onCommit((records) => this.#upkeep.committed(records));
    if (quorum.isLeader) this.#leadershipChanged(true);
  }

  /** Ends all duties. What is being decided is decided, and nothing after it. */
  stop(): void {
    this.#isStopped = true;
    this.#leadershipChanged(false);
  }

  /** BrokerRegistration. @throws {NotControllerError} */
  async register(request: BrokerRegistrationRequest): Promise<BrokerRegistrationResponseInit> {
    this.#checkActive();
    const { logger, clock } = this.options;
    const { brokerId } = request;
    await this.#retire(request);
    const response = await this.#decide((image, nextOffset) =>
      registerBroker(image, request, {
        ...this.#registrationContext(brokerId),
        nextOffset,
        layers: this.#layers(image),
      })
    );
    const { errorCode, brokerEpoch = -1 } = response;
    if (errorCode === ErrorCode.NONE) {
      this.#sessions.heard(brokerId, brokerEpoch, -1, clock.monotonicMs());
      logger.info("broker registered", { broker: brokerId, epoch: brokerEpoch });
    } else {
      logger.warn("broker registration refused", { broker: brokerId, errorCode });
    }
    return response;
  }

  /** BrokerHeartbeat. @throws {NotControllerError} */
  async heartbeat(request: BrokerHeartbeatRequest): Promise<BrokerHeartbeatResponseInit> {
    this.#checkActive();
    const { clock, quorum } = this.options;
    const { brokerId, brokerEpoch, currentMetadataOffset } = request;
    const before = quorum.image.brokers.byId(brokerId);
    if (before?.epoch === brokerEpoch) {
      this.#sessions.heard(brokerId, brokerEpoch, currentMetadataOffset, clock.monotonicMs());
    }
    const decide = (image: ClusterImage): Decision<BrokerHeartbeatResponseInit> =>
      brokerHeartbeat(image, request, {
        layers: this.#layers(image),
        othersReplayedOffset: this.#othersReplayedOffset(brokerId),
        handedOverOffset: this.#sessions.handedOverOffset(brokerId),
      });
    // Most heartbeats change nothing, and need not wait behind decisions that do.
    const unchanged = decide(quorum.image);
    if (unchanged.records.length === 0) return unchanged.response;
    const response = await this.#decide(decide);
    this.#tell(brokerId, before?.fenced, response.isFenced);
    const isLeaving = quorum.image.brokers.byId(brokerId)?.inControlledShutdown === true;
    if (isLeaving) this.#sessions.handedOver(brokerId, quorum.image.lastOffset);
    return response;
  }

  /** AlterPartition. @throws {NotControllerError} */
  alterPartition(
    request: AlterPartitionRequest,
    apiVersion: number,
  ): Promise<AlterPartitionResponseInit> {
    return this.#decide((image) => alterPartition(image, request, apiVersion, this.#layers(image)));
  }

  /** AllocateProducerIds. @throws {NotControllerError} */
  allocateProducerIds(
    request: AllocateProducerIdsRequest,
  ): Promise<AllocateProducerIdsResponseInit> {
    return this.#decide((image) => allocateProducerIds(image, request));
  }

  /**
   * Gives a directory that wants to join its broker id.
   * @throws {NotControllerError}
   */
  assignBrokerId(
    joining: JoiningBroker,
  ): Promise<{ readonly errorCode: ErrorCode; readonly brokerId: number }> {
    return this.#decide((image, nextOffset) => {
      const { liveness } = this.#registrationContext(joining.requestedId);
      const { brokerId: controllerId } = this.options;
      return assignBrokerId(image, joining, { nextOffset, liveness, controllerId });
    });
  }

  /** The connection that a broker's heartbeats came by has ended: its process may be gone. */
  brokerDisconnected(brokerId: number): void {
    this.#watch.disconnected(brokerId);
  }

  /** Somebody suspects that a broker is gone: it is fenced if nobody listens on its cluster port. */
  brokerSuspected(brokerId: number): void {
    this.#watch.suspect(brokerId);
  }

  #leadershipChanged(isLeader: boolean): void {
    if (isLeader && !this.#isStopped) {
      this.#watch.start();
      this.#upkeep.start();
    } else {
      this.#watch.stop();
      this.#upkeep.stop();
    }
  }

  /**
   * Takes leadership away from the last incarnation in batches of bounded size, before the new one
   * is registered.
   */
  async #retire(request: BrokerRegistrationRequest): Promise<void> {
    const { brokerId: id, logDirs: directories, incarnationId } = request;
    for (let isComplete = false; !isComplete;) {
      isComplete = await this.#decide((image) => {
        const before = image.brokers.byId(id);
        const isRefused = registrationProblem(image, request, this.#registrationContext(id)) !==
          ErrorCode.NONE;
        const isNew = before !== undefined && before.incarnationId !== incarnationId;
        // The only broker of a cluster keeps what it leads.
        if (isRefused || !isNew || image.brokers.size === 1) return { records: [], response: true };
        const isClean = stoppedCleanly(image, request);
        const moves = retireIncarnation(image, this.#layers(image), { id, isClean, directories });
        return { records: moves.records, response: moves.isComplete };
      });
    }
  }

  #registrationContext(brokerId: number) {
    const { clusterId, clock, brokerId: own } = this.options;
    // Whoever registers under the id of this broker is this broker: its process is the one here.
    const liveness = brokerId === own
      ? "doubtful" as const
      : this.#sessions.liveness(brokerId, clock.monotonicMs());
    return { clusterId, liveness };
  }

  /** The least metadata offset that the other active brokers have, by heartbeat or as replicas. */
  #othersReplayedOffset(brokerId: number): number {
    const { quorum, brokerId: own } = this.options;
    const { image } = quorum;
    const { voters, observers } = quorum.describe();
    const positions = new Map([...voters, ...observers].map(
      ({ replicaId, logEndOffset }) => [replicaId, logEndOffset - 1],
    ));
    let least = image.lastOffset;
    for (const { id } of image.brokers.all()) {
      if (id === brokerId || id === own || !isActive(image, id)) continue;
      const offset = Math.max(this.#sessions.replayedOffset(id), positions.get(id) ?? -1);
      least = Math.min(least, offset);
    }
    return least;
  }

  #tell(brokerId: number, wasFenced: boolean | undefined, isFenced: boolean | undefined): void {
    if (wasFenced === isFenced || isFenced === undefined) return;
    const event = isFenced ? "broker fenced, as it asked" : "broker unfenced";
    this.options.logger.info(event, { broker: brokerId });
  }

  #decide<Response>(
    decide: (image: ClusterImage, nextOffset: number) => Decision<Response>,
  ): Promise<Response> {
    const { decisions } = this.options;
    return decisions.decide((image, nextOffset) => {
      this.#checkActive();
      return decide(image, nextOffset);
    });
  }

  #checkActive(): void {
    const { quorum } = this.options;
    if (this.#isStopped || !quorum.isLeader) throw new NotControllerError(quorum.leaderId);
  }

  #layers(image: ClusterImage): BrokerConfigLayers {
    const { brokerId, staticConfigs } = this.options;
    return brokerLayers(image, { brokerId, staticConfigs });
  }
}
