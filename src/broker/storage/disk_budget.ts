import type { Logger } from "../../base/logger.ts";
import type { Clock, Timer } from "../../io/clock.ts";
import { type Disk, DiskError } from "../../io/disk.ts";
import type { LogDirectory } from "../../log/log_directory.ts";
import { allot } from "../../metadata/storage/allotments.ts";
import {
  ballastBytes,
  capacityOf,
  marksOf,
  type StorageMarks,
  type StorageSettings,
} from "../../metadata/storage/capacity.ts";
import { FillRate } from "../../metadata/storage/fill_rate.ts";
import { HeldAllotment } from "../../metadata/storage/held_allotment.ts";
import {
  levelAt,
  nextCheckMs,
  type StorageLevel,
  throttleMsAt,
  timeToFullMs,
} from "../../metadata/storage/ladder.ts";
import { storageSettings } from "../../metadata/storage/storage_settings.ts";
import type { StorageUseInit } from "../../protocol/generated/cluster/storage_report_request.ts";
import type { Partitions } from "../partitions.ts";
import { Ballast } from "./ballast.ts";
import { LogTrims } from "./log_trims.ts";
import { type LedgerTopic, PartitionLedger } from "./partition_ledger.ts";
import type { PeerDisks } from "./peer_disks.ts";
import { fitSegments } from "./segment_fit.ts";
import { TopicLimits } from "./topic_limits.ts";

export { STORAGE_LEVELS } from "../../metadata/storage/ladder.ts";

/** What {@link DiskBudget} works with. */
export interface DiskBudgetOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly disk: Disk;
  readonly logs: LogDirectory;
  readonly partitions: Partitions;
  /** A setting of this broker that has a value or a default. */
  readonly setting: (name: string) => string;
  /** Undefined where there are no other brokers. */
  readonly peers: PeerDisks | undefined;
}

/** How a disk stood when it was last looked at. */
export interface DiskState {
  readonly marks: StorageMarks;
  /** Logs, files that are out of use, and the ballast. */
  readonly usedBytes: number;
  /** Of it, files that are out of use and go by themselves. */
  readonly pendingBytes: number;
  readonly level: StorageLevel;
  readonly bytesPerSecond: number;
  readonly timeToFullMs: number;
}

/** What comes in over about so long says how fast the disk fills. */
const FILL_MEMORY_MS = 5000;
/** Looking costs more than so few bytes matter, or such a part of the capacity. */
const ATTENTION_BYTES_MIN = 256 * 1024;
const ATTENTION_SHARE_MIN = 1 / 1000;
/** Producers that are refused have the disk looked at no more often. */
const REFUSED_CHECK_MS = 50;
/** Without a size of the disk there is nothing to keep to, until it is known. */
const UNKNOWN_CHECK_MS = 5000;

/**
 * Keeps the broker to its part of the disk. Bytes are counted as they are written, so that no
 * producer takes it above the hard mark; what is done when marks are passed is done at once, and the
 * disk is looked at again before the next mark can be reached, by the rate at which it fills.
 */
export class DiskBudget {
  readonly ledger: PartitionLedger;
  readonly trims: LogTrims;
  readonly #options: DiskBudgetOptions;
  readonly #ballast: Ballast;
  readonly #limits: TopicLimits;
  readonly #fill = new FillRate(FILL_MEMORY_MS);
  readonly #target = new HeldAllotment(0);
  #state: DiskState | undefined;
  #topics: readonly LedgerTopic[] = [];
  #lastAppended = 0;
  #lastCheckMs = -Infinity;
  /** In bytes appended to any log: there producers are slowed, refused, or the disk looked at. */
  #slowsAt = Infinity;
  #closesAt = Infinity;
  #attentionAt = Infinity;
  #timer: Timer | undefined;
  #isCheckDue = false;
  #isStarted = false;

  constructor(options: DiskBudgetOptions) {
    this.#options = options;
    const { partitions, logger, disk, peers } = options;
    this.ledger = new PartitionLedger(partitions, (topic) => peers?.usesOf(topic) ?? []);
    this.trims = new LogTrims(
      logger,
      (partition, bytes) => this.ledger.trimmed(partition, bytes),
      peers && ((partition, startOffset) => peers.wantTrim(partition, startOffset)),
    );
    this.#limits = new TopicLimits(logger, this.trims);
    this.#ballast = new Ballast(disk);
  }

  /** Undefined where the disk does not tell its size and no capacity is set, or before the start. */
  get state(): DiskState | undefined {
    return this.#state;
  }

  /** What logs may take together before segments go or, if none do, producers are refused. */
  get budgetBytes(): number | undefined {
    const marks = this.#state?.marks;
    return marks === undefined ? undefined : Math.min(marks.targetBytes, marks.hardBytes);
  }

  /** Looks at the disk now, and from now on again and again. */
  start(): void {
    this.#isStarted = true;
    this.check();
  }

  stop(): void {
    this.#isStarted = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Whether a producer may append so much. Costs a comparison as long as no mark is near. */
  admits(bytes: number): boolean {
    const after = this.#options.logs.appendedBytes + bytes;
    return after <= this.#attentionAt || this.#attend(bytes);
  }

  /** Whether {@link throttleMs} can be above 0. */
  get isSlowing(): boolean {
    return this.#options.logs.appendedBytes > this.#slowsAt;
  }

  /** For how long a producer is to be quiet, in whole milliseconds. */
  throttleMs(): number {
    const state = this.#state;
    if (state === undefined || !this.isSlowing) return 0;
    const since = this.#options.logs.appendedBytes - this.#lastAppended;
    return throttleMsAt(state.usedBytes + since, state.marks);
  }

  /** The disk had no room for something: what is known of it is out of date. */
  ranFull(): void {
    if (!this.#isStarted) return;
    this.#release();
    this.#checkSoon();
  }

  /** Looks at the disk, and does what its state asks for. */
  check(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isCheckDue = false;
    const { clock, logs } = this.#options;
    const nowMs = clock.monotonicMs();
    const settings = storageSettings(this.#options.setting);
    const capacityBytes = this.#capacity(settings);
    this.#lastCheckMs = nowMs;
    const bytesPerSecond = this.#fill.update(logs.appendedBytes - this.#lastAppended, nowMs);
    this.#lastAppended = logs.appendedBytes;
    if (capacityBytes === undefined) return this.#idle();
    const marks = marksOf(capacityBytes, settings);
    const topicRoomBytes = this.#makeRoom(marks, settings, nowMs);
    this.#judge(marks, bytesPerSecond);
    this.#keepBallast(marks, settings);
    this.#setThresholds(topicRoomBytes);
    this.#tellPeers();
    if (!this.#isStarted) return;
    this.#scheduleIn(nextCheckMs(this.#usedBytes(), bytesPerSecond, marks));
  }

  /** The slow path of {@link admits}: a mark is near. */
  #attend(bytes: number): boolean {
    const { clock, logs } = this.#options;
    if (this.#state === undefined) return true;
    const isFull = () => logs.appendedBytes + bytes > this.#closesAt;
    const isFresh = clock.monotonicMs() - this.#lastCheckMs < REFUSED_CHECK_MS;
    if (this.#state.level === "closed" && isFresh) return false;
    if (isFull() || this.#state.level === "closed") this.check();
    else this.#checkSoon();
    if (!isFull()) return this.#state.level !== "closed";
    // One that asks for very much is no reason to refuse the others.
    if (this.#usedBytes() > this.#state.marks.reopenBytes) this.#close();
    return false;
  }

  /** A producer has to be refused: so are all, until there is room for a while again. */
  #close(): void {
    const state = this.#state!;
    if (state.level === "closed") return;
    this.#become("closed", { ...state, usedBytes: this.#usedBytes() });
    this.#release();
    this.#closesAt = this.#slowsAt = this.#attentionAt = -1;
    this.#tellPeers();
  }

  #tellPeers(): void {
    const { peers } = this.#options;
    if (peers === undefined) return;
    const { budgetBytes } = this;
    const isClosed = this.#state?.level === "closed";
    peers.checked({ budgetBytes, isClosed, uses: ledUses(this.#topics) });
  }

  #capacity(settings: StorageSettings): number | undefined {
    return capacityOf({ ownBytes: this.#usedBytes(), space: this.#options.disk.space() }, settings);
  }

  #usedBytes(): number {
    const { logs } = this.#options;
    return logs.sizeBytes + logs.pendingRemovalBytes + this.#ballast.sizeBytes;
  }

  #idle(): void {
    this.#state = undefined;
    this.#attentionAt = this.#closesAt = this.#slowsAt = Infinity;
    if (this.#isStarted) this.#scheduleIn(UNKNOWN_CHECK_MS);
  }

  /**
   * Divides the disk anew and deletes what is too much of it.
   * @returns what the topic that is nearest to its limit may still get
   */
  #makeRoom(marks: StorageMarks, settings: StorageSettings, nowMs: number): number {
    const { logs } = this.#options;
    const usedBytes = this.#usedBytes();
    const isUnderPressure = usedBytes > marks.softBytes;
    const hold = { nowMs, graceMs: settings.shrinkGraceMs, isUnderPressure };
    const topics = this.ledger.topics(marks.capacityBytes, nowMs);
    const others = this.#ballast.sizeBytes + this.#otherLogBytes(topics);
    const budgetBytes = Math.min(marks.targetBytes, marks.hardBytes) - others;
    this.#topics = topics;
    const allotments = allot(budgetBytes, topics.map(({ use }) => use));
    const entries = this.ledger.entries(topics, allotments, hold);
    fitSegments(entries);
    const topicRoomBytes = this.#limits.enforce(topics, entries, hold);
    this.#limits.warnOfMaximums(topics, marks.capacityBytes);
    const targetBytes = this.#target.update(
      marks.targetBytes,
      nowMs,
      settings.shrinkGraceMs,
      isUnderPressure,
    );
    const soonBytes = this.#usedBytes() - logs.pendingRemovalBytes;
    this.trims.trim(soonBytes - targetBytes, entries, "disk");
    // What is out of use is free soon; where it is in the way it has to be free now.
    if (this.#usedBytes() > Math.min(targetBytes, marks.softBytes)) logs.removePendingNow();
    return topicRoomBytes;
  }

  /** Logs that no topic here accounts for: that of the metadata. */
  #otherLogBytes(topics: readonly LedgerTopic[]): number {
    let bytes = this.#options.logs.sizeBytes;
    for (const { partitions } of topics) {
      for (const { log } of partitions) bytes -= log.sizeBytes;
    }
    return bytes;
  }

  #judge(marks: StorageMarks, bytesPerSecond: number): void {
    const { logs } = this.#options;
    const before = this.#state?.level ?? "open";
    const usedBytes = this.#usedBytes();
    const level = levelAt(usedBytes, marks, before);
    this.#become(level, {
      marks,
      usedBytes,
      pendingBytes: logs.pendingRemovalBytes,
      level: before,
      bytesPerSecond,
      timeToFullMs: timeToFullMs(usedBytes, bytesPerSecond, marks),
    });
  }

  #become(level: StorageLevel, state: DiskState): void {
    const { logger } = this.#options;
    const { level: before, usedBytes, marks: { capacityBytes } } = state;
    this.#state = { ...state, level };
    if (level === before) return;
    const fields = { level, before, usedBytes, capacityBytes };
    if (level === "open") logger.info("the disk has room", fields);
    else if (level === "closed") logger.error("the disk is full: producers are refused", fields);
    else if (level === "slowing") {
      logger.warn("the disk is nearly full: producers are slowed", fields);
    } else logger.warn("segments that may not be deleted take the disk over its budget", fields);
  }

  #keepBallast(marks: StorageMarks, settings: StorageSettings): void {
    if (this.#state?.level === "closed") return this.#release();
    const wantedBytes = ballastBytes(settings, marks.capacityBytes);
    const missingBytes = wantedBytes - this.#ballast.sizeBytes;
    // A capacity that changes a little is no reason to write.
    if (missingBytes <= wantedBytes / 8 && missingBytes >= -wantedBytes) return;
    if (missingBytes > 0 && this.#usedBytes() + missingBytes > marks.targetBytes) return;
    try {
      this.#ballast.grow(wantedBytes);
    } catch (error) {
      this.#report(error);
    }
  }

  #release(): void {
    try {
      this.#ballast.release();
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    if (!(error instanceof DiskError)) throw error;
    this.#options.logger.warn("ballast not changed", { error: error.message });
  }

  #setThresholds(topicRoomBytes: number): void {
    const { appendedBytes } = this.#options.logs;
    const { marks, level } = this.#state!;
    const usedBytes = this.#usedBytes();
    this.#closesAt = level === "closed" ? -1 : appendedBytes + marks.hardBytes - usedBytes;
    this.#slowsAt = level === "closed" ? -1 : appendedBytes + marks.softBytes - usedBytes;
    const toTarget = marks.targetBytes - usedBytes;
    const room = Math.min(
      toTarget >= 0 ? toTarget : Infinity,
      topicRoomBytes,
      (marks.hardBytes - usedBytes) / 4,
    );
    const least = Math.max(ATTENTION_BYTES_MIN, marks.capacityBytes * ATTENTION_SHARE_MIN);
    const attention = appendedBytes + Math.max(least, room);
    this.#attentionAt = Math.min(this.#closesAt, attention);
  }

  /** Put off again and again, it would never come. */
  #checkSoon(): void {
    if (this.#isCheckDue) return;
    this.#isCheckDue = true;
    this.#scheduleIn(0);
  }

  #scheduleIn(ms: number): void {
    if (!this.#isStarted) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.schedule(ms, () => this.check());
  }
}

/** What this broker leads of topics that have a limit on their total. */
function ledUses(topics: readonly LedgerTopic[]): StorageUseInit[] {
  const uses: StorageUseInit[] = [];
  for (const { partitions, use } of topics) {
    if (use.budget.limitBytes === Infinity) continue;
    for (const [i, { isLeader, index: partition, topic, log }] of partitions.entries()) {
      if (!isLeader) continue;
      const bytesPerSecond = Math.round(use.partitions[i]!.bytesPerSecond);
      uses.push({ topic: topic.name, partition, sizeBytes: log.sizeBytes, bytesPerSecond });
    }
  }
  return uses;
}
