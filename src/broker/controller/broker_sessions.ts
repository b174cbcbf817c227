import type { BrokerLiveness } from "../../metadata/broker_registration.ts";

/** What the active controller has heard of one incarnation of a broker. Volatile. */
interface Session {
  epoch: number;
  /** On the monotonic clock; of the takeover, for a broker that was not heard since. */
  lastHeardMs: number;
  /** It was heard, and nothing broke since. */
  isHeard: boolean;
  /** Metadata offset that it said to have replayed. */
  replayedOffset: number;
  /** Metadata offset by which its leaderships had moved, in a controlled shutdown. */
  handedOverOffset: number | undefined;
}

/** A broker that was registered or unfenced before this controller took over. */
export interface KnownBroker {
  readonly id: number;
  readonly epoch: number;
  readonly inControlledShutdown: boolean;
}

/**
 * The sessions of brokers with the active controller. Nothing of them is in the metadata log: who
 * takes over begins anew, and gives every broker a whole session.
 */
export class BrokerSessions {
  readonly #sessionOf = new Map<number, Session>();

  /** @param timeoutMs `broker.session.timeout.ms` */
  constructor(readonly timeoutMs: () => number) {}

  /** Begins anew, with brokers that have been unfenced by a controller before this one. */
  takeOver(brokers: Iterable<KnownBroker>, nowMs: number, metadataOffset: number): void {
    this.#sessionOf.clear();
    for (const { id, epoch, inControlledShutdown } of brokers) {
      const session = this.#begin(id, epoch, nowMs);
      if (inControlledShutdown) session.handedOverOffset = metadataOffset;
    }
  }

  /** A broker has said that it lives. */
  heard(id: number, epoch: number, replayedOffset: number, nowMs: number): void {
    let session = this.#sessionOf.get(id);
    if (session === undefined || session.epoch !== epoch) session = this.#begin(id, epoch, nowMs);
    session.lastHeardMs = nowMs;
    session.isHeard = true;
    session.replayedOffset = Math.max(session.replayedOffset, replayedOffset);
  }

  /** Its connection broke: it may be gone. */
  disconnected(id: number): void {
    const session = this.#sessionOf.get(id);
    if (session !== undefined) session.isHeard = false;
  }

  /** It is gone. */
  end(id: number): void {
    this.#sessionOf.delete(id);
  }

  liveness(id: number, nowMs: number): BrokerLiveness {
    const session = this.#sessionOf.get(id);
    if (session === undefined || this.#isOver(session, nowMs)) return "dead";
    return session.isHeard ? "alive" : "doubtful";
  }

  isExpired(id: number, nowMs: number): boolean {
    const session = this.#sessionOf.get(id);
    return session === undefined || this.#isOver(session, nowMs);
  }

  /** How long the session of a broker goes on without a word; 0 when it is over. */
  remainingMs(id: number, nowMs: number): number {
    const session = this.#sessionOf.get(id);
    return session === undefined ? 0 : Math.max(0, session.lastHeardMs + this.timeoutMs() - nowMs);
  }

  /** Metadata offset that a broker is known to have replayed; -1 when nothing is known. */
  replayedOffset(id: number): number {
    return this.#sessionOf.get(id)?.replayedOffset ?? -1;
  }

  /** Undefined while leaderships have not moved. */
  handedOverOffset(id: number): number | undefined {
    return this.#sessionOf.get(id)?.handedOverOffset;
  }

  /** All that was led by a broker in controlled shutdown has moved by `metadataOffset`. */
  handedOver(id: number, metadataOffset: number): void {
    const session = this.#sessionOf.get(id);
    if (session !== undefined) session.handedOverOffset = metadataOffset;
  }

  #begin(id: number, epoch: number, nowMs: number): Session {
    const session: Session = {
      epoch,
      lastHeardMs: nowMs,
      isHeard: false,
      replayedOffset: -1,
      handedOverOffset: undefined,
    };
    this.#sessionOf.set(id, session);
    return session;
  }

  #isOver({ lastHeardMs }: Session, nowMs: number): boolean {
    return nowMs - lastHeardMs >= this.timeoutMs();
  }
}
