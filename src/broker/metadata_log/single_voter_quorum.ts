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
  MetadataLogError,
  type MetadataQuorum,
  type QuorumDescription,
} from "../metadata_quorum.ts";
import { buildControlBatch, buildMetadataBatch, readMetadataBatch } from "./metadata_batch.ts";
import { type MetadataLog, replayLog } from "./metadata_log.ts";
import { readQuorumState, writeQuorumState } from "./quorum_state_file.ts";
import { encodeSnapshot } from "./snapshot_bytes.ts";
import { SnapshotFiles } from "./snapshot_files.ts";

/** Name of the directory of the metadata log, as Kafka has it. */
export const METADATA_DIRECTORY = "__cluster_metadata-0";
/** The topic id that Kafka has for the metadata log. */
export const METADATA_TOPIC_ID = "AAAAAAAAAAAAAAAAAAAAAQ" as Uuid;

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
    const state = { leaderId: voter.id, leaderEpoch, votedId: voter.id };
    writeQuorumState(disk, METADATA_DIRECTORY, state, [voter.id]);
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
