/** What a log must hold after clients have written numbers into it, 0, 1, 2 and so on. Pure. */

/** A record that was read. */
export interface ReadNumber {
  readonly partition: number;
  readonly offset: number;
  readonly value: number;
}

/** What is known of the numbers from 0 to {@link count} - 1. */
export interface WrittenNumbers {
  readonly count: number;
  /** Those of which nobody knows whether they were written. */
  readonly unknown?: ReadonlySet<number>;
  /** Those that must not be visible. */
  readonly absent?: ReadonlySet<number>;
  /** How often each one is there; 0 for at least once. By default 1. */
  readonly copies?: number;
}

/**
 * The first flaw, in words; undefined when there is none. Numbers ascend within a partition, for the
 * one producer has sent them in that order; of those that may be there more than once, only the
 * presence is asked for.
 */
export function firstFlaw(
  records: readonly ReadNumber[],
  { count, unknown = new Set(), absent = new Set(), copies = 1 }: WrittenNumbers,
): string | undefined {
  const seen = new Uint32Array(count);
  const last = new Map<number, ReadNumber>();
  for (const record of records) {
    const { partition, offset, value } = record;
    const where = `partition ${partition} offset ${offset}: ${value}`;
    if (!(Number.isInteger(value) && value >= 0 && value < count)) {
      return `${where} was never sent`;
    }
    if (absent.has(value)) return `${where} must not be visible`;
    seen[value]!++;
    const before = last.get(partition);
    if (copies > 0 && before !== undefined && offset <= before.offset) {
      return `${where} comes after offset ${before.offset}`;
    }
    if (copies > 0 && before !== undefined && value <= before.value) {
      return `${where} comes after ${before.value} at offset ${before.offset}`;
    }
    last.set(partition, record);
  }
  for (const [value, times] of seen.entries()) {
    if (absent.has(value) || (unknown.has(value) && times === 0)) continue;
    if (times === 0) return `${value} was acknowledged and is missing`;
    if (copies > 0 && times !== copies) return `${value} is there ${times} times`;
  }
  return undefined;
}

/**
 * The first flaw in what a member of a group was given: an offset that was passed over. Being given
 * records again is within the contract.
 */
export function firstGap(records: readonly ReadNumber[]): string | undefined {
  const next = new Map<number, number>();
  for (const { partition, offset } of records) {
    const expected = next.get(partition) ?? 0;
    if (offset > expected) return `partition ${partition}: offset ${offset} instead of ${expected}`;
    next.set(partition, offset + 1);
  }
  return undefined;
}
