import type { PlantedBug } from "./planted_bug.ts";

/** Mistakes in replication, in-sync sets and leadership of partitions. */
export const REPLICATION_BUGS: readonly PlantedBug[] = [
  {
    name: "watermark-ignores-followers",
    story: "acks=all is answered when the leader alone has the records.",
    changes: [{
      path: "src/broker/replication/leadership.ts",
      find: "      if (follower.logEndOffset >= offset) continue;",
      replace: "      if (follower.logEndOffset >= -1) continue;",
    }],
  },
  {
    name: "watermark-forgets-proposal",
    story:
      "A follower whose joining is proposed is not waited for, though it may be in sync by now.",
    changes: [{
      path: "src/broker/replication/leadership.ts",
      find:
        "if (this.#mayBeInSync(id) || this.#isAboutToJoin(id, follower, leaderEndOffset, nowMs)) {",
      replace: "void leaderEndOffset;\n      void nowMs;\n      if (this.#isr.includes(id)) {",
    }],
  },
  {
    name: "joins-without-catching-up",
    story: "A follower is taken into the in-sync set without having what is committed.",
    changes: [{
      path: "src/broker/replication/leadership.ts",
      find: "    return follower !== undefined && follower.logEndOffset >= highWatermark &&\n" +
        "      follower.logEndOffset >= this.epochStartOffset &&\n",
      replace: "    return follower !== undefined && highWatermark >= -1 &&\n",
    }],
  },
  {
    name: "follower-keeps-divergent-log",
    story: "A follower goes on behind records that its leader does not have.",
    changes: [{
      path: "src/broker/replication/follower_step.ts",
      find: "  if (divergingEpoch.epoch >= 0) {",
      replace: "  if (divergingEpoch.epoch >= 1_000_000) {",
    }],
  },
  {
    name: "truncates-too-much",
    story:
      "A follower that parts from its leader cuts too far: what others have committed with it.",
    changes: [{
      path: "src/broker/replication/follower_log.ts",
      find: "    return this.truncateTo(Math.max(known, 0));",
      replace: "    return this.truncateTo(Math.max(known - 2, 0));",
    }],
  },
  {
    name: "unclean-election-taken",
    story: "A replica that lacks committed records is elected though nobody allowed that.",
    changes: [{
      path: "src/metadata/leadership_rules.ts",
      find: 'election: election ?? (this.allowsUnclean(topic) ? "unclean" : "online"),',
      replace: 'election: election ?? (topic.name === "" ? "online" : "unclean"),',
    }],
  },
  {
    name: "stale-partition-epoch-accepted",
    story: "The controller takes a change of the in-sync set that is based on an older one.",
    changes: [{
      path: "src/metadata/alter_partition.ts",
      find:
        "  if (asked.partitionEpoch < partitionEpoch) return ErrorCode.INVALID_UPDATE_VERSION;\n",
      replace: "",
    }],
  },
  {
    name: "stale-broker-epoch-accepted",
    story: "A replica is in sync by what a former life of its broker had fetched.",
    changes: [{
      path: "src/metadata/alter_partition.ts",
      find: "  if (brokerEpoch !== ANY_EPOCH && broker.epoch !== brokerEpoch) return false;\n",
      replace: "",
    }, {
      path: "src/broker/partition.ts",
      find:
        "const isStale = brokerEpoch >= 0 && brokerEpoch < this.environment.registeredEpoch(brokerId);",
      replace: "const isStale = brokerEpoch < -1;",
    }],
  },
  {
    name: "fenced-broker-in-sync",
    story: "A broker that is fenced is taken into in-sync sets.",
    changes: [{
      path: "src/metadata/alter_partition.ts",
      find: "  if (broker === undefined || broker.fenced) return false;",
      replace: "  if (broker === undefined) return false;",
    }],
  },
  {
    name: "min-in-sync-ignored",
    story: "Records are committed with fewer replicas in sync than the topic asks for.",
    changes: [{
      path: "src/broker/partition.ts",
      find: "    return this.isr.length < wanted;",
      replace: "    return this.isr.length < Math.min(1, wanted);",
    }],
  },
  {
    name: "deposed-leader-goes-on",
    story: "A leader that has heard of its successor goes on taking records.",
    changes: [{
      path: "src/broker/partition.ts",
      find:
        "    if (this.#isLeader) this.following.leaveLeadership();\n    this.#isLeader = false;",
      replace: "    if (this.#isLeader) return;",
    }],
  },
  {
    name: "fetch-beyond-watermark",
    story: "Readers are shown records that are not committed.",
    changes: [{
      path: "src/broker/partition.ts",
      find: '      case "read_uncommitted":\n        return this.#committed.offset;',
      replace: '      case "read_uncommitted":\n        return this.log.endOffset;',
    }],
  },
];
