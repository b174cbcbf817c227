import assert from "node:assert/strict";
import { ClientQuotas } from "../../../../src/broker/quotas/client_quotas.ts";
import type { MetadataRecord } from "../../../../src/metadata/records.ts";
import { commit, imageOf } from "../../metadata/fixtures.ts";
import { FakeClock } from "../../server/fake_clock.ts";

/** Quotas whose limits can be set; windows as Kafka has them. */
function fixture() {
  const clock = new FakeClock();
  const image = imageOf([]);
  const windows = { count: 11, lengthMs: 1000 };
  const connectionRate = { max: Infinity };
  const quotas = new ClientQuotas({
    clock,
    image,
    windows,
    mutationWindows: windows,
    connectionRateMax: () => connectionRate.max,
  });
  const set = (entityType: string, entityName: string | null, key: string, value: number) => {
    const record = {
      type: "ClientQuotaRecord",
      value: {
        entity: [{ entityType, entityName }],
        key,
        value: Math.max(0, value),
        remove: value < 0,
      },
    } as const;
    commit(image, [record]);
    quotas.apply([record as MetadataRecord]);
  };
  return { clock, quotas, set, connectionRate };
}

Deno.test("ClientQuotas limits nobody until a quota is set, and when it is gone", () => {
  const { quotas, set } = fixture();
  assert.equal(quotas.isActive, false);
  assert.equal(quotas.produced("c", 1e12), 0);
  assert.equal(quotas.fetched("c", 1e12, 1e6), 0);
  assert.equal(quotas.connected("10.0.0.1"), 0);
  assert.equal(quotas.fetchBytesMax("c"), Infinity);
  set("client-id", "c", "producer_byte_rate", 10);
  assert.equal(quotas.isActive, true);
  assert.ok(quotas.produced("c", 1e6) > 0);
  assert.equal(quotas.produced("d", 1e6), 0);
  set("client-id", "c", "producer_byte_rate", -1);
  assert.equal(quotas.isActive, false);
  assert.equal(quotas.produced("c", 1e6), 0);
});

Deno.test("ClientQuotas.produced() asks for the time that brings the rate back to the limit", () => {
  const { quotas, set } = fixture();
  set("user", "ANONYMOUS", "producer_byte_rate", 1000);
  assert.equal(quotas.produced("a", 10_000), 0);
  // 15 kB over ten seconds are half as much again as is allowed.
  assert.equal(quotas.produced("b", 5_000), 5_000);
});

Deno.test("ClientQuotas keeps what was used up when a limit changes", () => {
  const { quotas, set } = fixture();
  set("client-id", null, "producer_byte_rate", 1000);
  assert.equal(quotas.produced("a", 10_000), 0);
  set("client-id", null, "producer_byte_rate", 500);
  assert.equal(quotas.produced("a", 0), 10_000);
});

Deno.test("ClientQuotas.worked() counts percent of a second, and mutes for a window at most", () => {
  const { quotas, set } = fixture();
  set("client-id", null, "request_percentage", 5);
  // Half a second of work in ten is 5 %.
  assert.equal(quotas.worked("c", 500), 0);
  assert.equal(quotas.worked("c", 10), 200);
  assert.equal(quotas.worked("c", 5_000), 1000);
});

Deno.test("ClientQuotas.connected() delays connections of an address, which then don't count", () => {
  const { quotas, set, clock } = fixture();
  set("ip", null, "connection_creation_rate", 1);
  set("ip", "10.0.0.2", "connection_creation_rate", 100);
  assert.equal(quotas.isActive, false);
  for (let i = 0; i < 10; i++) assert.equal(quotas.connected("10.0.0.1"), 0);
  for (let i = 0; i < 5; i++) assert.equal(quotas.connected("10.0.0.1"), 1000);
  for (let i = 0; i < 50; i++) assert.equal(quotas.connected("10.0.0.2"), 0);
  clock.nowMs += 11_000;
  assert.equal(quotas.connected("10.0.0.1"), 0);
});

Deno.test("ClientQuotas forgets the oldest of very many client ids", () => {
  const { quotas, set } = fixture();
  set("client-id", null, "producer_byte_rate", 1000);
  quotas.produced("first", 10_000);
  quotas.produced("second", 10_000);
  for (let i = 0; i < 9_999; i++) quotas.produced(`c${i}`, 1);
  assert.equal(quotas.produced("second", 1), 1);
  assert.equal(quotas.produced("first", 1), 0);
});

Deno.test("ClientQuotas.accepted() pauses when connections come faster than the broker may", async () => {
  const { clock, quotas, connectionRate } = fixture();
  for (let count = 0; count < 1000; count++) assert.equal(quotas.accepted(), 0);
  await clock.advance(60_000);
  connectionRate.max = 5;
  for (let count = 0; count < 50; count++) assert.equal(quotas.accepted(), 0, String(count));
  // One of fifty is too many: a fiftieth of ten seconds.
  assert.equal(quotas.accepted(), 200);
  for (let count = 0; count < 50; count++) quotas.accepted();
  assert.equal(quotas.accepted(), 1000);
  connectionRate.max = 100;
  assert.equal(quotas.accepted(), 0);
  connectionRate.max = 0;
  assert.equal(quotas.accepted(), 1000);
});
