import type { ServerLimits } from "./limits.ts";

/** Counts connections against the limits on them, which may change. */
export class ConnectionGate {
  #open = 0;
  readonly #openByHost = new Map<string, number>();
  readonly #waiters: (() => void)[] = [];

  constructor(readonly limits: ServerLimits) {}

  /** Counts a connection from `host`; false when that address has as many as it may. */
  enter(host: string): boolean {
    const open = this.#openByHost.get(host) ?? 0;
    const max = this.limits.connectionsPerIpOverrides.get(host) ?? this.limits.connectionsPerIpMax;
    if (open >= max) return false;
    this.#openByHost.set(host, open + 1);
    this.#open++;
    return true;
  }

  leave(host: string): void {
    const open = this.#openByHost.get(host)! - 1;
    if (open === 0) this.#openByHost.delete(host);
    else this.#openByHost.set(host, open);
    this.#open--;
    this.#waiters.shift()?.();
  }

  /** Whether one more connection may be accepted. */
  get hasRoom(): boolean {
    return this.#open < this.limits.connectionsMax;
  }

  /** Settles when a connection has ended, or at {@link wakeAll}. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** To be called when a limit may have been raised. */
  recheck(): void {
    if (this.hasRoom) this.wakeAll();
  }

  wakeAll(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}
