import { invariant } from "../../base/invariant.ts";
import type { Logger } from "../../base/logger.ts";
import { type Uuid, ZERO_UUID } from "../../base/uuid.ts";
import type { Clock } from "../../io/clock.ts";
import type { Disk } from "../../io/disk.ts";
import { ClusterImage, imageToRecords } from "../../metadata/cluster_image.ts";
import { initialFeatureRecords } from "../../metadata/features.ts";
import type { MetadataRecord, MetadataRecordInit } from "../../metadata/records.ts";
import { leaderChangeMessage } from "../../protocol/generated/common/leader_change_message.ts";
import { ControlType } from "../../protocol/records/control_record.ts";
import {
  type CommitListener,
  type LeadershipListener,
  MetadataLogError,
  type MetadataQuorum,
  type QuorumDescription,
} from "../metadata_quorum.ts";
import { buildControlBatch, buildMetadataBatch, readMetadataBatch } from "./metadata_batch.ts";
import type { MetadataLog } from "./metadata_log.ts";
import type { LogSlice } from "../../log/log_slice.ts";
import {
  baseOffset,
  isControl,
  lastOffset,
  maxTimestamp,
  partitionLeaderEpoch,
} from "../../protocol/records/batch_layout.ts";
import { scanBatches, verifyCrc } from "../../protocol/records/batch_scan.ts";
import { readQuorumState, writeQuorumState } from "./quorum_state_file.ts";
import { encodeSnapshot } from "./snapshot_bytes.ts";
import { SnapshotFiles } from "./snapshot_files.ts";

export { METADATA_DIRECTORY, METADATA_TOPIC_ID } from "./open_metadata_log.ts";
import { METADATA_DIRECTORY } from "./open_metadata_log.ts";

/** What a quorum of one is made of. */
export interface SingleVoterOptions {
  /** Open, recovered, and written by nobody else. Whoever opened it closes it, after the quorum. */
  readonly log: MetadataLog;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly voter: { readonly id: number; readonly directoryId: Uuid };
  /** `metadata.log.max.record.bytes.between.snapshots` */
  readonly snapshotIntervalBytes: number;
}

/** A batch that is in the log and not known to be durable. */
interface Pending {
  readonly records: readonly MetadataRecord[];
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly bytes: number;
  readonly timestampMs: number;
  resolve(lastOffset: number): void;
  reject(reason: unknown): void;
}

/**
 * A metadata quorum whose only voter is this broker: what is durable here is committed. Each start
 * begins a new epoch, told by a LeaderChange record as in KRaft.
 *
 * When a flush fails, nothing is known of what the disk holds, and no proposal succeeds any more.
 */
export class SingleVoterQuorum implements MetadataQuorum {
  readonly image = new ClusterImage();
  readonly #snapshots: SnapshotFiles;
  readonly #listeners: CommitListener[] = [];
  #leaderEpoch = 0;
  #highWatermark = 0;
  #lastEpoch = 0;
  #lastTimestampMs = -1;
  #bytesSinceSnapshot = 0;
  #pending: Pending[] = [];
  #committing: Promise<void> | undefined;
  #snapshotting: Promise<void> | undefined;
  /** Why no proposal is taken any more. */
  #ended: unknown;

  private constructor(private readonly options: SingleVoterOptions) {
    this.#snapshots = new SnapshotFiles(options.disk, METADATA_DIRECTORY);
  }

  /**
   * Loads the newest snapshot that is whole, replays the log behind it and begins a new epoch. A
   * new cluster gets its feature levels.
   *
   * @throws {MetadataLogError} when snapshot and log don't make a whole
   * @throws {DiskError}
   */
  static async open(options: SingleVoterOptions): Promise<SingleVoterQuorum> {
    const quorum = new SingleVoterQuorum(options);
    await quorum.#load();
    await quorum.#beginEpoch();
    if (quorum.image.featureLevel("metadata.version") === 0) {
      await quorum.propose(initialFeatureRecords());
    }
    return quorum;
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch;
  }

  get highWatermark(): number {
    return this.#highWatermark;
  }

  get leaderId(): number {
    return this.options.voter.id;
  }

  get isLeader(): boolean {
    return true;
  }

  async propose(records: readonly MetadataRecordInit[]): Promise<number> {
    invariant(records.length > 0, "a proposal without records");
    if (this.#ended !== undefined) throw this.#ended;
    const { log, clock } = this.options;
    const timestampMs = clock.wallMs();
    const stamp = { baseOffset: log.endOffset, leaderEpoch: this.#leaderEpoch, timestampMs };
    const batch = buildMetadataBatch(records, stamp);
    // What is replayed now is what will be replayed at the next start: the bytes, read again.
    const written = readMetadataBatch(batch, 0);
    const result = log.append(batch, this.#leaderEpoch);
    invariant(result.kind === "appended", "a metadata batch has no producer that could be refused");
    const { baseOffset, lastOffset } = result;
    return await new Promise<number>((resolve, reject) => {
      this.#pending.push({
        records: written,
        baseOffset,
        lastOffset,
        bytes: batch.length,
        timestampMs,
        resolve,
        reject,
      });
      this.#committing ??= this.#commitPending();
    });
  }

  onCommit(listener: CommitListener): void {
    this.#listeners.push(listener);
  }

  /** A sole voter leads from its opening on: there is no change to tell of. */
  onLeadership(_listener: LeadershipListener): void {}

  caughtUp(offset: number, _timeoutMs: number): Promise<boolean> {
    return Promise.resolve(offset <= this.#highWatermark);
  }

  readIndex(): Promise<number> {
    return Promise.resolve(this.#highWatermark);
  }

  describe(): QuorumDescription {
    const { voter, log, clock } = this.options;
    const nowMs = clock.wallMs();
    return {
      leaderId: voter.id,
      leaderEpoch: this.#leaderEpoch,
      highWatermark: this.#highWatermark,
      voters: [{
        replicaId: voter.id,
        directoryId: voter.directoryId,
        logEndOffset: log.endOffset,
        lastFetchTimestampMs: nowMs,
        lastCaughtUpTimestampMs: nowMs,
      }],
      observers: [],
    };
  }

  async close(): Promise<void> {
    this.#ended ??= new MetadataLogError("the metadata quorum is closed");
    await this.#committing;
    await this.#snapshotting;
  }

  async #load(): Promise<void> {
    const { log } = this.options;
    const snapshot = this.#snapshots.loadNewest();
    const fromOffset = snapshot?.id.endOffset ?? 0;
    if (fromOffset < log.startOffset || fromOffset > log.endOffset) {
      const what = snapshot === undefined ? "no snapshot" : `a snapshot up to ${fromOffset}`;
      throw new MetadataLogError(
        `the metadata log has offsets ${log.startOffset} to ${log.endOffset}, and there is ${what}`,
      );
    }
    for (const record of snapshot?.records ?? []) this.image.replay(record, fromOffset - 1);
    const replayed = await replayLog(log, fromOffset, this.image);
    this.#lastEpoch = replayed.lastEpoch ?? snapshot?.id.epoch ?? 0;
    this.#lastTimestampMs = replayed.lastTimestampMs ?? -1;
    this.#bytesSinceSnapshot = replayed.bytes;
  }

  async #beginEpoch(): Promise<void> {
    const { log, disk, clock, voter } = this.options;
    const before = readQuorumState(disk, METADATA_DIRECTORY);
    const leaderEpoch = Math.max(before?.leaderEpoch ?? 0, log.latestEpoch, this.#lastEpoch) + 1;
    const state = { leaderEpoch, vote: voter, mustRepair: false };
    await writeQuorumState(disk, METADATA_DIRECTORY, state, voter.id);
    // Directory ids came with kraft.version 1 and have no place in version 0 of the message.
    const voters = [{ voterId: voter.id, voterDirectoryId: ZERO_UUID }];
    const message = { version: 0, leaderId: voter.id, voters, grantingVoters: voters };
    const timestampMs = clock.wallMs();
    const batch = buildControlBatch(ControlType.leaderChange, leaderChangeMessage, message, {
      baseOffset: log.endOffset,
      leaderEpoch,
      timestampMs,
    });
    const result = log.append(batch, leaderEpoch);
    invariant(result.kind === "appended", "a control batch has no producer that could be refused");
    await log.flush();
    this.#leaderEpoch = leaderEpoch;
    this.#lastEpoch = leaderEpoch;
    this.#lastTimestampMs = timestampMs;
    this.#highWatermark = log.endOffset;
  }

  /** Flushes until nothing is pending; what is appended during a flush shares the next one. */
  async #commitPending(): Promise<void> {
    const { log } = this.options;
    try {
      while (this.#pending.length > 0) {
        const flushedCount = this.#pending.length;
        await log.flush();
        for (const batch of this.#pending.splice(0, flushedCount)) this.#commit(batch);
      }
    } catch (error) {
      this.#ended ??= error;
      for (const { reject } of this.#pending.splice(0)) reject(error);
    } finally {
      this.#committing = undefined;
    }
    this.#snapshotIfDue();
  }

  #commit({ records, baseOffset, lastOffset, ...batch }: Pending): void {
    try {
      records.forEach((record, index) => this.image.replay(record, baseOffset + index));
      this.#highWatermark = lastOffset + 1;
      this.#lastEpoch = this.#leaderEpoch;
      this.#lastTimestampMs = batch.timestampMs;
      this.#bytesSinceSnapshot += batch.bytes;
      for (const listener of this.#listeners) listener(records, lastOffset);
    } catch (error) {
      batch.reject(error);
      throw error;
    }
    batch.resolve(lastOffset);
  }

  #snapshotIfDue(): void {
    const isDue = this.#bytesSinceSnapshot >= this.options.snapshotIntervalBytes;
    if (!isDue || this.#snapshotting !== undefined || this.#ended !== undefined) return;
    if (this.image.inTransaction) return;
    this.#snapshotting = this.#snapshot().finally(() => this.#snapshotting = undefined);
  }

  async #snapshot(): Promise<void> {
    const { log, logger } = this.options;
    const id = { endOffset: this.#highWatermark, epoch: this.#lastEpoch };
    const bytes = encodeSnapshot(imageToRecords(this.image), {
      leaderEpoch: id.epoch,
      lastTimestampMs: this.#lastTimestampMs,
    });
    this.#bytesSinceSnapshot = 0;
    try {
      const neededFrom = await this.#snapshots.write(id, bytes);
      if (neededFrom > log.startOffset) log.advanceStartOffset(neededFrom);
      logger.info("metadata snapshot written", { ...id, bytes: bytes.length });
    } catch (error) {
      // The log is whole without it; the next one is tried after as many bytes again.
      logger.error("metadata snapshot failed", { ...id, error: String(error) });
    }
  }
}

/** How far a replay went. */
export interface ReplayedLog {
  readonly bytes: number;
  /** Leader epoch of the last batch; undefined when there was none. */
  readonly lastEpoch: number | undefined;
  /** Largest timestamp of the last batch, in milliseconds; undefined when there was none. */
  readonly lastTimestampMs: number | undefined;
}

const READ_BYTES = 4 * 1024 * 1024;

/**
 * Replays the records of `log` from `fromOffset` to its end into `image`.
 * @throws {MetadataLogError} when a batch is damaged
 */
export async function replayLog(
  log: MetadataLog,
  fromOffset: number,
  image: ClusterImage,
): Promise<ReplayedLog> {
  let bytes = 0;
  let lastEpoch: number | undefined;
  let lastTimestampMs: number | undefined;
  for (let offset = fromOffset; offset < log.endOffset;) {
    const slice = await log.read(offset, {
      maxBytes: READ_BYTES,
      upTo: log.endOffset,
      atLeastOneBatch: true,
    });
    try {
      if (slice.bytes === 0) throw damaged(offset);
      const batches = joined(slice);
      const { end } = scanBatches(batches, (position) => {
        if (!verifyCrc(batches, position)) return false;
        replayBatch(batches, position, fromOffset, image);
        lastEpoch = partitionLeaderEpoch(batches, position);
        lastTimestampMs = maxTimestamp(batches, position);
        offset = lastOffset(batches, position) + 1;
        return true;
      });
      if (end !== batches.length || offset !== slice.nextOffset) throw damaged(offset);
      bytes += batches.length;
    } finally {
      slice.release();
    }
  }
  return { bytes, lastEpoch, lastTimestampMs };
}

function replayBatch(
  batches: Uint8Array,
  position: number,
  fromOffset: number,
  image: ClusterImage,
): void {
  if (isControl(batches, position)) return;
  let offset = baseOffset(batches, position);
  for (const record of readMetadataBatch(batches, position)) {
    if (offset >= fromOffset) image.replay(record, offset);
    offset++;
  }
}

function joined({ chunks, bytes }: LogSlice): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function damaged(offset: number): MetadataLogError {
  return new MetadataLogError(`the metadata log is damaged at offset ${offset}`);
}
