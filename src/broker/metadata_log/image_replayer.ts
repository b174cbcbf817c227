import type { LogSlice } from "../../log/log_slice.ts";
import { ClusterImage } from "../../metadata/cluster_image.ts";
import { imageDifference } from "../../metadata/image_difference.ts";
import { decodeMetadataRecord, encodeMetadataRecord } from "../../metadata/records.ts";
import {
  baseOffset,
  isControl,
  lastOffset,
  maxTimestamp,
  partitionLeaderEpoch,
  sizeInBytes,
} from "../../protocol/records/batch_layout.ts";
import { type CommitListener, MetadataLogError, type QuorumPeer } from "../metadata_quorum.ts";
import { votersOf } from "./control_batches.ts";
import { readMetadataBatch } from "./metadata_batch.ts";
import { copied, type MetadataLog, visitBatches } from "./metadata_log.ts";
import type { LoadedSnapshot } from "./snapshot_files.ts";

const READ_BYTES = 1024 * 1024;

/** Told how far the image has come, after each batch, and when it can't go on. */
export interface ReplayObserver {
  replayed(endOffset: number): void;
  replayFailed(error: unknown): void;
}

/** Replays what is committed of the log into the image, in order and in as few turns as it can. */
export class ImageReplayer {
  readonly image = new ClusterImage();
  /** All below it is in the image. */
  endOffset = 0;
  /** Of the last batch. */
  lastEpoch = 0;
  lastTimestampMs = -1;
  bytesSinceSnapshot = 0;
  /** As the log has them below {@link endOffset}; undefined when it names none. */
  voters: readonly QuorumPeer[] | undefined;
  readonly #listeners: CommitListener[] = [];
  #target = 0;
  #reading: Promise<void> | undefined;
  #isFailed = false;

  constructor(private readonly log: MetadataLog, private readonly observer: ReplayObserver) {}

  onCommit(listener: CommitListener): void {
    this.#listeners.push(listener);
  }

  /** Begins with a snapshot. */
  restore(snapshot: LoadedSnapshot): void {
    const { id, records, voters } = snapshot;
    for (const record of records) this.image.replay(record, id.endOffset - 1);
    this.endOffset = id.endOffset;
    this.#target = id.endOffset;
    this.lastEpoch = id.epoch;
    this.voters = voters;
  }

  /** Replays everything below `endOffset`: now, as far as the log is in memory. */
  advanceTo(endOffset: number): void {
    this.#target = Math.max(this.#target, endOffset);
    if (this.#reading === undefined) this.#advance();
  }

  /** Resolves when nothing is being read. */
  async idle(): Promise<void> {
    while (this.#reading !== undefined) await this.#reading;
  }

  /**
   * Takes a snapshot in the place of log that this node does not have. Listeners are told of the
   * difference, as if it had been one batch.
   */
  replaceBy(snapshot: LoadedSnapshot): void {
    const { id, voters } = snapshot;
    const target = new ClusterImage();
    for (const record of snapshot.records) target.replay(record, id.endOffset - 1);
    const records = imageDifference(this.image, target)
      .map((record) => decodeMetadataRecord(encodeMetadataRecord(record)));
    for (const record of records) this.image.replay(record, id.endOffset - 1);
    this.endOffset = id.endOffset;
    this.#target = Math.max(this.#target, id.endOffset);
    this.lastEpoch = id.epoch;
    this.voters = voters ?? this.voters;
    this.bytesSinceSnapshot = 0;
    if (records.length > 0) {
      for (const listener of this.#listeners) listener(records, id.endOffset - 1);
    }
    this.observer.replayed(this.endOffset);
  }

  #advance(): void {
    try {
      while (this.endOffset < this.#target && !this.#isFailed) {
        const slice = this.log.read(this.endOffset, {
          maxBytes: READ_BYTES,
          upTo: this.#target,
          atLeastOneBatch: true,
        });
        if (slice instanceof Promise) {
          this.#reading = this.#awaitSlice(slice);
          return;
        }
        this.#replay(slice);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  async #awaitSlice(slice: Promise<LogSlice>): Promise<void> {
    try {
      this.#replay(await slice);
    } catch (error) {
      this.#fail(error);
    }
    this.#reading = undefined;
    this.#advance();
  }

  #fail(error: unknown): void {
    this.#isFailed = true;
    this.observer.replayFailed(error);
  }

  /** Records may keep views of what they are read from, so that it is a copy. */
  #replay(slice: LogSlice): void {
    const { nextOffset } = slice;
    const endOffset = visitBatches(copied(slice), this.endOffset, (batches, position) => {
      this.#replayBatch(batches, position);
    });
    if (endOffset === nextOffset && this.endOffset === nextOffset) return;
    throw new MetadataLogError(`the metadata log is damaged at offset ${endOffset}`);
  }

  #replayBatch(batches: Uint8Array, position: number): void {
    const last = lastOffset(batches, position);
    this.lastEpoch = partitionLeaderEpoch(batches, position);
    this.lastTimestampMs = maxTimestamp(batches, position);
    this.bytesSinceSnapshot += sizeInBytes(batches, position);
    this.endOffset = last + 1;
    if (isControl(batches, position)) this.voters = votersOf(batches, position) ?? this.voters;
    else {
      const records = readMetadataBatch(batches, position);
      let offset = baseOffset(batches, position);
      for (const record of records) this.image.replay(record, offset++);
      for (const listener of this.#listeners) listener(records, last);
    }
    this.observer.replayed(this.endOffset);
  }
}
