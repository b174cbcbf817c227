import type { Clock, Timer } from "../io/clock.ts";

/** Why one connection is not served for a time: it is muted, or others have their turn. */
export class Pauses {
  #muteTimer: Timer | undefined;
  #mutedUntilMs = 0;
  #yieldTimer: Timer | undefined;

  /** @param owner told when a pause is over */
  constructor(private readonly clock: Clock, private readonly owner: { resume(): void }) {}

  get isMuted(): boolean {
    return this.#muteTimer !== undefined;
  }

  get isYielding(): boolean {
    return this.#yieldTimer !== undefined;
  }

  /** Of pipelined requests that are throttled, the longest time counts. */
  mute(muteMs: number): void {
    const endMs = this.clock.monotonicMs() + muteMs;
    if (this.#muteTimer !== undefined && endMs <= this.#mutedUntilMs) return;
    this.#muteTimer?.cancel();
    this.#mutedUntilMs = endMs;
    this.#muteTimer = this.clock.schedule(muteMs, () => {
      this.#muteTimer = undefined;
      this.owner.resume();
    });
  }

  /** Until the next turn of the event loop. */
  yieldTurn(): void {
    this.#yieldTimer ??= this.clock.schedule(0, () => {
      this.#yieldTimer = undefined;
      this.owner.resume();
    });
  }

  cancel(): void {
    this.#muteTimer?.cancel();
    this.#yieldTimer?.cancel();
  }
}
