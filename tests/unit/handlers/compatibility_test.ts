import assert from "node:assert/strict";
import { API_KEYS_MAX, ROWS } from "./compatibility_rows.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";

Deno.test("docs/compatibility.md names every API that is served, with its versions", async () => {
  await BrokerFixture.with((fixture) => {
    const served = fixture.routes.map(({ api, versions: { min, max } }) => {
      return `${api.key} ${api.name} ${min === max ? min : `${min}-${max}`}`;
    });
    const documented = ROWS
      .filter((row) => row.served !== "no")
      .map((row) => `${row.keys} ${row.apis} ${row.served}`);
    assert.deepEqual(documented, served);
    return Promise.resolve();
  });
});

Deno.test("docs/compatibility.md has a row for every key of Kafka 4.2", () => {
  const keys = ROWS.flatMap(({ keys }) => {
    const [first, last = first] = keys.split("-").map(Number);
    return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
  });
  assert.deepEqual(keys, Array.from({ length: API_KEYS_MAX + 1 }, (_, key) => key));
});
