import assert from "node:assert/strict";
import type {
  CleanerPort,
  FromCleaner,
  ToCleaner,
} from "../../../../src/cli/cleaner_thread/messages.ts";
import { PortCleaner } from "../../../../src/cli/cleaner_thread/port_cleaner.ts";
import { serveCleaner } from "../../../../src/cli/cleaner_thread/serve_cleaner.ts";
import { DiskError } from "../../../../src/io/disk.ts";
import type { CleaningClient } from "../../../../src/log/compaction/cleaning_job.ts";
import { CleanerError } from "../../../../src/log/compaction/cleaning_job.ts";
import { CorruptLogError } from "../../../../src/log/log_reader.ts";
import {
  newCompacted,
  RESOURCES,
  roll,
  show,
  surveyOf,
  write,
} from "../../log/compaction/cleaning_harness.ts";

/** Two ports; what is posted to one comes out of the other, cloned, in a later turn. */
function ports() {
  const port = <Out, In>(): CleanerPort<Out, In> & { close(): void; isClosed: boolean } => ({
    postMessage() {},
    onmessage: null,
    isClosed: false,
    close() {
      this.isClosed = true;
    },
  });
  const broker = port<ToCleaner, FromCleaner>();
  const cleaner = port<FromCleaner, ToCleaner>();
  const deliver = <T>(to: CleanerPort<unknown, T>) => (message: T) => {
    const copy = structuredClone(message);
    queueMicrotask(() => to.onmessage?.(new MessageEvent("message", { data: copy })));
  };
  broker.postMessage = deliver(cleaner);
  cleaner.postMessage = deliver(broker);
  return { broker, cleaner };
}

function setUp() {
  const at = newCompacted({ segmentBytes: 4000 });
  for (const text of ["a=1 b=1", "a=2"]) {
    write(at.log, text);
    roll(at.log, at.clock);
  }
  const { broker, cleaner } = ports();
  serveCleaner(cleaner, at);
  const nowMs = at.clock.wallMs();
  const survey = surveyOf(at.log, nowMs);
  const run = at.log.cleaning.begin(survey, RESOURCES, nowMs, new Int32Array(4));
  const client: CleaningClient = { isWanted: () => true, swap: (cleaned) => run.swap(cleaned) };
  return { ...at, broker, run, client, remote: new PortCleaner(broker) };
}

Deno.test("PortCleaner.clean() has a log cleaned at the other end of its port", async () => {
  const { log, run, client, remote, directory } = setUp();
  const outcome = await remote.clean(run.job, client);
  assert.ok(outcome.kind === "cleaned" && outcome.endOffset === 3);
  assert.deepEqual(await show(log), ["[0-1] 1:b=1", "[2-2] 2:a=2"]);
  await directory.close();
});

Deno.test("PortCleaner.clean() ends when a swap is refused, and the next one works", async () => {
  const { run, client, remote, directory } = setUp();
  const refusing = { ...client, swap: () => Promise.resolve(false) };
  assert.deepEqual(await remote.clean(run.job, refusing), { kind: "abandoned" });
  assert.equal((await remote.clean(run.job, client)).kind, "cleaned");
  await directory.close();
});

Deno.test("PortCleaner.clean() rejects with what the swap failed with", async () => {
  const { run, client, remote, directory } = setUp();
  const error = new DiskError("ioError", "t-0", "gone");
  const failing = { ...client, swap: () => Promise.reject(error) };
  await assert.rejects(remote.clean(run.job, failing), error);
  await directory.close();
});

Deno.test("PortCleaner.clean() rejects as a cleaner on the same thread would", async () => {
  const { disk, run, client, remote, directory } = setUp();
  disk.plant({ operation: "write", kind: "noSpace", path: ".log.cleaned" });
  await assert.rejects(remote.clean(run.job, client), (error) => {
    assert.ok(error instanceof DiskError && error.kind === "noSpace");
    assert.equal(error.message, `${error.path}: planted fault`);
    return true;
  });
  disk.content("t-0/00000000000000000000.log", (bytes) => bytes.fill(0, 62, 66));
  await assert.rejects(remote.clean(run.job, client), (error) => {
    assert.ok(error instanceof CorruptLogError && error.position === 0);
    return true;
  });
  const senseless = { ...run.job, resources: { ...RESOURCES, loadFactor: 2 } };
  await assert.rejects(remote.clean(senseless, client), CleanerError);
  await directory.close();
});

Deno.test("PortCleaner.clean() tells the other end when the cleaning is no longer wanted", async () => {
  const { clock, log, client, remote, directory } = setUp();
  // A batch that is large enough for the pace to be looked at, and a budget that makes it wait.
  log.config = { ...log.config, segmentBytes: 2 ** 20 };
  write(log, `a=${"x".repeat(300_000)}`);
  roll(log, clock);
  const resources = { ...RESOURCES, ioBytesPerSecond: 300_000 };
  const slow = log.cleaning.begin(surveyOf(log, 0), resources, 0, new Int32Array(4));
  const swap = () => Promise.reject(new Error("nothing was to be swapped"));
  const outcome = remote.clean(slow.job, { ...client, swap, isWanted: () => false });
  for (let second = 0; second < 10; second++) {
    clock.advance(1000);
    for (let i = 0; i < 50; i++) await Promise.resolve();
  }
  assert.deepEqual(await outcome, { kind: "abandoned" });
  await directory.close();
});

Deno.test("PortCleaner.close() closes the port", async () => {
  const { remote, broker, directory } = setUp();
  remote.close();
  assert.ok(broker.isClosed);
  await directory.close();
});
