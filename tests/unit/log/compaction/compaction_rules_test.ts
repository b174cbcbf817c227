import assert from "node:assert/strict";
import { Codec } from "../../../../src/protocol/compression/codec.ts";
import { buildBatch } from "../../../../src/protocol/records/batch_builder.ts";
import * as layout from "../../../../src/protocol/records/batch_layout.ts";
import { appended, markerOf, readAll } from "../log_harness.ts";
import { clean, DAY_MS, newCompacted, recordOf, roll, show, write } from "./cleaning_harness.ts";

type Log = ReturnType<typeof newCompacted>;

/** One rule: what is written, cleaned maybe several times, and what is left of it. */
interface Rule {
  readonly name: string;
  write(at: Log): void;
  /** Milliseconds between the cleanings; one at once when left out. */
  readonly pausesMs?: readonly number[];
  readonly left: readonly string[];
}

/** Where the simulated clock stands. */
const NOW_MS = 1_700_000_000_000;
/** Until when what a first cleaning marks is kept. */
const UNTIL = `until ${NOW_MS + DAY_MS}`;
const TXN = { producerId: 7, producerEpoch: 0, isTransactional: true };

/** Ends the writing: another batch, so that no rule is about the last one. */
function close({ log, clock }: Log): void {
  write(log, "end=1");
  roll(log, clock);
}

const RULES: readonly Rule[] = [
  {
    name: "keeps the last record of each key, offsets and headers of batches as they were",
    write(at) {
      write(at.log, "a=1 b=1 c=1");
      write(at.log, "a=2 b=2");
      close(at);
    },
    left: ["[0-2] 2:c=1", "[3-4] 3:a=2 4:b=2", "[5-5] 5:end=1"],
  },
  {
    name: "removes batches of which nothing is left",
    write(at) {
      write(at.log, "a=1 b=1");
      write(at.log, "a=2 b=2");
      close(at);
    },
    left: ["[2-3] 2:a=2 3:b=2", "[4-4] 4:end=1"],
  },
  {
    name: "removes records without a key, which came before the topic was compacted",
    write(at) {
      write(at.log, "a=1 =1");
      write(at.log, "=2");
      close(at);
    },
    left: ["[0-1] 0:a=1", "[3-3] 3:end=1"],
  },
  {
    name: "notes on a batch with tombstones when they may go",
    write(at) {
      write(at.log, "a=1");
      write(at.log, "b=1 a");
      close(at);
    },
    left: [`[1-2 ${UNTIL}] 1:b=1 2:a`, "[3-3] 3:end=1"],
  },
  {
    name: "keeps tombstones until that time",
    write(at) {
      write(at.log, "b=1 a");
      close(at);
    },
    pausesMs: [0, DAY_MS - 1],
    left: [`[0-1 ${UNTIL}] 0:b=1 1:a`, "[2-2] 2:end=1"],
  },
  {
    name: "removes tombstones when that time has come",
    write(at) {
      write(at.log, "b=1 a");
      close(at);
    },
    pausesMs: [0, DAY_MS],
    left: [`[0-1 ${UNTIL}] 0:b=1`, "[2-2] 2:end=1"],
  },
  {
    name: "removes the records of aborted transactions at once, their marker later",
    write(at) {
      write(at.log, "a=1");
      write(at.log, "a=2 b=2", { ...TXN, baseSequence: 0 });
      appended(at.log, markerOf(7, false));
      write(at.log, "c=1", { ...TXN, producerEpoch: 1, baseSequence: 0 });
      appended(at.log, markerOf(7, true, 1));
      close(at);
    },
    left: [
      "[0-0] 0:a=1",
      "[3-3 p7:0:-1] 3:abort",
      "[4-4 p7:1:0] 4:c=1",
      "[5-5 p7:1:-1] 5:commit",
      "[6-6] 6:end=1",
    ],
  },
  {
    name: "marks the marker of an aborted transaction once nothing is left of it",
    write(at) {
      write(at.log, "a=2 b=2", { ...TXN, baseSequence: 0 });
      appended(at.log, markerOf(7, false));
      write(at.log, "c=1", { ...TXN, producerEpoch: 1, baseSequence: 0 });
      appended(at.log, markerOf(7, true, 1));
      close(at);
    },
    pausesMs: [-1000, 1000],
    left: [
      `[2-2 p7:0:-1 ${UNTIL}] 2:abort`,
      "[3-3 p7:1:0] 3:c=1",
      "[4-4 p7:1:-1] 4:commit",
      "[5-5] 5:end=1",
    ],
  },
  {
    name: "removes the marker of an aborted transaction when its time has come",
    write(at) {
      write(at.log, "a=2 b=2", { ...TXN, baseSequence: 0 });
      appended(at.log, markerOf(7, false));
      write(at.log, "c=1", { ...TXN, producerEpoch: 1, baseSequence: 0 });
      appended(at.log, markerOf(7, true, 1));
      close(at);
    },
    pausesMs: [0, 0, DAY_MS],
    left: ["[3-3 p7:1:0] 3:c=1", "[4-4 p7:1:-1] 4:commit", "[5-5] 5:end=1"],
  },
  {
    name: "keeps a commit marker while a record of its transaction is left",
    write(at) {
      write(at.log, "a=1 b=1", { ...TXN, baseSequence: 0 });
      appended(at.log, markerOf(7, true));
      write(at.log, "a=2");
      write(at.log, "c=1", { ...TXN, producerEpoch: 1, baseSequence: 0 });
      appended(at.log, markerOf(7, true, 1));
      close(at);
    },
    pausesMs: [0, 0, DAY_MS, DAY_MS],
    left: [
      "[0-1 p7:0:0] 1:b=1",
      "[2-2 p7:0:-1] 2:commit",
      "[3-3] 3:a=2",
      "[4-4 p7:1:0] 4:c=1",
      "[5-5 p7:1:-1] 5:commit",
      "[6-6] 6:end=1",
    ],
  },
  {
    name: "removes a commit marker after its last record, by the same delay",
    write(at) {
      write(at.log, "a=1", { ...TXN, baseSequence: 0 });
      appended(at.log, markerOf(7, true));
      write(at.log, "a=2");
      write(at.log, "c=1", { ...TXN, producerEpoch: 1, baseSequence: 0 });
      appended(at.log, markerOf(7, true, 1));
      close(at);
    },
    pausesMs: [0, 0, DAY_MS],
    left: [
      "[2-2] 2:a=2",
      "[3-3 p7:1:0] 3:c=1",
      "[4-4 p7:1:-1] 4:commit",
      "[5-5] 5:end=1",
    ],
  },
  {
    name: "leaves an empty batch of an active producer's last sequence",
    write(at) {
      write(at.log, "a=1", { producerId: 9, producerEpoch: 3, baseSequence: 0 });
      write(at.log, "a=2 b=2", { producerId: 9, producerEpoch: 3, baseSequence: 1 });
      write(at.log, "a=3 b=3");
      close(at);
    },
    pausesMs: [0, 2 * DAY_MS],
    left: ["[1-2 p9:3:1]", "[3-4] 3:a=3 4:b=3", "[5-5] 5:end=1"],
  },
  {
    name: "leaves the marker that an active producer's epoch is known by",
    write(at) {
      write(at.log, "a=1", { ...TXN, baseSequence: 0 });
      appended(at.log, markerOf(7, true, 1));
      write(at.log, "a=2");
      close(at);
    },
    pausesMs: [0, 0, 2 * DAY_MS],
    left: ["[1-1 p7:1:-1] 1:commit", "[2-2] 2:a=2", "[3-3] 3:end=1"],
  },
  {
    name: "leaves no marker of a producer's earlier epoch",
    write(at) {
      write(at.log, "a=1", { ...TXN, baseSequence: 0 });
      appended(at.log, markerOf(7, true, 1));
      write(at.log, "a=2", { ...TXN, producerEpoch: 1, baseSequence: 0 });
      appended(at.log, markerOf(7, true, 2));
      write(at.log, "a=3");
      close(at);
    },
    pausesMs: [0, 0, 2 * DAY_MS],
    left: ["[3-3 p7:2:-1] 3:commit", "[4-4] 4:a=3", "[5-5] 5:end=1"],
  },
  {
    name: "keeps the offsets of the last batch, of nobody, when its records go",
    write(at) {
      write(at.log, "b=1");
      write(at.log, "a");
      roll(at.log, at.clock);
    },
    pausesMs: [0, DAY_MS],
    left: ["[0-0] 0:b=1", "[1-1]"],
  },
];

for (const { name, write: fill, pausesMs = [0], left } of RULES) {
  Deno.test(`runCleaning() ${name}`, async () => {
    const at = newCompacted({ segmentBytes: 4000 });
    fill(at);
    let nowMs = at.clock.wallMs();
    for (const pauseMs of pausesMs) {
      nowMs += pauseMs;
      await clean(at, { nowMs });
    }
    assert.deepEqual(await show(at.log), left);
    await at.directory.close();
  });
}

Deno.test("runCleaning() leaves an aborted transaction's empty batch of an active producer, and its marker", async () => {
  const at = newCompacted({ segmentBytes: 4000 });
  write(at.log, "a=1", { ...TXN, baseSequence: 0 });
  appended(at.log, markerOf(7, false));
  close(at);
  for (const nowMs of [0, 1, 2, 3].map((days) => NOW_MS + days * DAY_MS)) {
    await clean(at, { nowMs });
  }
  assert.deepEqual(await show(at.log), ["[0-0 p7:0:0]", "[1-1 p7:0:-1] 1:abort", "[2-2] 2:end=1"]);
  assert.equal(at.log.abortedTransactions(0, 3).length, 1);
  await at.directory.close();
});

for (const codec of [Codec.gzip, Codec.snappy, Codec.lz4, Codec.zstd]) {
  Deno.test(`runCleaning() keeps codec ${codec} where it writes a batch anew, and one that it need not`, async () => {
    const at = newCompacted({ segmentBytes: 4000 });
    write(at.log, "a=1 b=1 c", { codec });
    write(at.log, "a=2 d=1", { codec });
    const before = await readAll(at.log);
    close(at);
    await clean(at);
    const [first, second] = await readAll(at.log);
    assert.equal(layout.codecOf(first!, 0), codec);
    assert.deepEqual(second, before[1]);
    const left = [`[0-2 ${UNTIL}] 1:b=1 2:c`, "[3-4] 3:a=2 4:d=1", "[5-5] 5:end=1"];
    assert.deepEqual(await show(at.log), left);
    await at.directory.close();
  });
}

Deno.test("runCleaning() keeps the time of append of a log that has it, through a delete horizon too", async () => {
  const at = newCompacted({ segmentBytes: 4000, timestampType: "LogAppendTime" });
  write(at.log, "a=1 b=1 c", { logAppendTimeMs: 5000 });
  write(at.log, "a=2");
  close(at);
  await clean(at);
  const [batch] = await readAll(at.log);
  assert.ok(layout.isLogAppendTime(batch!, 0));
  assert.equal(layout.maxTimestamp(batch!, 0), 5000);
  await at.directory.close();
});

Deno.test("runCleaning() lowers the largest timestamp of a batch to that of the records that stay", async () => {
  const at = newCompacted({ segmentBytes: 4000 });
  appended(at.log, buildBatch([recordOf("a=1", 9000), recordOf("b=1", 5000)]));
  write(at.log, "a=2", { timestamp: 4000 });
  close(at);
  await clean(at);
  assert.equal(at.log.maxTimestampOffset()?.timestamp, 5000);
  assert.equal(at.log.offsetForTimestamp(5001), undefined);
  await at.directory.close();
});
