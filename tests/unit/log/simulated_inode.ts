import type { Chance, CrashKind } from "./simulated_disk.ts";

/** The unit that a disk writes as one. */
const SECTOR_BYTES = 512;

type Change =
  | { readonly kind: "write"; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly size: number };

/** Bytes of a size that changes. */
class Contents {
  #bytes: Uint8Array = new Uint8Array(0);
  size = 0;

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.size);
  }

  apply(change: Change): void {
    if (change.kind === "truncate") this.resize(change.size);
    else this.write(change.bytes, change.position);
  }

  write(bytes: Uint8Array, position: number): void {
    if (position + bytes.length > this.size) this.resize(position + bytes.length);
    this.#bytes.set(bytes, position);
  }

  resize(size: number): void {
    if (size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2));
      grown.set(this.view());
      this.#bytes = grown;
    } else if (size > this.size) this.#bytes.fill(0, this.size, size);
    this.size = size;
  }
}

/** A file: its contents now, what of them is durable, and the changes in between. */
export class SimulatedInode {
  #now = new Contents();
  #durable = new Contents();
  #unsynced: Change[] = [];
  #syncedCount = 0;

  get size(): number {
    return this.#now.size;
  }

  content(): Uint8Array {
    return this.#now.view().slice();
  }

  /** Sets the contents, durably: damage that no caller did. */
  replace(bytes: Uint8Array): void {
    this.#now = new Contents();
    this.#now.write(bytes, 0);
    this.#durable = new Contents();
    this.#durable.write(bytes, 0);
    this.#syncedCount += this.#unsynced.length;
    this.#unsynced = [];
  }

  /** Flips bit `bit` of byte `position`, durably, as a platter that forgets does. */
  rot(position: number, bit: number): void {
    const flipped = Uint8Array.of(0);
    for (const contents of [this.#now, this.#durable]) {
      if (position >= contents.size) continue;
      flipped[0] = contents.view()[position]! ^ (1 << bit);
      contents.write(flipped, position);
    }
  }

  read(into: Uint8Array, position: number): number {
    const available = this.#now.view().subarray(position, position + into.length);
    into.set(available);
    return available.length;
  }

  write(bytes: Uint8Array, position: number): void {
    this.#change({ kind: "write", position, bytes: bytes.slice() });
  }

  truncate(size: number): void {
    this.#change({ kind: "truncate", size });
  }

  /** Names the changes so far. */
  mark(): number {
    return this.#syncedCount + this.#unsynced.length;
  }

  /** The changes before `mark` are durable. */
  syncTo(mark: number): void {
    const count = Math.max(0, mark - this.#syncedCount);
    for (const change of this.#unsynced.splice(0, count)) this.#durable.apply(change);
    this.#syncedCount += count;
  }

  crash(kind: CrashKind, chance: Chance): void {
    if (kind === "process") return;
    const pick = chance();
    for (const change of this.#unsynced) {
      if (pick < 0.2 || (pick < 0.8 && chance() < 0.5)) continue;
      if (change.kind === "write" && chance() < 0.3) this.#tear(change, chance);
      else this.#durable.apply(change);
    }
    const survivor = this.#durable.view().slice();
    this.replace(survivor);
  }

  #change(change: Change): void {
    this.#now.apply(change);
    this.#unsynced.push(change);
  }

  /** Some sectors of a write arrive; where the file grew, the others are zeros. */
  #tear(change: Change & { readonly kind: "write" }, chance: Chance): void {
    const { position, bytes } = change;
    const end = position + bytes.length;
    if (chance() < 0.5 && end > this.#durable.size) this.#durable.resize(end);
    for (let at = position; at < end;) {
      const next = Math.min(end, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
      if (chance() < 0.5) {
        this.#durable.write(bytes.subarray(at - position, next - position), at);
      }
      at = next;
    }
  }
}
