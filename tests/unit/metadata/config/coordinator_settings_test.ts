import assert from "node:assert/strict";
import { BROKER_CONFIGS } from "../../../../src/metadata/config/broker_configs.ts";

const OF_COORDINATORS = /^(group|offsets?|transaction\.state|transactional|share\.coordinator)\./;

Deno.test("BROKER_CONFIGS lets nobody alter what coordinators read at the start, as Kafka", () => {
  const settings = [...BROKER_CONFIGS].filter(({ name }) => OF_COORDINATORS.test(name));
  assert.ok(settings.length > 50);
  for (const { name, update } of settings) assert.equal(update, "read-only", name);
});
