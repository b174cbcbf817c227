import fc from "fast-check";
import { ZERO_UUID } from "../../../src/base/uuid.ts";
import type { Route } from "../../../src/handlers/route.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";
import { plausibleRequest } from "../support/plausible_request.ts";

const fixtureOfNames = await BrokerFixture.open();
const TABLE: readonly Route[] = fixtureOfNames.routes;
await fixtureOfNames.broker.close();

const NAMES = ["orders", "gone", "__cluster_metadata", "__consumer_offsets", "1", "a.b", "../x"];

/** Sends the requests in turn; a handler that waits gets time, an hour of it at most. */
async function answerAll(api: Route["api"], version: number, seed: number): Promise<void> {
  await BrokerFixture.with(async (fixture) => {
    const { topicId } = await fixture.createTopic("orders", 2);
    const plausible = { names: NAMES, topicIds: [topicId, ZERO_UUID] };
    const requests = fc.sample(plausibleRequest(api.key, version, plausible), {
      seed,
      numRuns: 12,
    });
    for (const request of requests) {
      let isDone = false;
      const answer = fixture.send(api, version, request as never).finally(() => isDone = true);
      answer.catch(() => undefined);
      for (let second = 0; !isDone && second < 3600; second++) await fixture.clock.advance(1000);
      if (!isDone) throw new Error(`never answered: ${JSON.stringify(request)}`);
      try {
        await answer;
      } catch (error) {
        const text = JSON.stringify(request, (_key, value) => value);
        throw new Error(`${api.name} v${version} threw on ${text}`, { cause: error });
      }
    }
  });
}

for (const { api, versions } of TABLE) {
  Deno.test(`${api.name}() answers every request in every version`, async () => {
    for (let version = versions.min; version <= versions.max; version++) {
      await answerAll(api, version, 7 * version + 1);
      await answerAll(api, version, 11 * version + 2);
    }
  });
}
