import assert from "node:assert/strict";
import fc from "fast-check";
import { TimerQueue } from "../../../../src/broker/coordination/timer_queue.ts";
import { ManualClock } from "../../log/manual_clock.ts";

type Action =
  | { readonly do: "arm"; readonly key: number; readonly delayMs: number }
  | { readonly do: "cancel"; readonly key: number }
  | { readonly do: "advance"; readonly ms: number };

const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("arm" as const), key: fc.nat(8), delayMs: fc.nat(40) }),
    fc.record({ do: fc.constant("cancel" as const), key: fc.nat(8) }),
    fc.record({ do: fc.constant("advance" as const), ms: fc.nat(20) }),
  ),
  { maxLength: 80 },
);

Deno.test("TimerQueue fires each timer once, at its time, unless cancelled or replaced", () => {
  fc.assert(fc.property(actions, (script) => {
    const clock = new ManualClock(0);
    const fired: string[] = [];
    const expected: string[] = [];
    const armed = new Map<number, number>();
    const queue = new TimerQueue<number>(clock, (key) => fired.push(`${key}@${clock.wallMs()}`));
    for (const action of script) {
      if (action.do === "arm") {
        queue.arm(`${action.key}`, action.delayMs, action.key);
        armed.set(action.key, clock.wallMs() + action.delayMs);
      } else if (action.do === "cancel") {
        queue.cancel(`${action.key}`);
        armed.delete(action.key);
      } else {
        clock.advance(action.ms);
        for (const [key, dueMs] of armed) {
          if (dueMs > clock.wallMs()) continue;
          expected.push(`${key}@${dueMs}`);
          armed.delete(key);
        }
      }
      assert.deepEqual(fired.toSorted(), expected.toSorted());
      assert.equal(queue.size, armed.size);
    }
  }));
});

Deno.test("TimerQueue.clear() leaves no timer of the host", () => {
  let pending = 0;
  const clock = new ManualClock(0);
  const counting = {
    wallMs: () => clock.wallMs(),
    monotonicMs: () => clock.monotonicMs(),
    schedule: (delayMs: number, callback: () => void) => {
      pending++;
      const timer = clock.schedule(delayMs, callback);
      return {
        cancel: () => {
          pending--;
          timer.cancel();
        },
      };
    },
  };
  const queue = new TimerQueue<string>(counting, () => assert.fail("a cleared timer fires"));
  queue.arm("a", 20, "a");
  queue.arm("b", 10, "b");
  assert.equal(pending, 1);
  queue.clear();
  assert.equal(pending, 0);
  clock.advance(100);
});
