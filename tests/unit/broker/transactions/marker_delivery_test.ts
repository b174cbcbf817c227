import assert from "node:assert/strict";
import { MarkerDelivery } from "../../../../src/broker/transactions/marker_delivery.ts";
import type {
  EndMarker,
  PartitionName,
} from "../../../../src/broker/transactions/marker_writer.ts";
import {
  newTransaction,
  type Transaction,
  TransactionStatus,
} from "../../../../src/coordinator/transaction/transaction.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";
import { recordingLogger } from "../../log/log_harness.ts";
import { FakeClock, settle } from "../../server/fake_clock.ts";

const PREPARED: Transaction = {
  ...newTransaction("id", 7),
  producerEpoch: 3,
  status: TransactionStatus.prepareCommit,
  partitions: new Map([["a", [0, 1]], ["b", [5]]]),
  clientVersion: 2,
};

/** A delivery whose writes are answered by a script. */
class Bench {
  readonly clock = new FakeClock();
  readonly written: string[] = [];
  readonly markers: EndMarker[] = [];
  answer: (place: string) => number | Promise<number> = () => ErrorCode.NONE;
  completions = 0;
  readonly delivery = new MarkerDelivery({
    clock: this.clock,
    logger: recordingLogger(),
    markers: {
      write: (marker: EndMarker, { topic, partition }: PartitionName) => {
        this.markers.push(marker);
        this.written.push(`${topic}-${partition}`);
        return this.answer(`${topic}-${partition}`);
      },
    },
  });

  deliver(): void {
    this.delivery.deliver(PREPARED, 9, () => this.completions++);
  }
}

Deno.test("MarkerDelivery.deliver() is done in the same turn when nothing waits", () => {
  const bench = new Bench();
  bench.deliver();
  assert.deepEqual(bench.written, ["a-0", "a-1", "b-5"]);
  assert.equal(bench.completions, 1);
  assert.deepEqual(bench.markers[0], {
    producerId: 7,
    producerEpoch: 3,
    committed: true,
    coordinatorEpoch: 9,
    clientVersion: 2,
  });
});

Deno.test("MarkerDelivery.deliver() waits for writes that take their time", async () => {
  const bench = new Bench();
  const slow = Promise.withResolvers<number>();
  bench.answer = (place) => place === "a-1" ? slow.promise : ErrorCode.NONE;
  bench.deliver();
  await settle();
  assert.equal(bench.completions, 0);
  slow.resolve(ErrorCode.NONE);
  await settle();
  assert.equal(bench.completions, 1);
});

Deno.test("MarkerDelivery.deliver() tries again what failed, and only that", async () => {
  const bench = new Bench();
  bench.answer = (place) => place === "b-5" ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.NONE;
  bench.deliver();
  await bench.clock.advance(10_000);
  assert.equal(bench.completions, 0);
  const retries = bench.written.slice(3);
  assert.ok(retries.length >= 5 && retries.every((place) => place === "b-5"), String(retries));
  bench.answer = () => ErrorCode.NONE;
  await bench.clock.advance(1000);
  assert.equal(bench.completions, 1);
  assert.equal(bench.clock.pendingTimers, 0);
});

Deno.test("MarkerDelivery.deliver() passes over topics that are gone and epochs that went on", () => {
  const bench = new Bench();
  bench.answer = (place) =>
    place === "a-0" ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_PRODUCER_EPOCH;
  bench.deliver();
  assert.equal(bench.completions, 1);
});

Deno.test("MarkerDelivery.deliver() ends when another coordinator has taken over", async () => {
  const bench = new Bench();
  bench.answer = () => ErrorCode.TRANSACTION_COORDINATOR_FENCED;
  bench.deliver();
  await bench.clock.advance(10_000);
  assert.equal(bench.completions, 0);
  assert.equal(bench.written.length, 3);
});

Deno.test("MarkerDelivery.stop() leaves the rest to the next start", async () => {
  const bench = new Bench();
  bench.answer = () => ErrorCode.KAFKA_STORAGE_ERROR;
  bench.deliver();
  bench.delivery.stop();
  await bench.clock.advance(10_000);
  assert.equal(bench.written.length, 3);
  assert.equal(bench.clock.pendingTimers, 0);
});
