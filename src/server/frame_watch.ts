import type { ServerLimits } from "./limits.ts";

/** Sees to it that a request which has begun arrives. */
export class FrameWatch {
  /** Frames that were complete before the one that is watched; -1 when none is. */
  #frames = -1;
  /** What had come of it when it was first seen. */
  #bytes = 0;
  #sinceMs = 0;

  constructor(private readonly limits: ServerLimits) {}

  /**
   * A frame is watched from the first call that sees it on.
   *
   * @param frames complete frames before it
   * @param bytes what has come of it
   * @returns whether it takes too long
   */
  isLate(frames: number, bytes: number, nowMs: number): boolean {
    if (this.#frames !== frames) {
      this.#frames = frames;
      this.#bytes = bytes;
      this.#sinceMs = nowMs;
      return false;
    }
    const { frameTimeoutMs, frameBytesPerSecondMin } = this.limits;
    const lateMs = nowMs - this.#sinceMs - frameTimeoutMs;
    return bytes - this.#bytes < lateMs / 1000 * frameBytesPerSecondMin;
  }

  /** The frame is not the peer's to go on with, or there is none. */
  forget(): void {
    this.#frames = -1;
  }
}
