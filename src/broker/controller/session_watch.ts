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

/**
 * Fences brokers that are gone: those whose session is over, together, and at once those whose
 * machine says that nobody listens any more.
 */
export class SessionWatch extends Duty<SessionWatchOptions> {
  #timer: Timer | undefined;

  /** The connection of a broker has ended. */
  disconnected(brokerId: number): void {
    this.options.sessions.disconnected(brokerId);
    this.suspect(brokerId);
  }

  /** Looks whether the process of a broker is gone. */
  suspect(brokerId: number): void {
    const { quorum, probe } = this.options;
    const broker = quorum.image.brokers.byId(brokerId);
    if (!this.isActive || broker === undefined || broker.fenced) return;
    const { epoch } = broker;
    void this.run("probe", async () => {
      if (!await probe.isRefused(brokerId)) return;
      const isSame = (image: ClusterImage) => image.brokers.byId(brokerId)?.epoch === epoch;
      await this.#fence(
        "nobody listens on its cluster port",
        (image) => isSame(image) ? [brokerId] : [],
      );
    });
  }

  protected begin(): void {
    const { sessions, quorum, clock } = this.options;
    const { image } = quorum;
    const others = this.#watched(image);
    sessions.takeOver(others, clock.monotonicMs(), image.lastOffset);
    this.#schedule();
    // The last controller may be gone together with what it led; nobody else would notice soon.
    for (const { id } of others) this.suspect(id);
  }

  protected end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): void {
    const { clock, sessions, quorum } = this.options;
    const nowMs = clock.monotonicMs();
    let delayMs = sessions.timeoutMs();
    for (const { id } of this.#watched(quorum.image)) {
      delayMs = Math.min(delayMs, sessions.remainingMs(id, nowMs));
    }
    this.#timer = clock.schedule(delayMs, () => this.#expire());
  }

  #expire(): void {
    const { clock, sessions } = this.options;
    const expired = (image: ClusterImage) =>
      this.#watched(image).map(({ id }) => id)
        .filter((id) => sessions.isExpired(id, clock.monotonicMs()));
    void this.#fence("its session is over", expired).then(() => {
      if (this.isActive) this.#schedule();
    });
  }

  /** Fences whom `choose` names, for as many batches as it takes. */
  #fence(reason: string, choose: (image: ClusterImage) => readonly number[]): Promise<void> {
    const { logger, sessions, layers } = this.options;
    return this.run("fencing", async (decide) => {
      for (;;) {
        let ids: readonly number[] = [];
        const { isComplete } = await decide((image) => {
          ids = choose(image);
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
