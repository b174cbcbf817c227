import type { Clock, Timer } from "../io/clock.ts";
import type { ByteStream, SocketAddress, StreamListener } from "../io/network.ts";
import type { ConnectionGate } from "./connection_gate.ts";
import type { LimitedLog } from "./limited_log.ts";
import type { ServerMetrics } from "./request_metrics.ts";

const BACKOFF_MS_MIN = 10;
const BACKOFF_MS_MAX = 1000;

/**
 * Accepts connections on one port, as long as there is room for more: others wait in the system's
 * backlog. A failed accept (out of descriptors, out of memory) is tried again after a pause.
 */
export class Listener {
  #isOpen = true;
  #backoffMs = BACKOFF_MS_MIN;
  #timer: Timer | undefined;
  #wake: (() => void) | undefined;

  constructor(
    readonly name: string,
    readonly port: StreamListener,
    readonly gate: ConnectionGate,
    readonly clock: Clock,
    readonly metrics: ServerMetrics,
    readonly peerLog: LimitedLog,
  ) {}

  get address(): SocketAddress {
    return this.port.address;
  }

  /**
   * Hands every connection to `accepted` until {@link close}.
   * @param accepted tells for how many milliseconds no more are to be accepted
   */
  async run(accepted: (stream: ByteStream, listenerName: string) => number): Promise<void> {
    while (this.#isOpen) {
      if (!this.gate.hasRoom) {
        this.peerLog.warn("no room for more connections", { listener: this.name });
        await this.gate.change();
        continue;
      }
      try {
        const stream = await this.port.accept();
        if (stream === undefined) return;
        this.#backoffMs = BACKOFF_MS_MIN;
        if (!this.#isOpen) {
          stream.close();
          return;
        }
        const pauseMs = accepted(stream, this.name);
        if (pauseMs > 0) await this.#pause(pauseMs);
      } catch (error) {
        this.metrics.acceptErrors++;
        this.peerLog.warn("accept failed", { listener: this.name, error });
        await this.#pause(this.#backoffMs);
        this.#backoffMs = Math.min(BACKOFF_MS_MAX, this.#backoffMs * 2);
      }
    }
  }

  /** Accepts no more; what was accepted lives on. */
  close(): void {
    this.#isOpen = false;
    this.port.close();
    this.#timer?.cancel();
    this.#wake?.();
    this.gate.wakeAll();
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = this.clock.schedule(delayMs, resolve);
    });
  }
}
