import type { Dice } from "./dice.ts";

const HOSTILE_BYTES = [0x00, 0x01, 0x7f, 0x80, 0xff];
const HOSTILE_RUNS: readonly Uint8Array[] = [
  new Uint8Array([0x7f, 0xff, 0xff, 0xff]),
  new Uint8Array([0xff, 0xff, 0xff, 0xff]),
  new Uint8Array([0x80, 0x00, 0x00, 0x00]),
  new Uint8Array([0x00, 0xff, 0xff, 0xff]),
  new Uint8Array([0x00, 0x0f, 0x42, 0x40]),
  // Varints: 2^32-1, 2^28, and one that is too long.
  new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x0f]),
  new Uint8Array([0x80, 0x80, 0x80, 0x80, 0x01]),
  new Uint8Array([0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
  new Uint8Array([0x7f, 0xff]),
];

/** `bytes` with up to `changesMax` small things wrong with it, from byte `keep` on. */
export function mutate(
  bytes: Uint8Array,
  keep: number,
  changesMax: number,
  dice: Dice,
): Uint8Array {
  let mutated: Uint8Array = bytes.slice();
  for (let left = dice.between(1, changesMax); left > 0; left--) {
    mutated = mutateOnce(mutated, Math.min(keep, mutated.length), dice);
  }
  return mutated;
}

function mutateOnce(bytes: Uint8Array, keep: number, dice: Dice): Uint8Array {
  const at = dice.between(keep, bytes.length);
  const length = dice.below(Math.min(40, bytes.length - at) + 1);
  switch (dice.below(7)) {
    case 0:
      if (at < bytes.length) bytes[at]! ^= 1 << dice.below(8);
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = dice.pick(HOSTILE_BYTES);
      return bytes;
    case 2: {
      const run = dice.pick(HOSTILE_RUNS);
      bytes.set(run.subarray(0, bytes.length - at), at);
      return bytes;
    }
    case 3:
      return splice(bytes, at, 0, dice.bytes(dice.below(30)));
    case 4:
      return splice(bytes, at, length, new Uint8Array(0));
    case 5:
      return splice(bytes, at, 0, bytes.slice(at, at + length));
    default:
      return bytes.slice(0, at);
  }
}

function splice(
  bytes: Uint8Array,
  at: number,
  removed: number,
  inserted: Uint8Array,
): Uint8Array {
  const spliced = new Uint8Array(bytes.length - removed + inserted.length);
  spliced.set(bytes.subarray(0, at));
  spliced.set(inserted, at);
  spliced.set(bytes.subarray(at + removed), at + inserted.length);
  return spliced;
}
