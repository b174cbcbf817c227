/**
 * How long and how hard, from the environment:
 * - `CHAOS_SECONDS`: for how long random faults come, 20 to 40 by default
 * - `CHAOS_FAULTS`: end after so many faults, none by default
 * - `CHAOS_SEED`: which faults come, and when; another one each time by default. Clients and
 *   brokers are real, so the same seed gives the same faults, not the same run.
 */
import { Dice } from "../../fuzz/dice.ts";

function numberOf(name: string): number | undefined {
  const text = Deno.env.get(name);
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new SyntaxError(`${name}: ${text}`);
  return value;
}

/** Bounds of a run. */
export interface ChaosOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly faults: number;
}

/** What the environment says. */
export function chaosOptions(defaultSeconds: number): ChaosOptions {
  return {
    seed: numberOf("CHAOS_SEED") ?? Math.floor(Math.random() * 2 ** 31),
    seconds: numberOf("CHAOS_SECONDS") ?? defaultSeconds,
    faults: numberOf("CHAOS_FAULTS") ?? Infinity,
  };
}

/** Repeats `fault` until the time or the number of faults is over. @returns how many there were */
export async function repeatFaults(
  { seed, seconds, faults }: ChaosOptions,
  fault: (dice: Dice) => Promise<void>,
): Promise<number> {
  const dice = new Dice(seed, 0);
  const endMs = performance.now() + 1000 * seconds;
  let count = 0;
  while (count < faults && performance.now() < endMs) {
    await fault(dice);
    count++;
  }
  return count;
}
