import fc from "fast-check";
import { type Uuid, ZERO_UUID } from "../../../src/base/uuid.ts";
import { seeded } from "../log/log_harness.ts";
import type { Chance } from "../log/simulated_disk.ts";
import { settle } from "../server/fake_clock.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";
import { plausibleRequest } from "../support/plausible_request.ts";

const SEEDS = 12;
const LIVES = 3;
const REQUESTS_PER_LIFE = 100;
const NAMES = ["orders", "gone", "__consumer_offsets", "__transaction_state", "1", "a.b", "g"];

/** Requests of all APIs that are under way, and the first that ended in an error of the broker. */
class Traffic {
  readonly open = new Set<string>();
  failure: Error | undefined;

  constructor(readonly fixture: BrokerFixture, readonly chance: Chance) {}

  send(topicIds: readonly Uuid[]): void {
    const { routes } = this.fixture;
    const { api, versions: { min, max } } = routes[Math.floor(this.chance() * routes.length)]!;
    const version = min + Math.floor(this.chance() * (max - min + 1));
    const seed = Math.floor(this.chance() * 1e9);
    const arbitrary = plausibleRequest(api.key, version, { names: NAMES, topicIds });
    const request = fc.sample(arbitrary, { seed, numRuns: 1 })[0]!;
    const label = `${this.open.size} ${api.name} v${version} ${JSON.stringify(request)}`;
    this.open.add(label);
    this.fixture.send(api, version, request as never).then(
      () => this.open.delete(label),
      (cause) => this.failure ??= new Error(label, { cause }),
    );
  }

  /** Time for every answer, up to an hour of it. */
  async finish(): Promise<void> {
    for (let s = 0; this.failure === undefined && this.open.size > 0 && s < 3600; s++) {
      await this.fixture.clock.advance(1000);
    }
    if (this.failure !== undefined) throw this.failure;
    if (this.open.size > 0) throw new Error(`never answered: ${[...this.open].join("\n")}`);
  }
}

/** Requests of all kinds at the same time, through a stop and a crash. */
async function interleave(seed: number): Promise<void> {
  const chance = seeded(seed);
  let fixture = await BrokerFixture.open({ seed });
  const { topicId } = await fixture.createTopic("orders", 2);
  for (let life = 0; life < LIVES; life++) {
    const traffic = new Traffic(fixture, chance);
    for (let i = 0; i < REQUESTS_PER_LIFE; i++) {
      traffic.send([topicId, ZERO_UUID]);
      const pause = chance();
      if (pause < 0.5) await fixture.clock.advance(Math.floor(pause * 4000));
      else if (pause < 0.75) await settle();
    }
    await traffic.finish();
    fixture = life === 0 ? await fixture.restart() : await fixture.crash();
  }
  await fixture.broker.close();
}

Deno.test("routes() answer requests of all kinds at the same time, and after restarts", async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      await interleave(seed);
    } catch (cause) {
      throw new Error(`seed ${seed}`, { cause });
    }
  }
});
