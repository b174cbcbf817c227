import { crc32c } from "../../../src/base/crc32c.ts";
import type { SeededRandom } from "./seeded_random.ts";
import type { VirtualTime } from "./virtual_time.ts";

/** How one direction between two hosts behaves. */
export interface LinkQuality {
  /** The fastest that anything arrives. */
  readonly latencyMs: number;
  /** Mean of what comes on top, exponentially distributed. */
  readonly jitterMs: number;
  /** Probability that a packet is lost. */
  readonly loss: number;
  /** Probability that a datagram arrives twice. */
  readonly duplication: number;
  /** Probability that a datagram takes ten times as long, so that others overtake it. */
  readonly reordering: number;
  readonly bytesPerMs: number;
}

/** Two machines on one switch. */
export const GOOD_LINK: LinkQuality = {
  latencyMs: 0.1,
  jitterMs: 0.2,
  loss: 0,
  duplication: 0,
  reordering: 0,
  bytesPerMs: 125_000,
};

/** What a packet is for, so that traces can be read. */
export type PacketKind = "stream" | "datagram";

/** One direction between two hosts. */
export class Link {
  quality: LinkQuality = GOOD_LINK;
  /** Nothing comes through. Counts, so that faults that overlap end one by one. */
  blocks = 0;
  /** When the line is free for the next packet. */
  #busyUntilMs = 0;

  constructor(readonly from: string, readonly to: string) {}

  get isOpen(): boolean {
    return this.blocks === 0;
  }

  /** Milliseconds until a packet of `bytes` that is sent at `nowMs` arrives. */
  delayMs(nowMs: number, bytes: number, random: SeededRandom): number {
    const { latencyMs, jitterMs, bytesPerMs } = this.quality;
    const startMs = Math.max(nowMs, this.#busyUntilMs);
    this.#busyUntilMs = startMs + bytes / bytesPerMs;
    return this.#busyUntilMs - nowMs + latencyMs + random.exponential(jitterMs);
  }
}

/** All links between all hosts, and the chance that rules them. */
export class Fabric {
  readonly #links = new Map<string, Map<string, Link>>();
  readonly random: SeededRandom;
  /** What links are like that were not set apart. */
  #quality: LinkQuality = GOOD_LINK;

  constructor(readonly time: VirtualTime, random: SeededRandom) {
    this.random = random.fork("network");
  }

  link(from: string, to: string): Link {
    let links = this.#links.get(from);
    if (links === undefined) this.#links.set(from, links = new Map<string, Link>());
    let link = links.get(to);
    if (link === undefined) {
      links.set(to, link = new Link(from, to));
      link.quality = this.#quality;
    }
    return link;
  }

  /** Sets the quality of every link, those that come up later included. */
  setQuality(quality: LinkQuality): void {
    this.#quality = quality;
    for (const links of this.#links.values()) {
      for (const link of links.values()) link.quality = quality;
    }
  }

  /** Ends all blocks and makes every link good. */
  heal(): void {
    this.setQuality(GOOD_LINK);
    for (const links of this.#links.values()) {
      for (const link of links.values()) link.blocks = 0;
    }
  }

  /** Puts a packet that arrived into the history. */
  arrived(kind: PacketKind, bytes: Uint8Array): void {
    this.time.trace.tally(kind, bytes.length, crc32c(bytes, 0, bytes.length));
  }
}
