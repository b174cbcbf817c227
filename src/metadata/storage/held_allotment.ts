/**
 * An allotment over time: it grows at once, and shrinks only to what it has been at most during a
 * whole grace period, so that demand that goes up and down deletes nothing. Pure.
 */
export class HeldAllotment {
  #heldBytes: number;
  #lowSinceMs: number | undefined;
  #lowMaxBytes = 0;

  constructor(bytes: number) {
    this.#heldBytes = bytes;
  }

  get bytes(): number {
    return this.#heldBytes;
  }

  /** Takes the newest value, at monotonic `nowMs`. Under pressure a smaller one counts at once. */
  update(bytes: number, nowMs: number, graceMs: number, isUnderPressure: boolean): number {
    if (bytes >= this.#heldBytes || isUnderPressure) {
      this.#heldBytes = bytes;
      this.#lowSinceMs = undefined;
      return bytes;
    }
    if (this.#lowSinceMs === undefined) {
      this.#lowSinceMs = nowMs;
      this.#lowMaxBytes = bytes;
    }
    this.#lowMaxBytes = Math.max(this.#lowMaxBytes, bytes);
    if (nowMs - this.#lowSinceMs >= graceMs) {
      this.#heldBytes = this.#lowMaxBytes;
      this.#lowSinceMs = nowMs;
      this.#lowMaxBytes = bytes;
    }
    return this.#heldBytes;
  }
}
