import type { Logger } from "../../base/logger.ts";
import { randomUuid } from "../../base/uuid.ts";
import type { Clock } from "../../io/clock.ts";
import type { Random } from "../../io/random.ts";
import type { BrokerEndpoint } from "../../metadata/image/brokers_image.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { Controller } from "../controller/controller.ts";
import type { BrokerIdentity } from "../identity.ts";
import { type MetadataQuorum, NotControllerError } from "../metadata_quorum.ts";
import {
  BrokerLifecycle,
  RegistrationError,
  registrationRefusal,
  registrationRequest,
  type StartedBroker,
} from "./broker_lifecycle.ts";
import type { ControllerChannel } from "./controller_channel.ts";

/** What a {@link BrokerStanding} works with. */
export interface BrokerStandingOptions {
  readonly identity: BrokerIdentity;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly quorum: MetadataQuorum;
  /** Of this broker; it decides when no other broker can. */
  readonly controller: Controller;
  /** Undefined when this broker is alone. */
  readonly channel: ControllerChannel | undefined;
  /** The broker epoch that the last stop left behind, if that was in good order; else -1. */
  readonly lastEpoch: number;
  /** The value of a broker setting. */
  setting(name: string): string | null;
  /** Whether the disk has failed under a replica. */
  hasFailedReplica(): boolean;
}

/** How long catching up with the metadata may take before the leader is asked again. */
const CATCH_UP_MS = 5000;
const CATCH_UP_RETRY_MS = 20;

/** What this broker is to its cluster: alone, or one that registers with the active controller. */
export class BrokerStanding {
  #lifecycle: BrokerLifecycle | undefined;
  /** Of the registration of a broker that is alone. */
  #epochAlone = -1;
  #isStopping = false;

  constructor(private readonly options: BrokerStandingOptions) {}

  /** Epoch of this process's registration; -1 before it. */
  get epoch(): number {
    return this.#lifecycle?.epoch ?? this.#epochAlone;
  }

  /** What a stop in good order leaves behind: without a registration, what the last one left. */
  get epochToKeep(): number {
    return this.epoch >= 0 ? this.epoch : this.options.lastEpoch;
  }

  /**
   * Registers the broker, and resolves when it is unfenced.
   *
   * @param begin called when the image shows all that the cluster has agreed on, before the broker
   *   can be given anything to do
   * @throws {RegistrationError} the cluster has no place for this broker
   */
  async register(endpoints: readonly BrokerEndpoint[], begin: () => void): Promise<void> {
    const { channel } = this.options;
    const started = this.#started(endpoints);
    if (channel === undefined) {
      await this.#registerAlone(started);
      begin();
      return;
    }
    await this.#catchUp();
    begin();
    const { quorum, clock, logger, hasFailedReplica } = this.options;
    this.#lifecycle = new BrokerLifecycle({
      broker: started,
      channel,
      quorum,
      clock,
      logger,
      heartbeatIntervalMs: this.#milliseconds("broker.heartbeat.interval.ms"),
      sessionTimeoutMs: this.#milliseconds("broker.session.timeout.ms"),
      hasFailedReplica,
    });
    await this.#lifecycle.start();
  }

  /** Ends {@link register}, if it still waits for the cluster. @returns whether it did */
  stopWaiting(): boolean {
    if (this.#lifecycle?.isFenced === false) return false;
    this.stop();
    return true;
  }

  /** Lets other brokers take over what this one leads, as long as that is done in `timeoutMs`. */
  async handOver(timeoutMs: number): Promise<void> {
    const isDone = await this.#lifecycle?.shutDown(timeoutMs);
    if (isDone !== false) return;
    this.options.logger.warn("stopping without having handed over", { timeoutMs });
  }

  /** Says nothing more to the controller. */
  stop(): void {
    this.#isStopping = true;
    this.#lifecycle?.stop();
    this.options.channel?.close();
  }

  async #registerAlone(started: StartedBroker): Promise<void> {
    const request = { ...registrationRequest(started), isMigratingZkBroker: false };
    const { errorCode, brokerEpoch = -1 } = await this.options.controller.register(request);
    if (errorCode !== ErrorCode.NONE) throw registrationRefusal(started, errorCode);
    this.#epochAlone = brokerEpoch;
  }

  #started(endpoints: readonly BrokerEndpoint[]): StartedBroker {
    const { identity: { brokerId: id, clusterId, directoryId }, random, lastEpoch } = this.options;
    return {
      id,
      clusterId,
      incarnationId: randomUuid((bytes) => random.fill(bytes)),
      endpoints,
      rack: this.options.setting("broker.rack"),
      directoryId,
      previousEpoch: lastEpoch,
    };
  }

  /** Waits until the image shows all that the cluster had agreed on when this began. */
  async #catchUp(): Promise<void> {
    const { quorum, clock } = this.options;
    for (;;) {
      if (this.#isStopping) throw new RegistrationError("stopped before it found the cluster");
      try {
        if (await quorum.caughtUp(await quorum.readIndex(), CATCH_UP_MS)) return;
      } catch (error) {
        if (!(error instanceof NotControllerError)) throw error;
        await new Promise<void>((resolve) => clock.schedule(CATCH_UP_RETRY_MS, resolve));
      }
    }
  }

  #milliseconds(name: string): number {
    return Number(this.options.setting(name));
  }
}
