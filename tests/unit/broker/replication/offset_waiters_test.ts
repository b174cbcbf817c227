import assert from "node:assert/strict";
import fc from "fast-check";
import { OffsetWaiters } from "../../../../src/broker/replication/offset_waiters.ts";
import { settle } from "../../server/fake_clock.ts";

Deno.test("OffsetWaiters ends the waits that an offset reaches, whatever order they came in", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(20), { maxLength: 30 }),
      fc.nat(21),
      async (offsets, reached) => {
        const waiters = new OffsetWaiters();
        const ended: number[] = [];
        for (const offset of offsets) {
          void waiters.add(offset).outcome.then((errorCode) => {
            assert.equal(errorCode, 0);
            ended.push(offset);
          });
        }
        waiters.reached(reached);
        await settle();
        const expected = offsets.filter((offset) => offset <= reached).sort((a, b) => a - b);
        assert.deepEqual(ended, expected);
        assert.equal(waiters.count, offsets.length - expected.length);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("OffsetWaiters tells those who are left why they waited in vain", async () => {
  const waiters = new OffsetWaiters();
  const given = waiters.add(1);
  const lost = waiters.add(2);
  given.giveUp(7);
  assert.equal(waiters.count, 1);
  waiters.fail(6);
  waiters.reached(9);
  assert.deepEqual([await given.outcome, await lost.outcome], [7, 6]);
});
