import type { Partition } from "../../../src/broker/partition.ts";
import type { Report } from "./violation.ts";

/** What a replica has reached in one life of its broker. */
interface ReplicaMarks {
  /** Names the replica in reports. */
  readonly place: string;
  leaderEpoch: number;
  highWatermark: number;
  /** The last epoch that it was seen to lead in. */
  ledEpoch: number;
}

/** Looks into every broker: epochs, watermarks and log ends of its replicas. */
export class ReplicaChecker {
  /** A replica is a new object in every life of its broker, and its watermark may be behind then. */
  readonly #marks = new WeakMap<Partition, ReplicaMarks>();
  /** Who leads a partition in an epoch. */
  readonly #leaders = new Map<string, string>();

  constructor(private readonly report: Report) {}

  /** Looks at one replica. */
  look(node: string, partition: Partition): void {
    if (!partition.isOnline) return;
    const { leaderEpoch, highWatermark, log } = partition;
    let marks = this.#marks.get(partition);
    if (marks === undefined) {
      const place = `${partition.topicId} ${partition.topic.name}-${partition.index}`;
      marks = { place, leaderEpoch, highWatermark, ledEpoch: -1 };
      this.#marks.set(partition, marks);
    }
    if (highWatermark > log.endOffset) {
      this.report(
        "noTruncation",
        `${node} ${marks.place}: high watermark ${highWatermark} is above the log end ` +
          `${log.endOffset}`,
      );
    }
    if (leaderEpoch < marks.leaderEpoch) {
      const found = `${node} ${marks.place}: epoch ${leaderEpoch} after ${marks.leaderEpoch}`;
      this.report("neverBack", found);
    }
    if (highWatermark < marks.highWatermark) {
      this.report(
        "neverBack",
        `${node} ${marks.place}: high watermark ${highWatermark} after ${marks.highWatermark}`,
      );
    }
    marks.leaderEpoch = leaderEpoch;
    marks.highWatermark = highWatermark;
    if (!partition.isLeader || marks.ledEpoch === leaderEpoch) return;
    marks.ledEpoch = leaderEpoch;
    this.#leads(node, marks.place, leaderEpoch);
  }

  #leads(node: string, place: string, epoch: number): void {
    const key = `${place} ${epoch}`;
    const known = this.#leaders.get(key);
    if (known === undefined) this.#leaders.set(key, node);
    else if (known !== node) {
      this.report("oneValue", `${place}: epoch ${epoch} is led by ${known} and by ${node}`);
    }
  }
}
