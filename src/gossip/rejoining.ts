/** Finding others: the seeds at first, and later those that were lost. */
import type { Choices } from "./choices.ts";
import type { GossipConfig } from "./config.ts";
import type { Step } from "./events.ts";
import { isPresent, isSameAddress, type Member, type MemberAddress } from "./member.ts";
import type { MemberTable } from "./member_table.ts";

/** Addresses that are tried at once. */
const ATTEMPTS_AT_ONCE = 3;
/** Seeds that are kept at most; an operator names a few. */
const SEEDS_MAX = 256;

/**
 * Asks addresses for all that they know. While nobody else is present, the seeds and all who were
 * known are tried again and again. Later, a member that failed is tried now and then, and a seed
 * until it has answered once: so both sides of a network that was cut find each other again, and so
 * do two groups that started apart.
 */
export class Rejoining {
  readonly #config: GossipConfig;
  readonly #choices: Choices;
  readonly #table: MemberTable;
  #seeds: MemberAddress[] = [];
  /** Seeds that never answered. */
  #unreached: MemberAddress[] = [];
  #nextLonelyMs: number;
  #nextReconnectMs: number;

  constructor(config: GossipConfig, choices: Choices, table: MemberTable, nowMs: number) {
    this.#config = config;
    this.#choices = choices;
    this.#table = table;
    this.#nextLonelyMs = nowMs + config.joinRetryMs;
    this.#nextReconnectMs = nowMs + (1 + choices.fraction()) * config.reconnectIntervalMs;
  }

  get deadlineMs(): number {
    return this.#isAlone
      ? Math.min(this.#nextLonelyMs, this.#nextReconnectMs)
      : this.#nextReconnectMs;
  }

  get #isAlone(): boolean {
    return this.#table.presentCount === 1;
  }

  /** Tries all of `seeds` now. */
  join(step: Step, seeds: readonly MemberAddress[]): void {
    const { address: own } = this.#table.self;
    for (const seed of seeds) {
      const isKnown = this.#seeds.some((known) => isSameAddress(known, seed));
      if (isKnown || isSameAddress(seed, own) || this.#seeds.length >= SEEDS_MAX) continue;
      this.#seeds.push(seed);
      this.#unreached.push(seed);
      step.effects.push({ type: "pushPull", to: seed });
    }
    this.#nextLonelyMs = step.nowMs + this.#config.joinRetryMs;
  }

  /** `address` has answered. */
  reached(address: MemberAddress): void {
    this.#unreached = this.#unreached.filter((seed) => !isSameAddress(seed, address));
  }

  tick(step: Step): void {
    const { nowMs } = step;
    if (this.#isAlone && nowMs >= this.#nextLonelyMs) {
      this.#nextLonelyMs = nowMs + this.#config.joinRetryMs;
      this.#try(step, distinct([...this.#seeds, ...this.#lost().map((member) => member.address)]));
    }
    if (nowMs >= this.#nextReconnectMs) {
      this.#nextReconnectMs = nowMs + this.#config.reconnectIntervalMs;
      this.#table.forget(nowMs);
      if (!this.#isAlone) this.#reconnect(step);
    }
  }

  /**
   * One of the failed, with a chance of failed to present: all members together try each of the
   * failed about once an interval, however many they are.
   */
  #reconnect(step: Step): void {
    const failed = this.#lost();
    const chance = failed.length / (this.#table.presentCount - 1);
    if (failed.length > 0 && this.#choices.fraction() < chance) {
      this.#try(step, this.#choices.sample(failed, 1).map((member) => member.address));
    }
    const known = this.#table.others(step.nowMs, isPresent);
    this.#unreached = this.#unreached.filter((seed) =>
      !known.some((member) => isSameAddress(member.address, seed))
    );
    this.#try(step, this.#choices.sample(this.#unreached, 1));
  }

  #lost(): Member[] {
    return this.#table.others(0, (member) => member.state === "failed");
  }

  #try(step: Step, addresses: readonly MemberAddress[]): void {
    for (const to of this.#choices.sample(addresses, ATTEMPTS_AT_ONCE)) {
      step.effects.push({ type: "pushPull", to });
    }
  }
}

function distinct(addresses: readonly MemberAddress[]): MemberAddress[] {
  return addresses.filter((address, index) =>
    addresses.findIndex((other) => isSameAddress(other, address)) === index
  );
}
