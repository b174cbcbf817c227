const RUN_FIELDS = 3;

/** The records of a batch that stay, as runs of records that stand side by side. */
export class RecordRuns {
  /** How many records stay. */
  count = 0;
  /** Their bytes. */
  bytes = 0;
  /** How many of them have no value. */
  tombstones = 0;
  /** Of them, relative to the base timestamp. */
  timestampDeltaMax = -Infinity;
  runCount = 0;
  /** Per run: start, end, records. */
  #fields = new Int32Array(RUN_FIELDS * 64);

  clear(): void {
    this.count = 0;
    this.bytes = 0;
    this.tombstones = 0;
    this.timestampDeltaMax = -Infinity;
    this.runCount = 0;
  }

  /** The record from `start` up to `end` stays. */
  add(start: number, end: number, timestampDelta: number): void {
    this.count++;
    this.bytes += end - start;
    if (timestampDelta > this.timestampDeltaMax) this.timestampDeltaMax = timestampDelta;
    const last = RUN_FIELDS * (this.runCount - 1);
    const fields = this.#fields;
    if (this.runCount > 0 && fields[last + 1] === start) {
      fields[last + 1] = end;
      fields[last + 2] = fields[last + 2]! + 1;
      return;
    }
    this.#push(start, end);
  }

  start(run: number): number {
    return this.#fields[RUN_FIELDS * run]!;
  }

  end(run: number): number {
    return this.#fields[RUN_FIELDS * run + 1]!;
  }

  recordsIn(run: number): number {
    return this.#fields[RUN_FIELDS * run + 2]!;
  }

  /** Copies the runs from `source` to `position` of `target`; returns the position behind them. */
  copy(source: Uint8Array, target: Uint8Array, position: number): number {
    for (let run = 0; run < this.runCount; run++) {
      const bytes = source.subarray(this.start(run), this.end(run));
      target.set(bytes, position);
      position += bytes.length;
    }
    return position;
  }

  #push(start: number, end: number): void {
    const next = RUN_FIELDS * this.runCount++;
    if (next + RUN_FIELDS > this.#fields.length) {
      const grown = new Int32Array(2 * this.#fields.length);
      grown.set(this.#fields);
      this.#fields = grown;
    }
    this.#fields[next] = start;
    this.#fields[next + 1] = end;
    this.#fields[next + 2] = 1;
  }
}
