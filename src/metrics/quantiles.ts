/** The quantiles that dashboards of Kafka show. */
export const QUANTILES: readonly number[] = [0.5, 0.75, 0.95, 0.98, 0.99, 0.999];

/**
 * Estimates a quantile of durations that were counted in buckets, by straight lines within each.
 *
 * @param counts per bucket alone; one more than `boundsMs`, the last without an upper bound
 * @param boundsMs upper bounds, increasing
 * @returns milliseconds; 0 when nothing was counted; for the open bucket its lower bound
 */
export function quantileMs(
  counts: ArrayLike<number>,
  boundsMs: readonly number[],
  quantile: number,
): number {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  if (total === 0) return 0;
  const rank = quantile * total;
  let below = 0;
  for (let i = 0; i < boundsMs.length; i++) {
    const count = counts[i]!;
    const lower = i === 0 ? 0 : boundsMs[i - 1]!;
    if (below + count >= rank && count > 0) {
      return lower + (boundsMs[i]! - lower) * (rank - below) / count;
    }
    below += count;
  }
  return boundsMs.at(-1)!;
}
