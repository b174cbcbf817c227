import type { Uuid } from "../../base/uuid.ts";
import type { Logger } from "../../base/logger.ts";
import type { Clock, Timer } from "../../io/clock.ts";
import type { BrokerEndpoint } from "../../metadata/image/brokers_image.ts";
import { SUPPORTED_FEATURES } from "../../metadata/features.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import { brokerHeartbeatApi } from "../../protocol/generated/apis/broker_heartbeat.ts";
import { brokerRegistrationApi } from "../../protocol/generated/apis/broker_registration.ts";
import type { BrokerHeartbeatResponse } from "../../protocol/generated/broker_heartbeat_response.ts";
import type { MetadataQuorum } from "../metadata_quorum.ts";
import type { ControllerChannel } from "./controller_channel.ts";

/** The cluster has no place for this broker as it is. */
export class RegistrationError extends Error {
  override readonly name = "RegistrationError";
}

/** What the cluster is told of a broker that has started. */
export interface StartedBroker {
  readonly id: number;
  readonly clusterId: string;
  /** Made anew at this start. */
  readonly incarnationId: Uuid;
  readonly endpoints: readonly BrokerEndpoint[];
  readonly rack: string | null;
  readonly directoryId: Uuid;
  /** Of the registration before, when the broker stopped cleanly; else -1. */
  readonly previousEpoch: number;
}

/** What a {@link BrokerLifecycle} works with. */
export interface BrokerLifecycleOptions {
  readonly broker: StartedBroker;
  readonly channel: ControllerChannel;
  readonly quorum: Pick<MetadataQuorum, "highWatermark" | "leaderId">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `broker.heartbeat.interval.ms` */
  readonly heartbeatIntervalMs: number;
  /** `broker.session.timeout.ms` */
  readonly sessionTimeoutMs: number;
  /** The disk has failed under a replica: others are to take over until this broker is restarted. */
  hasFailedReplica(): boolean;
}

const REGISTRATION_VERSION = 4;
const HEARTBEAT_VERSION = 1;
/** While something is awaited of the controller, heartbeats come this fast. */
const EAGER_INTERVAL_MS = 25;
const REGISTRATION_MS_MAX = 5000;
/** A controller that failed is followed by another in less time than this, where there can be one. */
const NO_CONTROLLER_MS = 3000;
const CONTROLLER_LOOK_MS = 100;

/**
 * A broker's standing in the cluster (KIP-631): it registers, is fenced until it has caught up with
 * its registration, sends heartbeats while it serves, and asks for leave before it stops.
 */
export class BrokerLifecycle {
  readonly #options: BrokerLifecycleOptions;
  readonly #unfenced = Promise.withResolvers<void>();
  #leave: (() => void) | undefined;
  #epoch = -1;
  #isFenced = true;
  #wantsShutDown = false;
  #isStopped = false;
  #timer: Timer | undefined;

  constructor(options: BrokerLifecycleOptions) {
    this.#options = options;
    this.#unfenced.promise.catch(() => undefined);
  }

  /** Epoch of the registration; -1 before it. */
  get epoch(): number {
    return this.#epoch;
  }

  get isFenced(): boolean {
    return this.#isFenced;
  }

  /**
   * Registers the broker and keeps it registered; resolves when it is unfenced for the first time.
   *
   * @throws {RegistrationError} when it never will be
   */
  async start(): Promise<void> {
    await this.#register();
    this.#beat();
    await this.#unfenced.promise;
  }

  /**
   * Controlled shutdown: asks that other brokers take over what this one leads, and resolves when
   * that is done, with true; with false when `timeoutMs` have passed, or when there is no controller
   * to ask: the last brokers of a cluster that is shut down as a whole find none. Heartbeats go on
   * until {@link stop}.
   */
  async shutDown(timeoutMs: number): Promise<boolean> {
    if (this.#isStopped || this.#epoch < 0) return false;
    const { clock, quorum } = this.#options;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = clock.schedule(timeoutMs, () => resolve(false));
    let unknownMs = 0;
    let look: Timer;
    const lookForController = (): void => {
      look = clock.schedule(CONTROLLER_LOOK_MS, () => {
        unknownMs = quorum.leaderId < 0 ? unknownMs + CONTROLLER_LOOK_MS : 0;
        if (unknownMs >= NO_CONTROLLER_MS) resolve(false);
        else lookForController();
      });
    };
    lookForController();
    this.#wantsShutDown = true;
    this.#leave = () => resolve(!this.#isStopped);
    this.#schedule(0);
    try {
      return await promise;
    } finally {
      timer.cancel();
      look!.cancel();
    }
  }

  /** Says nothing more to the controller. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#leave?.();
    this.#unfenced.reject(new RegistrationError("stopped before the cluster took the broker in"));
  }

  async #register(): Promise<void> {
    const { broker, channel, clock, logger, sessionTimeoutMs } = this.#options;
    const request = registrationRequest(broker);
    // A former incarnation that ended without a word counts as alive until its session is over.
    const deadlineMs = clock.monotonicMs() + 2 * sessionTimeoutMs;
    for (;;) {
      if (this.#isStopped) throw new RegistrationError("stopped before it was registered");
      let errorCode: number;
      try {
        const answer = await channel.send(
          brokerRegistrationApi,
          REGISTRATION_VERSION,
          request,
          REGISTRATION_MS_MAX,
        );
        errorCode = answer.errorCode;
        if (errorCode === ErrorCode.NONE) {
          this.#epoch = answer.brokerEpoch;
          return;
        }
      } catch (error) {
        logger.warn("not registered yet: no controller answers", { error });
        continue;
      }
      const mayPass = errorCode === ErrorCode.DUPLICATE_BROKER_REGISTRATION;
      if (!mayPass || clock.monotonicMs() >= deadlineMs) {
        throw registrationRefusal(broker, errorCode);
      }
      await new Promise<void>((resolve) => clock.schedule(100, resolve));
    }
  }

  #beat(): void {
    if (this.#isStopped) return;
    this.#timer = undefined;
    this.#heartbeat().then((intervalMs) => this.#schedule(intervalMs), (error) => {
      const { logger } = this.#options;
      if (!this.#isStopped) logger.warn("heartbeat not answered", { error });
      this.#schedule(0);
    });
  }

  #schedule(delayMs: number): void {
    if (this.#isStopped) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.schedule(delayMs, () => this.#beat());
  }

  /** @returns milliseconds until the next one */
  async #heartbeat(): Promise<number> {
    const { broker, channel, quorum, heartbeatIntervalMs, sessionTimeoutMs } = this.#options;
    const hasFailed = this.#options.hasFailedReplica();
    const request = {
      brokerId: broker.id,
      brokerEpoch: this.#epoch,
      currentMetadataOffset: quorum.highWatermark - 1,
      offlineLogDirs: hasFailed ? [broker.directoryId] : [],
      wantFence: false,
      wantShutDown: this.#wantsShutDown,
    };
    const answer = await channel.send(
      brokerHeartbeatApi,
      HEARTBEAT_VERSION,
      request,
      Math.max(sessionTimeoutMs / 2, heartbeatIntervalMs),
    );
    await this.#heard(answer);
    const isEager = this.#wantsShutDown || (this.#isFenced && !hasFailed);
    return isEager ? EAGER_INTERVAL_MS : heartbeatIntervalMs;
  }

  async #heard(answer: BrokerHeartbeatResponse): Promise<void> {
    const { logger, broker } = this.#options;
    const { errorCode, isFenced, shouldShutDown } = answer;
    if (
      errorCode === ErrorCode.STALE_BROKER_EPOCH ||
      errorCode === ErrorCode.BROKER_ID_NOT_REGISTERED
    ) {
      logger.warn("the cluster does not know this registration any more", { errorCode });
      await this.#register();
      return;
    }
    if (errorCode !== ErrorCode.NONE) {
      logger.warn("heartbeat refused", { errorCode });
      return;
    }
    if (isFenced !== this.#isFenced) {
      this.#isFenced = isFenced;
      logger.info(isFenced ? "broker fenced" : "broker unfenced", {
        broker: broker.id,
        epoch: this.#epoch,
      });
    }
    if (!isFenced) this.#unfenced.resolve();
    if (shouldShutDown) this.#leave?.();
  }
}

/** The registration of a broker, as BrokerRegistration takes it. */
export function registrationRequest(broker: StartedBroker) {
  return {
    brokerId: broker.id,
    clusterId: broker.clusterId,
    incarnationId: broker.incarnationId,
    listeners: broker.endpoints,
    features: SUPPORTED_FEATURES.map(({ name, min, max }) => ({
      name,
      minSupportedVersion: min,
      maxSupportedVersion: max,
    })),
    rack: broker.rack,
    logDirs: [broker.directoryId],
    previousBrokerEpoch: broker.previousEpoch,
  };
}

/** A refused registration in words. */
export function registrationRefusal(
  { id, clusterId }: StartedBroker,
  errorCode: number,
): RegistrationError {
  switch (errorCode) {
    case ErrorCode.DUPLICATE_BROKER_REGISTRATION:
      return new RegistrationError(
        `another broker runs as broker ${id} of this cluster; give this one another node.id`,
      );
    case ErrorCode.INCONSISTENT_CLUSTER_ID:
      return new RegistrationError(
        `the data directory belongs to cluster ${clusterId}, and the brokers that were found ` +
          "are of another one",
      );
    case ErrorCode.UNSUPPORTED_VERSION:
      return new RegistrationError(
        "the cluster uses feature levels that this version does not support",
      );
    default:
      return new RegistrationError(`the controller refuses the registration: error ${errorCode}`);
  }
}
