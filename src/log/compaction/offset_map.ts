import { invariant } from "../../base/invariant.ts";
import { HASH_WORDS, KeyedHash } from "./keyed_hash.ts";

const TWO_32 = 2 ** 32;
const SLOT_WORDS = HASH_WORDS + 2;
const SLOTS_MIN = 7;
/** The words of a slot are indexed by a number that must stay a small integer. */
const SLOTS_MAX = Math.floor((2 ** 31 - 1) / SLOT_WORDS);
/** The table grows when it is this full, until it is as large as it may be. */
const GROWING_LOAD = 0.5;
const GROWTH = 4;
const FIRST_SLOTS = 16 * 1024;

/** Bytes that one key takes, as in Kafka: 16 of its hash, 8 of the offset. */
export const BYTES_PER_KEY = 4 * SLOT_WORDS;

/** How large an {@link OffsetMap} is to be. */
export interface OffsetMapLimits {
  /** Bytes of the table at most; while it grows for the last time, a quarter more. */
  readonly bytesMax: number;
  /** How full the table may get, from 0 to 1. */
  readonly loadFactor: number;
  /** More keys than this will not come. */
  readonly keysMax: number;
}

/**
 * The last offset of each key of the part of a log that is being cleaned. Keys are known by their
 * {@link KeyedHash} alone, in one flat array: open addressing with double hashing, where the number
 * of slots is prime so that every step leads through all of them. It begins small, because the
 * processor's caches hold a small table, and many records may be of few keys.
 */
export class OffsetMap {
  /** All records up to this offset are in the map; -1 at first. */
  latestOffset = -1;
  readonly #hash: KeyedHash;
  readonly #slotsMax: number;
  readonly #keysMax: number;
  #slots: number;
  /** More keys than this, and the table grows. */
  #comfortableKeys: number;
  /** Per slot: the hash, then the offset plus 2^32 in two words, so that 0 is an empty slot. */
  #words: Int32Array;
  #size = 0;

  constructor(limits: OffsetMapLimits, secret: ArrayLike<number>) {
    const { bytesMax, loadFactor, keysMax } = limits;
    invariant(loadFactor > 0 && loadFactor < 1, "a table of keys keeps a slot free");
    const affordable = Math.min(SLOTS_MAX, Math.floor(bytesMax / BYTES_PER_KEY));
    const wanted = Math.min(affordable, Math.ceil(keysMax / GROWING_LOAD));
    this.#slotsMax = primeAtMost(Math.max(SLOTS_MIN, wanted));
    this.#keysMax = Math.max(1, Math.floor(this.#slotsMax * loadFactor));
    this.#slots = primeAtMost(Math.min(this.#slotsMax, FIRST_SLOTS));
    this.#comfortableKeys = this.#comfort();
    this.#hash = new KeyedHash(secret);
    this.#words = new Int32Array(this.#slots * SLOT_WORDS);
  }

  get size(): number {
    return this.#size;
  }

  /** True when no further key has room, be it known already. */
  get isFull(): boolean {
    return this.#size >= this.#keysMax;
  }

  get sizeBytes(): number {
    return this.#words.byteLength;
  }

  /** The key in `bytes` from `start` up to `end` has a record at `offset`, its last so far. */
  put(bytes: Uint8Array, start: number, end: number, offset: number): void {
    const hash = this.#hash.words;
    this.#hash.digest(bytes, start, end);
    let at = this.#find(hash, 0);
    if (this.#words[at + 5] === 0) {
      invariant(!this.isFull, "no key is put into a full map");
      if (++this.#size > this.#comfortableKeys) {
        this.#grow();
        at = this.#find(hash, 0);
      }
      this.#words.set(hash, at);
    }
    this.#words[at + 4] = offset;
    this.#words[at + 5] = Math.floor(offset / TWO_32) + 1;
  }

  /** The last offset of the key; -1 for one that was never put. */
  get(bytes: Uint8Array, start: number, end: number): number {
    this.#hash.digest(bytes, start, end);
    const at = this.#find(this.#hash.words, 0);
    const high = this.#words[at + 5]!;
    return high === 0 ? -1 : (high - 1) * TWO_32 + (this.#words[at + 4]! >>> 0);
  }

  /** Position of the slot of the hash at `from` of `hash`, or of the empty one where it belongs. */
  #find(hash: Int32Array, from: number): number {
    const words = this.#words;
    const slots = this.#slots;
    const h0 = hash[from]!;
    const h1 = hash[from + 1]!;
    const h2 = hash[from + 2]!;
    const h3 = hash[from + 3]!;
    let slot = (h0 >>> 0) % slots;
    let step = 0;
    for (;;) {
      const at = slot * SLOT_WORDS;
      if (words[at + 5] === 0) return at;
      if (
        words[at] === h0 && words[at + 1] === h1 && words[at + 2] === h2 && words[at + 3] === h3
      ) return at;
      if (step === 0) step = 1 + (h1 >>> 0) % (slots - 1);
      slot += step;
      if (slot >= slots) slot -= slots;
    }
  }

  #comfort(): number {
    return this.#slots === this.#slotsMax ? Infinity : Math.floor(this.#slots * GROWING_LOAD);
  }

  #grow(): void {
    const old = this.#words;
    this.#slots = primeAtMost(Math.min(this.#slotsMax, this.#slots * GROWTH));
    this.#comfortableKeys = this.#comfort();
    this.#words = new Int32Array(this.#slots * SLOT_WORDS);
    for (let from = 0; from < old.length; from += SLOT_WORDS) {
      if (old[from + 5] === 0) continue;
      const at = this.#find(old, from);
      for (let i = 0; i < SLOT_WORDS; i++) this.#words[at + i] = old[from + i]!;
    }
  }
}

/** The largest prime up to `limit`, which is 3 at least. */
function primeAtMost(limit: number): number {
  let candidate = limit % 2 === 0 ? limit - 1 : limit;
  while (!isPrime(candidate)) candidate -= 2;
  return candidate;
}

/** For odd numbers. */
function isPrime(odd: number): boolean {
  for (let divisor = 3; divisor * divisor <= odd; divisor += 2) {
    if (odd % divisor === 0) return false;
  }
  return true;
}
