import { invariant } from "../base/invariant.ts";

/** A leader epoch and the offset at which it began. */
export interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}

/** What is returned for an epoch that the log knows nothing of. */
export const UNKNOWN_EPOCH_END: EpochEnd = { epoch: -1, endOffset: -1 };

/** The largest epoch up to one asked for, and the offset behind its last record. */
export interface EpochEnd {
  readonly epoch: number;
  readonly endOffset: number;
}

/**
 * Which leader epoch wrote which offsets (KIP-101, KIP-279): how a follower finds where its log
 * parts from the leader's. Epochs and start offsets both increase. Pure; the log keeps it on disk.
 */
export class LeaderEpochs {
  #entries: EpochStart[] = [];
  /** Set by every change, cleared by who writes it down. */
  isDirty = false;

  constructor(entries: readonly EpochStart[] = []) {
    invariant(areIncreasing(entries), "leader epochs and their offsets must increase");
    this.#entries = [...entries];
  }

  /** -1 when there is none. */
  get latestEpoch(): number {
    return this.#entries.length === 0 ? -1 : this.#entries[this.#entries.length - 1]!.epoch;
  }

  entries(): readonly EpochStart[] {
    return this.#entries;
  }

  /** `epoch` begins at `startOffset`, unless it or a later one has begun already. */
  assign(epoch: number, startOffset: number): void {
    if (epoch <= this.latestEpoch || epoch < 0) return;
    this.#keep((entry) => entry.startOffset < startOffset);
    this.#entries.push({ epoch, startOffset });
    this.isDirty = true;
  }

  /** Where `epoch` ends: the start of the next one, or `logEndOffset` for the latest. */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEnd {
    if (epoch < 0 || epoch > this.latestEpoch) return UNKNOWN_EPOCH_END;
    if (epoch === this.latestEpoch) return { epoch, endOffset: logEndOffset };
    const next = this.#entries.findIndex((entry) => entry.epoch > epoch);
    const endOffset = this.#entries[next]!.startOffset;
    return { epoch: next === 0 ? epoch : this.#entries[next - 1]!.epoch, endOffset };
  }

  /** The epoch that wrote `offset`; -1 when unknown. */
  epochFor(offset: number): number {
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      if (this.#entries[i]!.startOffset <= offset) return this.#entries[i]!.epoch;
    }
    return -1;
  }

  /** The log now ends with `endOffset`: later epochs have written nothing. */
  truncateFromEnd(endOffset: number): void {
    this.#keep((entry) => entry.startOffset < endOffset);
  }

  /** The log now begins with `startOffset`: the epoch that holds it begins there. */
  truncateFromStart(startOffset: number): void {
    const entries = this.#entries;
    let floor = -1;
    while (floor + 1 < entries.length && entries[floor + 1]!.startOffset <= startOffset) floor++;
    if (floor < 0 || (floor === 0 && entries[0]!.startOffset === startOffset)) return;
    this.#entries = [{ epoch: entries[floor]!.epoch, startOffset }, ...entries.slice(floor + 1)];
    this.isDirty = true;
  }

  clear(): void {
    this.#keep(() => false);
  }

  #keep(isKept: (entry: EpochStart) => boolean): void {
    const kept = this.#entries.filter(isKept);
    if (kept.length === this.#entries.length) return;
    this.#entries = kept;
    this.isDirty = true;
  }
}

/** Whether the list is in order, as {@link LeaderEpochs} needs it. */
export function areIncreasing(entries: readonly EpochStart[]): boolean {
  return entries.every(({ epoch, startOffset }, i) => {
    if (epoch < 0 || startOffset < 0) return false;
    const previous = entries[i - 1];
    return previous === undefined ||
      (previous.epoch < epoch && previous.startOffset < startOffset);
  });
}
