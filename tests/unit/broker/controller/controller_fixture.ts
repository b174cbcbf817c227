/** A controller over a quorum in memory, on time that a test lets pass. */
import type { Logger } from "../../../../src/base/logger.ts";
import type { Timer } from "../../../../src/io/clock.ts";
import { Controller } from "../../../../src/broker/controller/controller.ts";
import { MetadataDecisions } from "../../../../src/broker/metadata_log/decisions.ts";
import {
  type CommitListener,
  type LeadershipListener,
  type MetadataQuorum,
  NotControllerError,
  type QuorumReplica,
} from "../../../../src/broker/metadata_quorum.ts";
import type { ClusterImage } from "../../../../src/metadata/cluster_image.ts";
import { SUPPORTED_FEATURES } from "../../../../src/metadata/features.ts";
import {
  decodeMetadataRecord,
  encodeMetadataRecord,
  type MetadataRecordInit,
} from "../../../../src/metadata/records.ts";
import { ManualClock } from "../../log/manual_clock.ts";
import { commit, describePartition, idOf, imageOf } from "../../metadata/fixtures.ts";

/** Commits at the next turn. */
export class FakeQuorum implements MetadataQuorum {
  readonly image: ClusterImage;
  readonly batches: number[] = [];
  leaderEpoch = 1;
  isLeader = true;
  /** What DescribeQuorum tells of others. */
  replicas: QuorumReplica[] = [];
  readonly #commits: CommitListener[] = [];
  readonly #leaderships: LeadershipListener[] = [];

  constructor(records: readonly MetadataRecordInit[]) {
    this.image = imageOf(records);
  }

  get leaderId(): number {
    return this.isLeader ? 1 : 2;
  }

  get highWatermark(): number {
    return this.image.lastOffset + 1;
  }

  async propose(records: readonly MetadataRecordInit[]): Promise<number> {
    await Promise.resolve();
    if (!this.isLeader) throw new NotControllerError(this.leaderId);
    this.batches.push(records.length);
    const read = records.map((record) => decodeMetadataRecord(encodeMetadataRecord(record)));
    commit(this.image, records);
    for (const listener of this.#commits) listener(read, this.image.lastOffset);
    return this.image.lastOffset;
  }

  onCommit(listener: CommitListener): void {
    this.#commits.push(listener);
  }

  onLeadership(listener: LeadershipListener): void {
    this.#leaderships.push(listener);
  }

  lead(isLeader: boolean): void {
    this.isLeader = isLeader;
    for (const listener of this.#leaderships) listener(isLeader, ++this.leaderEpoch);
  }

  describe() {
    const { leaderId, leaderEpoch, highWatermark } = this;
    return { leaderId, leaderEpoch, highWatermark, voters: this.replicas, observers: [] };
  }

  caughtUp(): Promise<boolean> {
    return Promise.resolve(true);
  }

  readIndex(): Promise<number> {
    return Promise.resolve(this.highWatermark);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** One line per event of a level above debug. */
class EventLog implements Logger {
  readonly lines: string[] = [];
  debug() {}
  info = (event: string, fields: Record<string, unknown> = {}) => this.#add(event, fields);
  warn = this.info;
  error = this.info;

  #add(event: string, fields: Record<string, unknown>): void {
    this.lines.push([event, ...Object.values(fields)].join(" "));
  }
}

/** Knows how many timers wait. */
class CountingClock extends ManualClock {
  readonly #pending = new Set<object>();

  get pendingTimers(): number {
    return this.#pending.size;
  }

  override schedule(delayMs: number, callback: () => void): Timer {
    const token = {};
    this.#pending.add(token);
    const timer = super.schedule(delayMs, () => {
      this.#pending.delete(token);
      callback();
    });
    return {
      cancel: () => {
        this.#pending.delete(token);
        timer.cancel();
      },
    };
  }
}

/** Broker 1 is the controller. */
export class ControllerFixture {
  readonly clock = new CountingClock(0);
  readonly log = new EventLog();
  readonly quorum: FakeQuorum;
  readonly controller: Controller;
  /** Brokers whose machine refuses connections. */
  readonly refused = new Set<number>();
  /** Brokers whose machine was asked, in order. */
  readonly asked: number[] = [];
  /** Until it resolves, no machine answers. */
  dialled: Promise<void> = Promise.resolve();

  constructor(
    records: readonly MetadataRecordInit[],
    settings: readonly (readonly [string, string])[] = [],
  ) {
    this.quorum = new FakeQuorum(records);
    this.controller = new Controller({
      clock: this.clock,
      logger: this.log,
      quorum: this.quorum,
      decisions: new MetadataDecisions(this.quorum),
      probe: { isRefused: (id) => this.#ask(id) },
      brokerId: 1,
      clusterId: "c",
      staticConfigs: new Map(settings),
    });
  }

  async #ask(brokerId: number): Promise<boolean> {
    this.asked.push(brokerId);
    await this.dialled;
    return this.refused.has(brokerId);
  }

  get image(): ClusterImage {
    return this.quorum.image;
  }

  /** Lets time pass, and what it sets off happen. */
  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settle();
  }

  async register(brokerId: number, incarnation: number, directory = brokerId + 20) {
    const { errorCode, brokerEpoch } = await this.controller.register({
      brokerId,
      clusterId: "c",
      incarnationId: idOf(incarnation),
      listeners: [],
      features: SUPPORTED_FEATURES.map(({ name, min, max }) => ({
        name,
        minSupportedVersion: min,
        maxSupportedVersion: max,
      })),
      rack: null,
      isMigratingZkBroker: false,
      logDirs: [idOf(directory)],
      previousBrokerEpoch: -1,
    });
    return errorCode === 0 ? `epoch ${brokerEpoch}` : `error ${errorCode}`;
  }

  /** A heartbeat of a broker that has replayed everything, unless told otherwise. */
  async beat(
    brokerId: number,
    { wantShutDown = false, offset = this.image.lastOffset } = {},
  ): Promise<string> {
    const answer = await this.controller.heartbeat({
      brokerId,
      brokerEpoch: this.image.brokers.byId(brokerId)!.epoch,
      currentMetadataOffset: offset,
      wantFence: false,
      wantShutDown,
      offlineLogDirs: [],
    });
    if (answer.errorCode !== 0) return `error ${answer.errorCode}`;
    return answer.shouldShutDown === true ? "stop" : answer.isFenced === true ? "fenced" : "serves";
  }

  /** Ids of brokers that are fenced. */
  get fenced(): number[] {
    return [...this.image.brokers.all()].filter(({ fenced }) => fenced).map(({ id }) => id);
  }

  partition(id: number): string {
    return describePartition(this.image, id);
  }
}

/** Lets promises that need no time settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
}
