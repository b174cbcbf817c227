const SLOTS = 8;
const NONE = new Float64Array(0);

/**
 * Where sequential readers of one log go on: the offset that each will ask for next, and where it
 * is. Saves them the search in the index. The latest few places, none for a log that nobody reads;
 * several readers on the same way share them.
 */
export class ReadPositions {
  #offsets: Float64Array | undefined;
  #segments = NONE;
  #positions = NONE;
  #nextSlot = 0;
  /** Counts the calls of {@link clear}. */
  generation = 0;

  /** The slot of a reader that goes on at `offset`; -1 when there is none. */
  find(offset: number): number {
    if (this.#offsets === undefined) return -1;
    for (let slot = 0; slot < SLOTS; slot++) {
      if (this.#offsets[slot] === offset) return slot;
    }
    return -1;
  }

  /** Base offset of the segment where the reader goes on. */
  segmentAt(slot: number): number {
    return this.#segments[slot]!;
  }

  /** Byte position in that segment. */
  positionAt(slot: number): number {
    return this.#positions[slot]!;
  }

  /** Remembers a position, unless {@link clear} was called since `generation` was current. */
  add(generation: number, offset: number, segmentBaseOffset: number, position: number): void {
    if (generation !== this.generation) return;
    if (this.#offsets === undefined) {
      this.#offsets = new Float64Array(SLOTS).fill(-1);
      this.#segments = new Float64Array(SLOTS);
      this.#positions = new Float64Array(SLOTS);
    }
    let slot = this.find(offset);
    if (slot < 0) {
      slot = this.#nextSlot;
      this.#nextSlot = (slot + 1) % SLOTS;
    }
    this.#offsets[slot] = offset;
    this.#segments[slot] = segmentBaseOffset;
    this.#positions[slot] = position;
  }

  clear(): void {
    this.generation++;
    this.#offsets?.fill(-1);
  }
}
