/** Division of a budget: floors first, then the same level for all, as water finds it. Pure. */

/** Who wants a part. */
export interface Claim {
  /** Given first, if there is enough for all floors. */
  readonly floorBytes: number;
  /** Nothing above it as long as others want more; at least the floor. */
  readonly wantBytes: number;
  /** Nothing above it ever; at least {@link wantBytes}. */
  readonly maxBytes: number;
  /** Above its floor a claim gets its pull times the level of the water. Positive. */
  readonly pull: number;
}

const BISECTIONS = 60;

/**
 * What each claim gets of `totalBytes`, in their order and in whole bytes; the sum is not above it.
 *
 * 1. Floors that don't fit are scaled down together, and that is all.
 * 2. Claims rise by their pull until they have what they want.
 * 3. What is left when all do is given by pull as well, up to the maximums.
 */
export function fillByPull(totalBytes: number, claims: readonly Claim[]): number[] {
  const floors = claims.reduce((sum, { floorBytes }) => sum + floorBytes, 0);
  if (floors >= totalBytes) {
    const share = floors === 0 ? 0 : Math.max(0, totalBytes) / floors;
    return claims.map(({ floorBytes }) => Math.floor(floorBytes * share));
  }
  const wants = claims.reduce((sum, { wantBytes }) => sum + wantBytes, 0);
  const isScarce = wants > totalBytes;
  return risen(
    totalBytes,
    claims.map(({ floorBytes, wantBytes, maxBytes, pull }) =>
      isScarce
        ? { from: floorBytes, upTo: wantBytes, pull }
        : { from: wantBytes, upTo: Math.min(maxBytes, totalBytes), pull }
    ),
  );
}

interface Basin {
  readonly from: number;
  readonly upTo: number;
  readonly pull: number;
}

/** Every basin at the highest level at which the sum of all still fits. */
function risen(totalBytes: number, basins: readonly Basin[]): number[] {
  const steepest = basins.reduce((pull, basin) => Math.min(pull, basin.pull), Infinity);
  let low = 0;
  let high = basins.length === 0 ? 0 : totalBytes / steepest;
  if (filledBytes(basins, high) <= totalBytes) low = high;
  for (let i = 0; i < BISECTIONS && low < high; i++) {
    const middle = (low + high) / 2;
    if (filledBytes(basins, middle) <= totalBytes) low = middle;
    else high = middle;
  }
  return basins.map((basin) => Math.floor(depth(basin, low)));
}

function filledBytes(basins: readonly Basin[], level: number): number {
  let sum = 0;
  for (const basin of basins) sum += depth(basin, level);
  return sum;
}

function depth({ from, upTo, pull }: Basin, level: number): number {
  return Math.max(from, Math.min(upTo, level * pull));
}
