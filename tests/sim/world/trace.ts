const KEPT_ENTRIES = 4096;

/** What one event may be told with; objects are shown when the trace is printed, not before. */
export type TraceDetail = string | Readonly<Record<string, unknown>> | undefined;

/**
 * The history of one run: a running hash over every event, and the last few thousand of them to be
 * read. Two runs are the same when their hashes are.
 */
export class Trace {
  #count = 0;
  #noted = 0;
  #high = 0x12345678;
  #low = 0x9abcdef;
  readonly #float = new Float64Array(1);
  readonly #words = new Uint32Array(this.#float.buffer);
  readonly #kindHash = new Map<string, number>();
  readonly #times = new Float64Array(KEPT_ENTRIES);
  readonly #kinds: string[] = new Array<string>(KEPT_ENTRIES).fill("");
  readonly #places: string[] = new Array<string>(KEPT_ENTRIES).fill("");
  readonly #details: TraceDetail[] = new Array<TraceDetail>(KEPT_ENTRIES).fill(undefined);

  /** How many events there were. */
  get count(): number {
    return this.#count;
  }

  /** Sixteen hexadecimal digits that depend on every event so far. */
  get hash(): string {
    return (this.#high >>> 0).toString(16).padStart(8, "0") +
      (this.#low >>> 0).toString(16).padStart(8, "0");
  }

  /** An event that goes into the hash alone: there are too many of its kind to be read. */
  tally(kind: string, atMs: number, value: number): void {
    this.#count++;
    this.#mixFloat(atMs);
    this.#mix(this.#hashOf(kind));
    this.#mixFloat(value);
  }

  /** An event of `place`, such as a node; `detail` is kept for the reader. */
  note(kind: string, atMs: number, place: string, detail?: TraceDetail): void {
    this.#mixFloat(atMs);
    this.#mix(this.#hashOf(kind));
    this.#mix(this.#hashOf(place));
    if (typeof detail === "string") this.#mix(hashText(detail));
    this.#count++;
    const slot = this.#noted++ % KEPT_ENTRIES;
    this.#times[slot] = atMs;
    this.#kinds[slot] = kind;
    this.#places[slot] = place;
    this.#details[slot] = detail;
  }

  /** The last `lines` events that were noted. */
  tail(lines: number): string[] {
    const entries: string[] = [];
    const first = Math.max(0, this.#noted - Math.min(lines, KEPT_ENTRIES));
    for (let i = first; i < this.#noted; i++) entries.push(this.#show(i % KEPT_ENTRIES));
    return entries;
  }

  #show(slot: number): string {
    const time = this.#times[slot]!.toFixed(3).padStart(13);
    const detail = this.#details[slot];
    const shown = detail === undefined
      ? ""
      : typeof detail === "string"
      ? detail
      : Object.entries(detail).map(([name, value]) => `${name}=${showValue(value)}`).join(" ");
    return `${time} ${this.#places[slot]!.padEnd(10)} ${this.#kinds[slot]} ${shown}`.trimEnd();
  }

  #hashOf(kind: string): number {
    let hash = this.#kindHash.get(kind);
    if (hash === undefined) {
      hash = hashText(kind);
      this.#kindHash.set(kind, hash);
    }
    return hash;
  }

  #mixFloat(value: number): void {
    this.#float[0] = value;
    this.#mix(this.#words[0]! ^ Math.imul(this.#words[1]!, 0x85ebca6b));
  }

  #mix(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0xcc9e2d51);
    this.#low ^= this.#low >>> 15;
    this.#high = (Math.imul(this.#high, 0x1b873593) + this.#low) | 0;
    this.#high ^= this.#high >>> 13;
  }
}

function showValue(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === "object" && value !== null) {
    try {
      return JSON.stringify(value);
    } catch {
      return Object.prototype.toString.call(value);
    }
  }
  return String(value);
}

/** FNV-1a. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
