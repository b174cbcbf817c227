import assert from "node:assert/strict";
import fc from "fast-check";
import {
  ballastBytes,
  capacityOf,
  marksOf,
  type StorageSettings,
} from "../../../../src/metadata/storage/capacity.ts";
import { FillRate } from "../../../../src/metadata/storage/fill_rate.ts";
import { HeldAllotment } from "../../../../src/metadata/storage/held_allotment.ts";
import {
  levelAt,
  nextCheckMs,
  type StorageLevel,
  throttleMsAt,
  timeToFullMs,
} from "../../../../src/metadata/storage/ladder.ts";
import { parseByteAmount } from "../../../../src/metadata/storage/byte_amount.ts";
import { storageSettings } from "../../../../src/metadata/storage/storage_settings.ts";
import { BROKER_CONFIG_OF } from "../../../../src/metadata/config/broker_configs.ts";

const GIB = 2 ** 30;

function settings(changes: Readonly<Record<string, string>> = {}): StorageSettings {
  return storageSettings((name) => changes[name] ?? BROKER_CONFIG_OF.get(name)!.defaultValue ?? "");
}

const MARKS = marksOf(1000, settings());

Deno.test("capacityOf() counts what the broker has and what is free, less the reserve", () => {
  const space = { totalBytes: 100 * GIB, usableBytes: 50 * GIB };
  assert.equal(capacityOf({ ownBytes: 10 * GIB, space }, settings()), 59 * GIB);
  const small = { totalBytes: 1000, usableBytes: 500 };
  assert.equal(capacityOf({ ownBytes: 100, space: small }, settings()), 550);
  const capped = settings({ "log.storage.capacity.bytes": "77" });
  assert.equal(capacityOf({ ownBytes: 100, space: small }, capped), 77);
  assert.equal(capacityOf({ ownBytes: 100, space: undefined }, capped), 77);
  assert.equal(capacityOf({ ownBytes: 100, space: undefined }, settings()), undefined);
  const full = { totalBytes: 1000, usableBytes: 0 };
  assert.equal(capacityOf({ ownBytes: 10, space: full }, settings()), 0);
});

Deno.test("capacityOf() lets brokers on one disk come to equal parts, and never to all of it", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 3 }),
    (begun) => {
      const totalBytes = 100_000;
      const own = [...begun];
      for (let round = 0; round < 400; round++) {
        for (const [i, ownBytes] of own.entries()) {
          const usableBytes = totalBytes - own.reduce((sum, bytes) => sum + bytes, 0);
          const reading = { ownBytes, space: { totalBytes, usableBytes } };
          own[i] = marksOf(capacityOf(reading, settings())!, settings()).targetBytes;
          assert.ok(own.reduce((sum, bytes) => sum + bytes, 0) <= totalBytes);
        }
      }
      assert.ok(Math.max(...own) - Math.min(...own) < totalBytes / 100, own.join(" "));
    },
  ));
});

Deno.test("ballastBytes() is a hundredth of the capacity, 16 MiB at most, or as told", () => {
  assert.equal(ballastBytes(settings(), 1000), 10);
  assert.equal(ballastBytes(settings(), 100 * GIB), 16 * 2 ** 20);
  assert.equal(ballastBytes(settings({ "log.storage.ballast.bytes": "0" }), GIB), 0);
});

Deno.test("levelAt() climbs mark by mark, and opens again lower than it closed", () => {
  const climb = (used: readonly number[]) => {
    let level: StorageLevel = "open";
    return used.map((bytes) => level = levelAt(bytes, MARKS, level)).join(" ");
  };
  assert.equal(climb([850, 851, 901, 949, 950]), "open trimming slowing slowing closed");
  assert.equal(climb([950, 930, 921, 920, 930]), "closed closed closed slowing slowing");
});

Deno.test("throttleMsAt() rises smoothly from the soft mark to the hard one", () => {
  assert.equal(throttleMsAt(900, MARKS), 0);
  assert.equal(throttleMsAt(925, MARKS), 250);
  assert.equal(throttleMsAt(950, MARKS), 1000);
  assert.equal(throttleMsAt(2000, MARKS), 1000);
});

Deno.test("nextCheckMs() looks several times on the way to the next mark", () => {
  assert.equal(nextCheckMs(0, 0, MARKS), 5000);
  assert.equal(nextCheckMs(450, 100, MARKS), 1000);
  assert.equal(nextCheckMs(849, 100, MARKS), 100);
  assert.equal(nextCheckMs(999, 100, MARKS), 100);
  assert.equal(timeToFullMs(900, 25, MARKS), 2000);
  assert.equal(timeToFullMs(900, 0, MARKS), Infinity);
  assert.equal(timeToFullMs(960, 5, MARKS), 0);
});

Deno.test("marksOf() has no target where nothing is deleted for space", () => {
  const none = settings({ "log.retention.disk.percent": "-1" });
  assert.equal(marksOf(1000, none).targetBytes, Infinity);
  assert.equal(levelAt(899, marksOf(1000, none), "open"), "open");
});

Deno.test("HeldAllotment.update() shrinks to the most of a grace period, and grows at once", () => {
  const held = new HeldAllotment(100);
  const steps: [number, number][] = [[50, 0], [70, 500], [60, 999], [60, 1000], [60, 2500], [
    90,
    2600,
  ]];
  const shown = steps.map(([bytes, nowMs]) => held.update(bytes, nowMs, 1000, false));
  assert.deepEqual(shown, [100, 100, 100, 70, 60, 90]);
  assert.equal(held.update(10, 2601, 1000, true), 10);
});

Deno.test("FillRate.update() forgets what is long past", () => {
  const rate = new FillRate(1000);
  rate.update(0, 0);
  assert.ok(Math.abs(rate.update(1000, 1000) - 632) < 1);
  assert.equal(rate.update(500, 1000), rate.bytesPerSecond);
  assert.ok(rate.update(500, 2000) > 800, "what came in no time is not lost");
  assert.ok(rate.update(0, 60_000) < 1);
});

Deno.test("parseByteAmount() reads units and percent", () => {
  assert.deepEqual(parseByteAmount("200GiB"), { kind: "bytes", bytes: 200 * GIB });
  assert.deepEqual(parseByteAmount("1.5 kb"), { kind: "bytes", bytes: 1500 });
  assert.deepEqual(parseByteAmount("15%"), { kind: "percent", percent: 15 });
  assert.deepEqual(parseByteAmount("-1"), { kind: "unlimited" });
  for (const text of ["", "-2", "101%", "0%", "5 parsecs", "GiB", "1e3"]) {
    assert.equal(parseByteAmount(text), undefined, text);
  }
});
