import type { Timer } from "../../io/clock.ts";
import { fenceBrokers } from "../../metadata/broker_heartbeat.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import type { BrokerSessions } from "./broker_sessions.ts";
import { Duty, type DutyOptions } from "./duty.ts";
import type { BrokerProbe } from "./peer_probe.ts";

/** What a {@link SessionWatch} works with. */
export interface SessionWatchOptions extends DutyOptions {
  readonly sessions: BrokerSessions;
  readonly probe: BrokerProbe;
  /** Of the broker that the controller runs in: it lives. */
  readonly brokerId: number;
}

/** A look that told nothing is repeated after so long, and twice as long each time. */
const LOOK_MS_MIN = 20;
const LOOK_MS_MAX = 500;

/**
 * Fences brokers that are gone: those whose session is over, together, and at once those whose
 * machine says that nobody listens any more. Who was not heard since the takeover, or since its
 * connection broke, is looked for again and again until it is.
 */
export class SessionWatch extends Duty<SessionWatchOptions> {
  #expiry: Timer | undefined;
  #look: Timer | undefined;
  #lookDelayMs = LOOK_MS_MIN;
  /** Brokers whose machine is being asked. */
  readonly #asked = new Set<number>();

  /** The connection of a broker has ended. */
  disconnected(brokerId: number): void {
    if (!this.isActive) return;
    this.options.sessions.disconnected(brokerId);
    this.#lookAtOnce();
  }

  /** Looks whether the process of a broker is gone. */
  suspect(brokerId: number): void {
    const { quorum, probe } = this.options;
    const broker = quorum.image.brokers.byId(brokerId);
    if (!this.isActive || broker === undefined || broker.fenced) return;
    if (this.#asked.has(brokerId)) return;
    this.#asked.add(brokerId);
    const { epoch } = broker;
    const isSame = (image: ClusterImage) => image.brokers.byId(brokerId)?.epoch === epoch;
    void this.run("probe", async () => {
      const isRefused = await probe.isRefused(brokerId).finally(() => this.#asked.delete(brokerId));
      if (!isRefused) return;
      await this.#fence(
        "nobody listens on its cluster port",
        (image) => isSame(image) ? [brokerId] : [],
      );
    });
  }

  protected begin(): void {
    const { sessions, quorum, clock } = this.options;
    const { image } = quorum;
    sessions.takeOver(this.#watched(image), clock.monotonicMs(), image.lastOffset);
    this.#scheduleExpiry();
    // The last controller may be gone together with what it led; nobody else would notice soon.
    this.#lookAtOnce();
  }

  protected end(): void {
    this.#expiry?.cancel();
    this.#look?.cancel();
    this.#expiry = undefined;
    this.#look = undefined;
  }

  #lookAtOnce(): void {
    this.#look?.cancel();
    this.#lookDelayMs = LOOK_MS_MIN;
    this.#lookForUnheard();
  }

  #lookForUnheard(): void {
    const { clock, sessions, quorum } = this.options;
    this.#look = undefined;
    const nowMs = clock.monotonicMs();
    const unheard = this.#watched(quorum.image)
      .filter(({ id }) => sessions.liveness(id, nowMs) === "doubtful");
    if (unheard.length === 0) return;
    for (const { id } of unheard) this.suspect(id);
    this.#look = clock.schedule(this.#lookDelayMs, () => this.#lookForUnheard());
    this.#lookDelayMs = Math.min(LOOK_MS_MAX, this.#lookDelayMs * 2);
  }

  #scheduleExpiry(): void {
    const { clock, sessions, quorum } = this.options;
    const nowMs = clock.monotonicMs();
    let delayMs = sessions.timeoutMs();
    for (const { id } of this.#watched(quorum.image)) {
      delayMs = Math.min(delayMs, sessions.remainingMs(id, nowMs));
    }
    this.#expiry = clock.schedule(delayMs, () => this.#expire());
  }

  #expire(): void {
    const { clock, sessions } = this.options;
    const expired = (image: ClusterImage) =>
      this.#watched(image).map(({ id }) => id)
        .filter((id) => sessions.isExpired(id, clock.monotonicMs()));
    void this.#fence("its session is over", expired).then(() => {
      if (this.isActive) this.#scheduleExpiry();
    });
  }

  /** Fences whom `choose` names, for as many batches as it takes. */
  #fence(reason: string, choose: (image: ClusterImage) => readonly number[]): Promise<void> {
    const { logger, sessions, layers } = this.options;
    return this.run("fencing", async (decide) => {
      for (;;) {
        let ids: readonly number[] = [];
        const { isComplete } = await decide((image) => {
          ids = choose(image).filter((id) => image.brokers.byId(id)?.fenced === false);
          return fenceBrokers(image, ids, layers());
        });
        if (!isComplete) continue;
        for (const broker of ids) {
          sessions.end(broker);
          logger.warn("broker fenced", { broker, reason });
        }
        return;
      }
    });
  }

  /** All unfenced brokers but the own. */
  #watched(image: ClusterImage) {
    const { brokerId } = this.options;
    return [...image.brokers.all()].filter(({ id, fenced }) => !fenced && id !== brokerId);
  }
}
