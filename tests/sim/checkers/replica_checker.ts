import type { Partition } from "../../../src/broker/partition.ts";
import type { Report } from "./violation.ts";

/** What a replica has reached, over all its lives on one disk. */
interface ReplicaMarks {
  leaderEpoch: number;
  highWatermark: number;
  /** Which life of the broker the marks of this life are of. */
  life: number;
}

/** Looks into every broker: epochs, watermarks and log ends of its replicas. */
export class ReplicaChecker {
  readonly #marks = new Map<string, ReplicaMarks>();
  /** Who leads a partition in an epoch. */
  readonly #leaders = new Map<string, string>();

  constructor(private readonly report: Report) {}

  /** The disk of a broker is new: what its replicas had reached counts no more. */
  forget(node: string): void {
    for (const key of [...this.#marks.keys()]) {
      if (key.startsWith(`${node} `)) this.#marks.delete(key);
    }
  }

  /**
   * Looks at one replica.
   *
   * @param life of the broker; the high watermark may be behind after a start
   */
  look(node: string, life: number, partition: Partition): void {
    if (!partition.isOnline) return;
    const place = `${partition.topicId} ${partition.topic.name}-${partition.index}`;
    const key = `${node} ${place}`;
    const { leaderEpoch, highWatermark, log } = partition;
    if (highWatermark > log.endOffset) {
      this.report(
        "noTruncation",
        `${key}: high watermark ${highWatermark} is above the log end ${log.endOffset}`,
      );
    }
    const marks = this.#marks.get(key);
    if (marks === undefined) {
      this.#marks.set(key, { leaderEpoch, highWatermark, life });
    } else {
      if (leaderEpoch < marks.leaderEpoch && life === marks.life) {
        this.report("neverBack", `${key}: epoch ${leaderEpoch} after ${marks.leaderEpoch}`);
      }
      if (highWatermark < marks.highWatermark && life === marks.life) {
        this.report(
          "neverBack",
          `${key}: high watermark ${highWatermark} after ${marks.highWatermark}`,
        );
      }
      marks.leaderEpoch = leaderEpoch;
      marks.highWatermark = highWatermark;
      marks.life = life;
    }
    if (partition.isLeader) this.#leads(node, place, leaderEpoch);
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
