import assert from "node:assert/strict";
import { LeaderEpochs } from "../../../src/log/leader_epochs.ts";

const epochs = () =>
  new LeaderEpochs([{ epoch: 2, startOffset: 10 }, { epoch: 5, startOffset: 20 }]);

Deno.test("assign() takes a later epoch and ignores one that is not later", () => {
  const known = epochs();
  known.assign(5, 25);
  known.assign(4, 30);
  assert.equal(known.isDirty, false);
  known.assign(6, 30);
  assert.deepEqual(known.entries().at(-1), { epoch: 6, startOffset: 30 });
  assert.equal(known.isDirty, true);
});

Deno.test("assign() drops an epoch that wrote nothing when another begins at its offset", () => {
  const known = epochs();
  known.assign(7, 20);
  assert.deepEqual(known.entries(), [{ epoch: 2, startOffset: 10 }, { epoch: 7, startOffset: 20 }]);
});

Deno.test("endOffsetFor() gives the largest epoch up to the one asked and where it ends", () => {
  const known = epochs();
  assert.deepEqual(known.endOffsetFor(5, 33), { epoch: 5, endOffset: 33 });
  assert.deepEqual(known.endOffsetFor(4, 33), { epoch: 2, endOffset: 20 });
  assert.deepEqual(known.endOffsetFor(2, 33), { epoch: 2, endOffset: 20 });
  assert.deepEqual(known.endOffsetFor(1, 33), { epoch: 1, endOffset: 10 });
});

Deno.test("endOffsetFor() gives -1 and -1 when the epoch is none or of the future", () => {
  const unknown = { epoch: -1, endOffset: -1 };
  assert.deepEqual(epochs().endOffsetFor(6, 33), unknown);
  assert.deepEqual(epochs().endOffsetFor(-1, 33), unknown);
  assert.deepEqual(new LeaderEpochs().endOffsetFor(0, 33), unknown);
});

Deno.test("epochFor() names the epoch that wrote an offset", () => {
  assert.deepEqual([9, 10, 19, 20, 99].map((offset) => epochs().epochFor(offset)), [
    -1,
    2,
    2,
    5,
    5,
  ]);
});

Deno.test("truncateFromEnd() drops epochs that begin at the end or after it", () => {
  const known = epochs();
  known.truncateFromEnd(20);
  assert.deepEqual(known.entries(), [{ epoch: 2, startOffset: 10 }]);
});

Deno.test("truncateFromStart() lets the epoch that holds the start begin there", () => {
  const known = epochs();
  known.truncateFromStart(5);
  known.truncateFromStart(10);
  assert.equal(known.isDirty, false);
  known.truncateFromStart(15);
  assert.deepEqual(known.entries(), [{ epoch: 2, startOffset: 15 }, { epoch: 5, startOffset: 20 }]);
  known.truncateFromStart(20);
  assert.deepEqual(known.entries(), [{ epoch: 5, startOffset: 20 }]);
});
