import type { PlantedBug } from "./planted_bug.ts";

/** Mistakes in consensus and in what drives it. */
export const RAFT_BUGS: readonly PlantedBug[] = [
  {
    name: "vote-not-persisted",
    story: "Term and vote are kept in memory alone: after a crash a node votes twice in a term.",
    changes: [{
      path: "src/broker/metadata_log/quorum_state_file.ts",
      find: "  await replaceFileLater(disk, `${directory}/${FILE_NAME}`, text);",
      replace: "  if (soleVoterId !== undefined) {\n" +
        "    await replaceFileLater(disk, `${directory}/${FILE_NAME}`, text);\n  }",
    }],
  },
  {
    name: "votes-for-everybody",
    story: "A node that has voted in a term votes for the next one who asks as well.",
    changes: [{
      path: "src/raft/elections.ts",
      find:
        "if (!isPreVote && state.vote !== from && (state.vote ?? state.leader) !== undefined) {",
      replace: "if (!isPreVote && state.term < 0) {",
    }],
  },
  {
    name: "shorter-log-elected",
    story: "A vote does not ask whether the candidate's log holds all that the voter has.",
    changes: [{
      path: "src/raft/elections.ts",
      find:
        "return lastTerm > log.lastTerm || (lastTerm === log.lastTerm && endOffset >= log.endOffset);",
      replace: "return lastTerm >= 0 || endOffset >= log.endOffset;",
    }],
  },
  {
    name: "minority-commits",
    story: "One node less than a majority is enough to commit.",
    changes: [{
      path: "src/raft/leadership.ts",
      find: "const offset = durable[membership.majority - 1] ?? 0;",
      replace: "const offset = durable[Math.max(0, membership.majority - 2)] ?? 0;",
    }],
  },
  {
    name: "earlier-term-committed",
    story: "Entries of an earlier term are committed by counting copies (Raft paper, figure 8).",
    changes: [{
      path: "src/raft/leadership.ts",
      find: "if (offset <= state.highWatermark || log.termBefore(offset) !== term) return;",
      replace: "if (offset <= state.highWatermark) return;",
    }],
  },
  {
    name: "acknowledged-before-flush",
    story: "A voter acknowledges entries that are not on its disk yet.",
    changes: [{
      path: "src/raft/follower.ts",
      find: "const offset = Math.min(verifiedOffset, log.flushedOffset);",
      replace: "const offset = Math.min(verifiedOffset, log.endOffset);",
    }, {
      path: "src/raft/follower.ts",
      find: "    if (storesSome) this.#owesReply = true;\n    else this.#acknowledge();",
      replace: "    this.#acknowledge();\n    void storesSome;",
    }],
  },
  {
    name: "append-without-match",
    story: "A follower takes entries without comparing what comes before them.",
    changes: [{
      path: "src/raft/follower.ts",
      find: "if (log.termBefore(prevOffset) !== prevTerm) return this.#refuse(message);",
      replace: "if (prevOffset > log.endOffset) return this.#refuse(message);",
    }],
  },
  {
    name: "conflict-not-truncated",
    story:
      "A follower takes an entry at an offset that it has for the same entry, whatever its term.",
    changes: [{
      path: "src/raft/follower.ts",
      find:
        "const first = entries.findIndex(({ lastOffset, term }) => log.termAt(lastOffset) !== term);",
      replace: "const first = entries.findIndex(({ lastOffset }) => lastOffset >= log.endOffset);",
    }],
  },
  {
    name: "snapshot-drops-configs",
    story: "A snapshot leaves out the configuration of topics.",
    changes: [{
      path: "src/metadata/cluster_image.ts",
      find: "  image.configs.writeTo(records);\n",
      replace: "",
    }],
  },
  {
    name: "pre-vote-ignored",
    story: "A node asks for votes without asking first: one that was cut off deposes the leader.",
    changes: [{
      path: "src/raft/elections.ts",
      find:
        'if (this.#count() === "won") return this.campaign(false);\n    this.#ask(state.term + 1, true, false);',
      replace: "return this.campaign(false);",
    }],
  },
  {
    name: "check-quorum-ignored",
    story: "A leader that hears nobody goes on as if it led.",
    changes: [{
      path: "src/raft/leadership.ts",
      find: "if (!this.#hearsMajority()) return state.becomeFollower(state.term, undefined);",
      replace: "this.#hearsMajority();",
    }],
  },
  {
    name: "stale-leader-answers-reads",
    story: "A leader answers reads without asking whether it still leads.",
    changes: [{
      path: "src/raft/leadership.ts",
      find: "    if (this.#isAlone) return reads.answer(reader, state.highWatermark);",
      replace: "    if (this.isReady) return reads.answer(reader, state.highWatermark);",
    }],
  },
  {
    name: "voters-changed-before-commit",
    story: "Voters are changed before an entry of the own term is committed (the mistake of 2015).",
    changes: [{
      path: "src/raft/leadership.ts",
      find: '    if (!this.isReady) return "notReady";',
      replace: "",
    }, {
      path: "src/raft/leadership.ts",
      find: '    if (membership.offset >= highWatermark) return "changeUnderWay";',
      replace: "    void highWatermark;",
    }],
  },
];
