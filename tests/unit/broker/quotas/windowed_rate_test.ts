import assert from "node:assert/strict";
import fc from "fast-check";
import { TokenBucket } from "../../../../src/broker/quotas/token_bucket.ts";
import { WindowedRate } from "../../../../src/broker/quotas/windowed_rate.ts";

Deno.test("WindowedRate spreads a first burst over all windows but one", () => {
  const rate = new WindowedRate({ count: 11, lengthMs: 1000 });
  assert.equal(rate.perSecond(5_000), 0);
  rate.record(1000, 5_000);
  assert.equal(rate.spanMs(5_000), 10_000);
  assert.equal(rate.perSecond(5_000), 100);
  // Half a window later the span has grown by that half.
  assert.equal(rate.perSecond(5_500), 1000 * 1000 / 10_500);
});

Deno.test("WindowedRate forgets a window when all later ones have passed", () => {
  const rate = new WindowedRate({ count: 3, lengthMs: 1000 });
  rate.record(30, 0);
  rate.record(60, 1_000);
  assert.equal(rate.perSecond(2_000), 90 / 2);
  assert.equal(rate.perSecond(2_999), 90 * 1000 / 2_999);
  assert.equal(rate.perSecond(3_000), 60 / 2);
  assert.equal(rate.perSecond(4_000), 0);
  rate.record(5, 60_000);
  assert.equal(rate.perSecond(60_000), 5 / 2);
});

Deno.test("WindowedRate takes back what was counted", () => {
  const rate = new WindowedRate({ count: 11, lengthMs: 1000 });
  rate.record(50, 0);
  rate.record(7000, 100);
  rate.record(-7000, 100);
  assert.equal(rate.perSecond(100), 50 * 1000 / 10_100);
});

Deno.test("WindowedRate is what came within the windows over the time that they span", () => {
  const steps = fc.array(
    fc.record({ afterMs: fc.nat(2_500), units: fc.nat(1000) }),
    { maxLength: 40 },
  );
  fc.assert(fc.property(steps, fc.integer({ min: 1, max: 6 }), (events, count) => {
    const lengthMs = 1000;
    const rate = new WindowedRate({ count, lengthMs });
    /** Every window there ever was. */
    const windows: { startMs: number; units: number }[] = [];
    let nowMs = 0;
    for (const { afterMs, units } of events) {
      nowMs += afterMs;
      const last = windows.at(-1);
      if (last === undefined || nowMs - last.startMs >= lengthMs) {
        windows.push({ startMs: nowMs, units });
      } else {
        last.units += units;
      }
      rate.record(units, nowMs);
      const live = windows.filter(({ startMs }) => nowMs - startMs < count * lengthMs);
      const total = live.reduce((sum, window) => sum + window.units, 0);
      const elapsedMs = nowMs - live[0]!.startMs;
      const missing = Math.max(0, count - 1 - Math.floor(elapsedMs / lengthMs));
      const spanMs = Math.max(lengthMs, elapsedMs + missing * lengthMs);
      assert.equal(rate.spanMs(nowMs), spanMs);
      assert.ok(Math.abs(rate.perSecond(nowMs) - total * 1000 / spanMs) < 1e-6);
    }
  }));
});

Deno.test("TokenBucket begins full, goes into debt, and fills at its rate", () => {
  const bucket = new TokenBucket(10_000);
  const perSecond = 2;
  assert.equal(bucket.available(perSecond, 0), 20);
  bucket.take(25, perSecond, 0);
  assert.equal(bucket.available(perSecond, 0), -5);
  assert.equal(bucket.debtMs(perSecond, 0), 2500);
  assert.equal(bucket.debtMs(perSecond, 2499), 1);
  assert.equal(bucket.debtMs(perSecond, 2500), 0);
  assert.equal(bucket.available(perSecond, 3000), 1);
  assert.equal(bucket.available(perSecond, 1e9), 20);
  assert.equal(bucket.debtMs(3, 0), 1667);
});
