import type { Logger } from "../../base/logger.ts";
import { imageToRecords } from "../../metadata/cluster_image.ts";
import type { ConsensusDriver } from "./consensus_driver.ts";
import type { ImageReplayer } from "./image_replayer.ts";
import type { MetadataLog } from "./metadata_log.ts";
import { encodeSnapshot } from "./snapshot_bytes.ts";
import type { SnapshotFiles } from "./snapshot_files.ts";

/** What a {@link SnapshotKeeper} works with. */
export interface SnapshotKeeperOptions {
  readonly log: MetadataLog;
  readonly logger: Logger;
  readonly snapshots: SnapshotFiles;
  readonly replayer: ImageReplayer;
  readonly driver: ConsensusDriver;
  /** `metadata.log.max.record.bytes.between.snapshots` */
  readonly snapshotIntervalBytes: number;
}

/** Makes a snapshot now and then, and takes away the log that it stands for. */
export class SnapshotKeeper {
  #snapshotting: Promise<void> | undefined;

  constructor(private readonly options: SnapshotKeeperOptions) {}

  /** Begins one when enough was replayed since the last. */
  snapshotIfDue(): void {
    const { replayer, snapshotIntervalBytes } = this.options;
    const isDue = replayer.bytesSinceSnapshot >= snapshotIntervalBytes;
    if (!isDue || this.#snapshotting !== undefined || replayer.image.inTransaction) return;
    this.#snapshotting = this.#snapshot().finally(() => this.#snapshotting = undefined);
  }

  /** Resolves when none is being made. */
  async idle(): Promise<void> {
    await this.#snapshotting;
  }

  async #snapshot(): Promise<void> {
    const { log, logger, snapshots, replayer, driver } = this.options;
    const id = { endOffset: replayer.endOffset, epoch: replayer.lastEpoch };
    const stamp = { leaderEpoch: id.epoch, lastTimestampMs: replayer.lastTimestampMs };
    const bytes = encodeSnapshot(imageToRecords(replayer.image), stamp, replayer.voters);
    replayer.bytesSinceSnapshot = 0;
    try {
      const neededFrom = await snapshots.write(id, bytes);
      // One that came from the leader meanwhile is newer, and the log begins behind it.
      if ((driver.node.state.snapshot?.endOffset ?? 0) >= id.endOffset) return;
      const snapshot = { endOffset: id.endOffset, term: id.epoch };
      driver.step({ type: "snapshotTaken", snapshot, snapshotBytes: bytes.length });
      if (neededFrom > log.startOffset) {
        log.advanceStartOffset(neededFrom);
        driver.step({ type: "compacted", startOffset: neededFrom });
      }
      logger.info("metadata snapshot written", { ...id, bytes: bytes.length });
    } catch (error) {
      // The log is whole without it; the next one is tried after as many bytes again.
      logger.error("metadata snapshot failed", { ...id, error: String(error) });
    }
  }
}
