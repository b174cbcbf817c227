import assert from "node:assert/strict";
import { QuotaLimits } from "../../../../src/broker/quotas/quota_limits.ts";

const KEY = "producer_byte_rate";

/** Entities, each with its place in the list as its limit. */
function limits(...entities: readonly Readonly<Record<string, string | null>>[]): QuotaLimits {
  return new QuotaLimits(
    entities.map((parts, index) => ({
      entity: Object.entries(parts).map(([entityType, entityName]) => ({ entityType, entityName })),
      quotas: new Map([[KEY, index + 1]]),
    })),
    KEY,
  );
}

/** In the order in which one goes before the other. */
const LEVELS = [
  { user: "ann", "client-id": "c" },
  { user: "ann", "client-id": null },
  { user: "ann" },
  { user: null, "client-id": "c" },
  { user: null, "client-id": null },
  { user: null },
  { "client-id": "c" },
  { "client-id": null },
];

Deno.test("QuotaLimits.ofClient() takes the first level that fits", () => {
  for (let first = 0; first < LEVELS.length; first++) {
    const found = limits(...LEVELS.slice(first).reverse());
    const value = LEVELS.length - first;
    assert.equal(found.ofClient("ann", "c")?.value, value, JSON.stringify(LEVELS[first]));
  }
  assert.equal(limits().ofClient("ann", "c"), undefined);
});

Deno.test("QuotaLimits.ofClient() is undefined when only others are limited", () => {
  const others = limits({ user: "bob" }, { "client-id": "d" }, { user: "ann", "client-id": "d" });
  assert.equal(others.ofClient("ann", "c"), undefined);
  assert.equal(others.ofClient("ann", "d")?.value, 3);
  assert.equal(others.ofClient("bob", "c")?.value, 1);
  assert.equal(others.ofClient("eve", "d")?.value, 2);
});

Deno.test("QuotaLimits.ofClient() takes an empty client id for one without a quota of its own", () => {
  assert.equal(
    limits({ user: "ann" }, { user: "ann", "client-id": null }).ofClient("ann", "")?.value,
    2,
  );
  assert.equal(limits({ user: "ann" }).ofClient("ann", "")?.value, 1);
});

Deno.test("QuotaLimits.ofClient() tells apart who shares a limit and who does not", () => {
  const shared = (level: number, user: string, clientId: string) =>
    limits(LEVELS[level]!).ofClient(user, clientId)?.sharedBy;
  // A quota of a user is for all its clients together; a default is for each name alone.
  assert.equal(shared(2, "ann", "c"), shared(2, "ann", "d"));
  assert.equal(shared(5, "ann", "c"), shared(5, "ann", "d"));
  assert.notEqual(shared(5, "ann", "c"), shared(5, "bob", "c"));
  assert.notEqual(shared(1, "ann", "c"), shared(1, "ann", "d"));
  assert.equal(shared(6, "ann", "c"), shared(6, "bob", "c"));
  assert.notEqual(shared(7, "ann", "c"), shared(7, "ann", "d"));
  assert.equal(shared(7, "ann", "c"), shared(7, "bob", "c"));
});

Deno.test("QuotaLimits.ofAddress() takes the address, then the default", () => {
  const found = limits({ ip: "10.0.0.1" }, { ip: null });
  assert.equal(found.ofAddress("10.0.0.1")?.value, 1);
  assert.equal(found.ofAddress("10.0.0.2")?.value, 2);
  assert.notEqual(found.ofAddress("10.0.0.2")?.sharedBy, found.ofAddress("10.0.0.3")?.sharedBy);
  assert.equal(limits({ ip: "10.0.0.1" }).ofAddress("10.0.0.2"), undefined);
});

Deno.test("QuotaLimits holds one key", () => {
  const entity = [{ entityType: "user", entityName: null }];
  const entities = [{ entity, quotas: new Map([["consumer_byte_rate", 5]]) }];
  assert.ok(new QuotaLimits(entities, KEY).isEmpty);
  assert.ok(!new QuotaLimits(entities, "consumer_byte_rate").isEmpty);
});
