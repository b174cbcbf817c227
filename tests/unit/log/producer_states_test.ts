import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decodeProducerSnapshot,
  encodeProducerSnapshot,
} from "../../../src/log/producer_snapshots.ts";
import { addSequence, ProducerStates } from "../../../src/log/producer_states.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";

const INT32_MAX = 2 ** 31 - 1;

/** States in which producer 1 of epoch 0 wrote `sizes` one after the other from offset 0 on. */
function written(sizes: readonly number[], firstSequence = 0): ProducerStates {
  const states = new ProducerStates();
  let sequence = firstSequence;
  let offset = 0;
  for (const size of sizes) {
    states.wrote(1, 0, sequence, offset, offset + size - 1, 1000, false);
    sequence = addSequence(sequence, size);
    offset += size;
  }
  return states;
}

function codeOf(verdict: ReturnType<ProducerStates["check"]>): number | string {
  return verdict.kind === "rejected" ? verdict.errorCode : verdict.kind;
}

Deno.test("check() accepts any first sequence when the producer is unknown", () => {
  assert.equal(codeOf(new ProducerStates().check(1, 0, 77, 0, false)), "accepted");
});

Deno.test("check() demands sequence 0 of an unknown producer when it must start there", () => {
  const states = new ProducerStates();
  const late = states.check(1, 0, 77, 0, true, true);
  assert.equal(codeOf(late), ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  assert.equal(codeOf(states.check(1, 0, 0, 0, true, true)), "accepted");
});

Deno.test("check() accepts the next sequence alone when batches were written", () => {
  const states = written([3, 2]);
  assert.equal(codeOf(states.check(1, 0, 5, 0, false)), "accepted");
  for (const sequence of [4, 6, 1]) {
    const verdict = states.check(1, 0, sequence, 0, false);
    assert.equal(codeOf(verdict), ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  }
});

Deno.test("check() knows the last five batches and none before", () => {
  const states = written([1, 2, 3, 4, 5, 6]);
  const verdict = states.check(1, 0, 1, 1, false);
  assert.deepEqual(verdict.kind === "duplicate" && verdict.batch.lastOffset, 2);
  assert.equal(codeOf(states.check(1, 0, 15, 5, false)), "duplicate");
  assert.equal(codeOf(states.check(1, 0, 0, 0, false)), ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
});

Deno.test("check() takes no batch of another length for a duplicate", () => {
  const verdict = written([3, 2]).check(1, 0, 3, 2, false);
  assert.equal(codeOf(verdict), ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
});

Deno.test("check() goes on with 0 when the last sequence was 2^31-1", () => {
  assert.equal(codeOf(written([1], INT32_MAX).check(1, 0, 0, 0, false)), "accepted");
  const crossing = written([5], INT32_MAX - 1);
  assert.equal(crossing.get(1)?.batches[0]?.lastSequence, 2);
  assert.equal(codeOf(crossing.check(1, 0, 3, 0, false)), "accepted");
  assert.equal(codeOf(crossing.check(1, 0, INT32_MAX - 1, 4, false)), "duplicate");
});

Deno.test("check() fences an older epoch and starts a newer one at 0", () => {
  const states = new ProducerStates();
  states.wrote(1, 4, 0, 0, 9, 1000, false);
  assert.equal(codeOf(states.check(1, 3, 10, 0, false)), ErrorCode.INVALID_PRODUCER_EPOCH);
  assert.equal(
    codeOf(states.check(1, 5, 10, 0, false)),
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  );
  assert.equal(codeOf(states.check(1, 5, 0, 9, false)), "accepted");
});

Deno.test("check() refuses a batch outside of the transaction that is open", () => {
  const states = new ProducerStates();
  states.wrote(1, 0, 0, 0, 0, 1000, true);
  assert.equal(codeOf(states.check(1, 0, 1, 0, false)), ErrorCode.INVALID_TXN_STATE);
  assert.equal(codeOf(states.check(1, 0, 1, 0, true)), "accepted");
});

Deno.test("check() goes on with the sequences of an epoch after a marker of the same epoch", () => {
  const states = new ProducerStates();
  states.wrote(1, 0, 0, 0, 4, 1000, true);
  states.ended(1, 0, 0, true, 5, 1000);
  assert.equal(codeOf(states.check(1, 0, 5, 0, true)), "accepted");
  states.ended(1, 1, 0, true, 6, 1000);
  assert.equal(codeOf(states.check(1, 0, 5, 0, true)), ErrorCode.INVALID_PRODUCER_EPOCH);
  assert.equal(codeOf(states.check(1, 1, 0, 0, true)), "accepted");
});

Deno.test("checkMarker() fences older producers and coordinators", () => {
  const states = new ProducerStates();
  states.wrote(1, 2, 0, 0, 0, 1000, true);
  states.ended(1, 2, 7, true, 1, 1000);
  assert.equal(codeOf(states.checkMarker(1, 1, 7)), ErrorCode.INVALID_PRODUCER_EPOCH);
  assert.equal(codeOf(states.checkMarker(1, 2, 6)), ErrorCode.TRANSACTION_COORDINATOR_FENCED);
  assert.equal(codeOf(states.checkMarker(1, 2, 7)), "accepted");
});

Deno.test("ended() reports an aborted transaction with the last stable offset it leaves", () => {
  const states = new ProducerStates();
  states.wrote(1, 0, 0, 10, 14, 1000, true);
  states.wrote(2, 0, 0, 15, 19, 1000, true);
  const expected = { producerId: 1, firstOffset: 10, lastOffset: 20, lastStableOffset: 15 };
  assert.deepEqual(states.ended(1, 0, 0, false, 20, 1000), expected);
  assert.equal(states.ended(2, 0, 0, true, 21, 1000), undefined);
  assert.equal(states.ended(2, 0, 0, false, 22, 1000), undefined);
});

Deno.test("firstUnstableOffset() holds until the marker is below the high watermark", () => {
  const states = new ProducerStates();
  assert.equal(states.firstUnstableOffset(0), undefined);
  states.wrote(1, 0, 0, 10, 14, 1000, true);
  states.wrote(2, 0, 0, 15, 19, 1000, true);
  states.ended(1, 0, 0, true, 20, 1000);
  assert.equal(states.firstUnstableOffset(20), 10);
  assert.equal(states.firstUnstableOffset(21), 15);
  states.ended(2, 0, 0, true, 21, 1000);
  assert.equal(states.firstUnstableOffset(22), undefined);
});

Deno.test("expire() keeps producers that are young or have a transaction open", () => {
  const states = new ProducerStates();
  states.wrote(1, 0, 0, 0, 0, 1000, false);
  states.wrote(2, 0, 0, 1, 1, 5000, false);
  states.wrote(3, 0, 0, 2, 2, 1000, true);
  states.expire(6000, 5000);
  assert.deepEqual([...states.entries()].map((state) => state.producerId), [2, 3]);
});

Deno.test("decodeProducerSnapshot() gives back what encodeProducerSnapshot() was given", () => {
  const step = fc.record({
    producerId: fc.integer({ min: 0, max: 3 }),
    epochBump: fc.boolean(),
    size: fc.integer({ min: 1, max: 5 }),
    kind: fc.constantFrom("plain", "transactional", "commit", "abort"),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
    const states = new ProducerStates();
    let offset = 0;
    for (const { producerId, epochBump, size, kind } of steps) {
      const state = states.get(producerId);
      const epoch = (state?.epoch ?? 0) + (epochBump ? 1 : 0);
      if (kind === "commit" || kind === "abort") {
        states.ended(producerId, epoch, 1, kind === "commit", offset++, offset);
        continue;
      }
      const last = state?.epoch === epoch ? state.batches.at(-1)?.lastSequence ?? -1 : -1;
      const isTransactional = kind === "transactional";
      states.wrote(
        producerId,
        epoch,
        last + 1,
        offset,
        offset + size - 1,
        offset,
        isTransactional,
      );
      offset += size;
    }
    const decoded = decodeProducerSnapshot(encodeProducerSnapshot(states));
    const restored = new ProducerStates();
    for (const state of decoded!) restored.restore(state);
    // Kafka's entry has one timestamp for the producer and its newest batch.
    for (const { batches, lastTimestampMs } of states.entries()) {
      if (batches.length > 0) batches.at(-1)!.timestampMs = lastTimestampMs;
    }
    assert.deepEqual([...restored.entries()], [...states.entries()]);
    assert.equal(restored.firstUnstableOffset(Infinity), states.firstUnstableOffset(Infinity));
  }));
});

Deno.test("decodeProducerSnapshot() refuses a snapshot with any bit flipped or cut off", () => {
  const bytes = encodeProducerSnapshot(written([1, 2]));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >>> 3]! ^= 1 << (bit & 7);
    assert.equal(decodeProducerSnapshot(flipped), undefined, `bit ${bit}`);
  }
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(decodeProducerSnapshot(bytes.subarray(0, length)), undefined);
  }
});
