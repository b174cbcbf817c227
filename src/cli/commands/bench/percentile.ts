/**
 * The value that a share of the values is not above, by the nearest rank.
 * @param sorted ascending
 * @param share from 0 to 1
 * @returns 0 when there are no values
 */
export function percentile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return 0;
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1]!;
}
