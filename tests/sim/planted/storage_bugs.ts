import type { PlantedBug } from "./planted_bug.ts";

/** Mistakes in the log and in what a single replica shows of it. */
export const STORAGE_BUGS: readonly PlantedBug[] = [
  {
    name: "torn-tail-accepted",
    // With others to follow, a torn tail is cut by them.
    nodes: 1,
    story: "After a crash, batches are taken for whole without a look at their checksums.",
    changes: [{
      path: "src/log/segment_recovery.ts",
      find:
        "const range = { position: start.position, end: fileBytes, verifyCrc: scan.verifyCrc };",
      replace: "const range = { position: start.position, end: fileBytes, verifyCrc: false };",
    }],
  },
  {
    name: "producers-not-replayed",
    story: "What producers wrote since the last snapshot is not replayed at a start: their " +
      "sequences are accepted a second time.",
    changes: [{
      path: "src/log/log_replay.ts",
      find: "  if (range.from >= range.upTo) return;",
      replace: "  if (range.from >= 0) return;",
    }],
  },
  {
    name: "duplicates-appended",
    story: "A batch that was sent again is appended again.",
    changes: [{
      path: "src/log/producer_states.ts",
      find: 'if (duplicate !== undefined) return { kind: "duplicate", batch: duplicate };',
      replace: "if (duplicate !== undefined) return ACCEPTED;",
    }],
  },
  {
    name: "sequence-not-checked",
    story: "A gap in the sequence of a producer is not seen, so batches change places.",
    changes: [{
      path: "src/log/producer_states.ts",
      find: "if (firstSequence !== expected) return outOfOrder(",
      replace: "if (firstSequence < expected) return outOfOrder(",
    }],
  },
  {
    name: "read-committed-to-high-watermark",
    story: "Readers of committed records are shown what lies behind an open transaction.",
    changes: [{
      path: "src/broker/partition.ts",
      find: '      case "read_committed":\n        return this.lastStableOffset;',
      replace: '      case "read_committed":\n        return this.#committed.offset;',
    }],
  },
];
