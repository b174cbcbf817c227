/** From what is on disk to what the consensus core starts with. */
import type { Logger } from "../../base/logger.ts";
import type { Disk } from "../../io/disk.ts";
import {
  isControl,
  lastOffset,
  maxTimestamp,
  partitionLeaderEpoch,
  sizeInBytes,
} from "../../protocol/records/batch_layout.ts";
import { LogSummary, NO_TERM } from "../../raft/log_summary.ts";
import { Membership } from "../../raft/membership.ts";
import type { RestoredState } from "../../raft/raft_state.ts";
import { MetadataLogError, type QuorumPeer } from "../metadata_quorum.ts";
import { votersOf } from "./control_batches.ts";
import { DurableBound } from "./durable_bound.ts";
import { type MetadataLog, scanLog } from "./metadata_log.ts";
import { METADATA_DIRECTORY } from "./open_metadata_log.ts";
import { type QuorumState, readQuorumState, writeQuorumState } from "./quorum_state_file.ts";
import { nodeIdOf } from "./raft_wire.ts";
import { type LoadedSnapshot, SnapshotFiles } from "./snapshot_files.ts";

/** Where a quorum is restored from. */
export interface RestoreOptions {
  readonly log: MetadataLog;
  readonly disk: Disk;
  readonly logger: Logger;
  readonly self: QuorumPeer;
  /** The voters of a log that names none. */
  readonly bootstrapVoters: readonly QuorumPeer[];
  /** Of a repair that is necessary; not 0. */
  readonly repairId: number;
}

/** A quorum as it stood when the process ended. */
export interface RestoredQuorum {
  readonly state: RestoredState;
  readonly snapshot: LoadedSnapshot | undefined;
  readonly snapshots: SnapshotFiles;
  readonly bound: DurableBound;
  /** Of the last batch of the log, or of the snapshot; -1 when there is none. */
  readonly lastTimestampMs: number;
}

/** What a look at all batches of the log tells. */
interface Survey {
  readonly summary: LogSummary;
  readonly membership: Membership;
  readonly lastTimestampMs: number;
  /** Where the first damaged batch is; undefined when all are whole. */
  readonly damagedAt: number | undefined;
}

/**
 * Reads snapshot, log, epoch and vote, and verifies the CRC of every batch. What a crash in the
 * midst of taking over a leader's snapshot left behind is brought to an end.
 *
 * A log that ends below its {@link DurableBound}, or has a damaged batch, lost entries that may
 * have been acknowledged. A sole voter then has to stop: nobody else has them. Another node cuts
 * the log where the damage begins, and is marked: it has no vote until a leader has given it
 * everything (see `RestoredState.repairId`).
 *
 * @throws {MetadataLogError} when snapshot and log don't make a whole that can be used
 * @throws {DiskError}
 */
export async function restoreQuorum(options: RestoreOptions): Promise<RestoredQuorum> {
  const { disk, log, self } = options;
  const snapshots = new SnapshotFiles(disk, METADATA_DIRECTORY);
  const snapshot = snapshots.loadNewest();
  const bound = new DurableBound(disk, METADATA_DIRECTORY);
  try {
    const state = readQuorumState(disk, METADATA_DIRECTORY);
    checkStart(log, snapshot);
    const survey = await surveyWhole(options, snapshots, snapshot, bound);
    const { summary, membership, lastTimestampMs } = survey;
    const isSole = membership.voters.length === 1 && membership.voters[0] === nodeIdOf(self);
    const end = survey.damagedAt ?? summary.endOffset;
    const isShort = Math.max(end, snapshot?.id.endOffset ?? 0) < bound.offset;
    const isDamaged = survey.damagedAt !== undefined || isShort;
    if (isDamaged && isSole) throw damaged(end, bound.offset);
    // A log without its epoch and vote: who knows what this node has promised to whom.
    const lostVote = state === undefined && summary.endOffset > 0 && !isSole;
    const mustRepair = state?.mustRepair === true || isDamaged || lostVote;
    const term = Math.max(state?.leaderEpoch ?? 0, summary.lastTerm);
    if (isDamaged) await cutDamage(options, end, { leaderEpoch: term, vote: state?.vote }, bound);
    if (log.flushedOffset < log.endOffset) await log.flush();
    bound.raise(log.endOffset);
    return {
      state: {
        term,
        vote: state?.vote === undefined || term > state.leaderEpoch
          ? undefined
          : nodeIdOf(state.vote.id === self.id && isSole ? self : state.vote),
        log: summary,
        membership,
        highWatermark: snapshot?.id.endOffset ?? 0,
        snapshot: snapshot === undefined
          ? undefined
          : { endOffset: snapshot.id.endOffset, term: snapshot.id.epoch },
        snapshotBytes: snapshot?.bytes ?? 0,
        repairId: mustRepair ? options.repairId : 0,
      },
      snapshot,
      snapshots,
      bound,
      lastTimestampMs,
    };
  } catch (error) {
    bound.close();
    throw error;
  }
}

function checkStart(log: MetadataLog, snapshot: LoadedSnapshot | undefined): void {
  if ((snapshot?.id.endOffset ?? 0) >= log.startOffset) return;
  const what = snapshot === undefined ? "no snapshot" : `a snapshot up to ${snapshot.id.endOffset}`;
  throw new MetadataLogError(
    `the metadata log has offsets ${log.startOffset} to ${log.endOffset}, and there is ${what}`,
  );
}

/** Surveys the log, after it was brought to where the snapshot says that it has to be. */
async function surveyWhole(
  options: RestoreOptions,
  snapshots: SnapshotFiles,
  snapshot: LoadedSnapshot | undefined,
  bound: DurableBound,
): Promise<Survey> {
  const { log, logger } = options;
  const first = await survey(options, snapshots, snapshot);
  if (snapshot === undefined) return first;
  const { endOffset, epoch } = snapshot.id;
  if (first.damagedAt !== undefined && first.damagedAt < endOffset && endOffset <= log.endOffset) {
    logger.warn("metadata log damaged below its snapshot", { offset: first.damagedAt });
    log.advanceStartOffset(endOffset);
    return await survey(options, snapshots, snapshot);
  }
  const isShort = endOffset > log.endOffset;
  if (isShort && !bound.isKnown) {
    throw new MetadataLogError(
      `the metadata log ends at ${log.endOffset}, and there is a snapshot up to ${endOffset}`,
    );
  }
  const parts = !isShort && first.summary.termBefore(endOffset) !== epoch;
  if (!isShort && (!parts || first.damagedAt !== undefined)) return first;
  logger.info("metadata log begun anew behind a snapshot", { endOffset, epoch });
  log.restartAt(endOffset);
  return await survey(options, snapshots, snapshot);
}

async function survey(
  { log, bootstrapVoters }: RestoreOptions,
  snapshots: SnapshotFiles,
  snapshot: LoadedSnapshot | undefined,
): Promise<Survey> {
  const { startOffset } = log;
  const before = snapshots.list().find(({ endOffset }) => endOffset === startOffset);
  const termBefore = startOffset === 0 ? NO_TERM : before?.epoch;
  const summary = new LogSummary(startOffset, termBefore);
  const voters = snapshot?.voters ?? bootstrapVoters;
  const membership = new Membership(voters.map(nodeIdOf));
  let lastTimestampMs = -1;
  const damage = await scanLog(log, startOffset, log.endOffset, (batches, position) => {
    const last = lastOffset(batches, position);
    const term = partitionLeaderEpoch(batches, position);
    summary.append(last, term, sizeInBytes(batches, position));
    lastTimestampMs = maxTimestamp(batches, position);
    if (!isControl(batches, position) || last < (snapshot?.id.endOffset ?? 0)) return;
    const changed = votersOf(batches, position);
    if (changed !== undefined) membership.set(last, changed.map(nodeIdOf));
  });
  summary.flushed(summary.endOffset);
  return { summary, membership, lastTimestampMs, damagedAt: damage?.offset };
}

/** The mark comes first: cut and unmarked, the log would pass for a whole one. */
async function cutDamage(
  { disk, log, logger }: RestoreOptions,
  endOffset: number,
  state: Omit<QuorumState, "mustRepair">,
  bound: DurableBound,
): Promise<void> {
  logger.error("metadata log damaged: no vote until a leader has repaired it", {
    endOffset,
    durableOffset: bound.offset,
  });
  await writeQuorumState(disk, METADATA_DIRECTORY, { ...state, mustRepair: true }, undefined);
  log.truncateTo(endOffset);
  bound.lower(endOffset);
}

function damaged(offset: number, durableOffset: number): MetadataLogError {
  const was = durableOffset > offset ? `, and was durable up to ${durableOffset}` : "";
  return new MetadataLogError(`the metadata log is damaged at offset ${offset}${was}`);
}
