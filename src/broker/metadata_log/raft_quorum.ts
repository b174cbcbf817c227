import { invariant } from "../../base/invariant.ts";
import type { Logger } from "../../base/logger.ts";
import type { Clock } from "../../io/clock.ts";
import type { Disk } from "../../io/disk.ts";
import type { SocketAddress } from "../../io/network.ts";
import type { Random } from "../../io/random.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import { initialFeatureRecords } from "../../metadata/features.ts";
import type { MetadataRecordInit } from "../../metadata/records.ts";
import type { RaftMessageRequest } from "../../protocol/generated/cluster/raft_message_request.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { NewEntry, Refusal, Role } from "../../raft/events.ts";
import type { NodeId } from "../../raft/messages.ts";
import { DEFAULT_RAFT_CONFIG, type RaftConfig } from "../../raft/raft_config.ts";
import { RaftNode } from "../../raft/raft_node.ts";
import {
  type CommitListener,
  type LeadershipListener,
  MetadataLogError,
  type MetadataQuorum,
  NotControllerError,
  type QuorumDescription,
  type QuorumPeer,
} from "../metadata_quorum.ts";
import { ConsensusDriver, type ConsensusHost } from "./consensus_driver.ts";
import { leaderChangeBatch, votersBatch } from "./control_batches.ts";
import { ImageReplayer } from "./image_replayer.ts";
import { buildMetadataBatch } from "./metadata_batch.ts";
import type { MetadataLog } from "./metadata_log.ts";
import { METADATA_DIRECTORY } from "./open_metadata_log.ts";
import { PendingProposals } from "./pending_proposals.ts";
import { describeQuorum } from "./quorum_description.ts";
import type { QuorumTransport } from "./quorum_transport.ts";
import { writeQuorumState } from "./quorum_state_file.ts";
import { QuorumUpkeep, type UpkeepSettings } from "./quorum_upkeep_driver.ts";
import { QuorumWaiters } from "./quorum_waiters.ts";
import { brokerIdOf, nodeIdOf, peerOf } from "./raft_wire.ts";
import { type RestoredQuorum, restoreQuorum } from "./restore_quorum.ts";
import { SnapshotKeeper } from "./snapshot_keeper.ts";
import type { LoadedSnapshot } from "./snapshot_files.ts";
import { VoterChanges } from "./voter_changes.ts";

/** What a quorum is made of. */
export interface RaftQuorumOptions {
  /** Open, recovered, and written by nobody else. Whoever opened it closes it, after the quorum. */
  readonly log: MetadataLog;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly clusterId: string;
  readonly self: QuorumPeer;
  /**
   * Who votes as long as the log does not say: this broker alone when it formed the cluster, nobody
   * when it joins one.
   */
  readonly bootstrapVoters: readonly QuorumPeer[];
  readonly transport: QuorumTransport;
  /** Where brokers listen for the cluster; goes into Voters records. */
  readonly addressOf?: (brokerId: number) => SocketAddress | undefined;
  /** `metadata.log.max.record.bytes.between.snapshots` */
  readonly snapshotIntervalBytes: number;
  readonly config?: RaftConfig;
  /** How the leader looks after the voters; left out, they change when they are told to alone. */
  readonly upkeep?: () => UpkeepSettings;
}

/** How long a leader that is stopped waits for another one to take over, in milliseconds. */
const HAND_OVER_MS = 500;

/**
 * The metadata quorum on this broker, as voter or as observer: a Raft log in the files of Kafka's,
 * whose committed records make the image.
 *
 * Proposals of one turn share a write and a flush. A broker that is the only voter leads as soon as
 * it is open, and asks nobody. When the disk fails to flush, nothing is known of what it holds: the
 * broker then takes no part any more.
 */
export class RaftQuorum implements MetadataQuorum {
  readonly #options: RaftQuorumOptions;
  readonly #node: RaftNode;
  readonly #driver: ConsensusDriver;
  readonly #replayer: ImageReplayer;
  readonly #keeper: SnapshotKeeper;
  readonly #proposals = new PendingProposals();
  readonly #waiters: QuorumWaiters;
  /** Adds and removes voters. */
  readonly membership: VoterChanges;
  readonly #upkeep: QuorumUpkeep | undefined;
  readonly #listeners: LeadershipListener[] = [];
  readonly #firstLeadership = Promise.withResolvers<void>();
  #outbox: { readonly count: number; readonly bytes: number; readonly token: number }[] = [];
  #isLeading = false;
  /** Why no proposal is taken any more. */
  #ended: unknown;
  #closing: Promise<void> | undefined;

  private constructor(options: RaftQuorumOptions, restored: RestoredQuorum) {
    const { log, clock, logger, transport, clusterId, self, random } = options;
    const { snapshots, bound, snapshot } = restored;
    const config = options.config ?? DEFAULT_RAFT_CONFIG;
    this.#options = options;
    this.#node = new RaftNode(nodeIdOf(self), config, restored.state);
    this.#waiters = new QuorumWaiters(clock);
    this.#replayer = new ImageReplayer(log, {
      replayed: (endOffset) => this.#replayed(endOffset),
      replayFailed: (error) => this.#fail(error),
    });
    if (snapshot !== undefined) this.#replayer.restore(snapshot);
    this.#driver = new ConsensusDriver({
      node: this.#node,
      log,
      snapshots,
      bound,
      clock,
      random,
      logger,
      transport,
      clusterId,
      self,
    }, this.#host());
    const { snapshotIntervalBytes } = options;
    const replayer = this.#replayer;
    const driver = this.#driver;
    const keeper = { log, logger, snapshots, replayer, driver, snapshotIntervalBytes };
    this.#keeper = new SnapshotKeeper(keeper);
    this.membership = new VoterChanges({
      clock,
      driver,
      electionTimeoutMs: config.electionTimeoutMs,
      isDynamic: () => this.#isDynamic,
      assertLeading: () => this.#assertLeading(),
      append: (batch, count) => this.#append(batch, count),
    });
    const { membership, image } = this;
    if (options.upkeep !== undefined) {
      const { upkeep: settings } = options;
      const upkeep = { clock, logger, node: this.#node, image, membership, settings };
      this.#upkeep = new QuorumUpkeep(upkeep);
    }
    this.#firstLeadership.promise.catch(() => {
      // Of interest to open() alone; anybody else hears of the failure from what it asks for.
    });
  }

  /**
   * Opens the quorum from what is on disk. A sole voter leads when it resolves, and has given a new
   * cluster its feature levels; any other broker looks for the leader from now on.
   *
   * @throws {MetadataLogError} when snapshot and log don't make a whole
   * @throws {DiskError}
   */
  static async open(options: RaftQuorumOptions): Promise<RaftQuorum> {
    const { random, self } = options;
    const bytes = new Uint8Array(4);
    random.fill(bytes);
    const repairId = (new DataView(bytes.buffer).getInt32(0) & 0x7fffffff) || 1;
    const restored = await restoreQuorum({ ...options, repairId });
    const quorum = new RaftQuorum(options, restored);
    const { voters } = restored.state.membership;
    if (voters.length !== 1 || voters[0] !== nodeIdOf(self)) {
      quorum.#driver.step({ type: "tick" });
      return quorum;
    }
    try {
      quorum.#driver.step({ type: "campaign" });
      await quorum.#firstLeadership.promise;
      return quorum;
    } catch (error) {
      await quorum.close();
      throw error;
    }
  }

  get image(): ClusterImage {
    return this.#replayer.image;
  }

  get leaderEpoch(): number {
    return this.#node.state.term;
  }

  get leaderId(): number {
    return this.#isLeading ? this.#options.self.id : this.#knownLeaderId();
  }

  get isLeader(): boolean {
    return this.#isLeading;
  }

  /** All offsets below it are committed, and in the image. */
  get highWatermark(): number {
    return this.#replayer.endOffset;
  }

  async propose(records: readonly MetadataRecordInit[]): Promise<number> {
    invariant(records.length > 0, "a proposal without records");
    if (this.#ended !== undefined) throw this.#ended;
    this.#assertLeading();
    return await this.#append(this.#metadataBatch(records), records.length);
  }

  onCommit(listener: CommitListener): void {
    this.#replayer.onCommit(listener);
  }

  onLeadership(listener: LeadershipListener): void {
    this.#listeners.push(listener);
  }

  caughtUp(offset: number, timeoutMs: number): Promise<boolean> {
    if (this.#replayer.endOffset >= offset) return Promise.resolve(true);
    return this.#waiters.untilReplayed(offset, timeoutMs);
  }

  readIndex(): Promise<number> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const { token, outcome } = this.#waiters.forReadIndex(() => this.#knownLeaderId());
    this.#driver.step({ type: "read", token });
    return outcome;
  }

  describe(): QuorumDescription {
    return describeQuorum(this.#node, this.#options.self, this.#options.clock);
  }

  /** Takes a message from another node of the quorum; see `RaftMessage`. @returns an error code */
  receive(request: RaftMessageRequest): number {
    if (request.clusterId !== this.#options.clusterId) return ErrorCode.INCONSISTENT_CLUSTER_ID;
    return this.#driver.receive(request) ? ErrorCode.NONE : ErrorCode.INVALID_REQUEST;
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  get #isDynamic(): boolean {
    return this.#node.state.membership.offset >= 0 || this.#replayer.voters !== undefined;
  }

  #knownLeaderId(): number {
    const { role, leader } = this.#node.state;
    // A leader that is not ready yet has nothing to offer to who asks for the controller.
    return role === "leader" ? -1 : brokerIdOf(leader);
  }

  #assertLeading(): void {
    if (this.#ended !== undefined) throw this.#ended;
    if (!this.#isLeading) throw new NotControllerError(this.#knownLeaderId());
  }

  #metadataBatch(records: readonly MetadataRecordInit[]): Uint8Array {
    // Where the batch will be is known when it is appended, and patched then.
    const stamp = { baseOffset: 0, leaderEpoch: 0, timestampMs: this.#options.clock.wallMs() };
    return buildMetadataBatch(records, stamp);
  }

  /** Proposals of one turn go to the log together. */
  #append(batch: Uint8Array, count: number): Promise<number> {
    const { token, outcome } = this.#proposals.add(batch);
    this.#outbox.push({ count, bytes: batch.length, token });
    if (this.#outbox.length === 1) void Promise.resolve().then(() => this.#sendOutbox());
    return outcome;
  }

  #sendOutbox(): void {
    const proposals = this.#outbox;
    if (proposals.length === 0) return;
    this.#outbox = [];
    this.#driver.step({ type: "propose", proposals });
  }

  #host(): ConsensusHost {
    return {
      batchOf: (entry, term) => this.#batchOf(entry, term),
      appendFailed: (entries, error) => this.#appendFailed(entries, error),
      committed: (highWatermark) => this.#replayer.advanceTo(highWatermark),
      statusChanged: (role, term, leader) => this.#statusChanged(role, term, leader),
      refused: (reason, tokens) => this.#refused(reason, tokens),
      readIndexKnown: (token, offset) => this.#waiters.readIndexKnown(token, offset),
      persist: (term, vote, mustRepair) => this.#persist(term, vote, mustRepair),
      installed: (snapshot) => this.#installed(snapshot),
      failed: (error) => this.#fail(error),
    };
  }

  #batchOf({ baseOffset, count, content }: NewEntry, term: number): Uint8Array {
    const { clock, self, addressOf = () => undefined } = this.#options;
    const stamp = { baseOffset, leaderEpoch: term, timestampMs: clock.wallMs() };
    switch (content.kind) {
      case "proposal":
        this.#proposals.appended(content.token, baseOffset + count - 1);
        return this.#proposals.batch(content.token);
      case "leaderChange": {
        const voters = this.#node.state.membership.voters.map(peerOf);
        const granting = content.granting.map(peerOf);
        const isDynamic = this.#isDynamic;
        return leaderChangeBatch(self.id, voters, granting, { ...stamp, isDynamic });
      }
      case "voters":
        this.membership.appended(baseOffset);
        return votersBatch(content.voters.map(peerOf), addressOf, stamp);
    }
  }

  #appendFailed(entries: readonly NewEntry[], error: unknown): void {
    const { logger } = this.#options;
    logger.error("metadata log not written", { error: String(error) });
    const tokens = entries.flatMap(({ content }) =>
      content.kind === "proposal" ? [content.token] : []
    );
    this.#proposals.reject(tokens, error);
    if (tokens.length === entries.length) return;
    this.membership.abandon(error);
    this.#firstLeadership.reject(error);
  }

  #refused(reason: Refusal, tokens: readonly number[]): void {
    if (tokens.length === 0) return this.membership.refused(reason);
    this.#proposals.reject(tokens, new NotControllerError(this.#knownLeaderId()));
  }

  #persist(term: number, vote: NodeId | undefined, mustRepair: boolean): Promise<void> {
    const { disk, self } = this.#options;
    const { voters } = this.#node.state.membership;
    const isSole = !this.#isDynamic && voters.length === 1 && voters[0] === nodeIdOf(self);
    const votedFor = vote === undefined ? undefined : peerOf(vote);
    const state = { leaderEpoch: term, vote: votedFor, mustRepair };
    return writeQuorumState(disk, METADATA_DIRECTORY, state, isSole ? self.id : undefined);
  }

  async #installed(snapshot: LoadedSnapshot): Promise<void> {
    await this.#replayer.idle();
    this.#replayer.replaceBy(snapshot);
  }

  #replayed(endOffset: number): void {
    this.#proposals.replayed(endOffset);
    this.#waiters.replayed(endOffset);
    this.membership.replayed(endOffset);
    this.#leadIfReady();
    this.#keeper.snapshotIfDue();
  }

  #leadIfReady(): void {
    const { leadership, state } = this.#node;
    if (this.#isLeading || this.#ended !== undefined) return;
    if (leadership?.isReady !== true || this.#replayer.endOffset < state.highWatermark) return;
    if (this.image.featureLevel("metadata.version") > 0) return this.#lead();
    // The first leader of a new cluster; the feature levels come back here when they are replayed.
    if (!this.#proposals.isEmpty) return;
    const records = initialFeatureRecords();
    this.#append(this.#metadataBatch(records), records.length).catch((error) => {
      this.#firstLeadership.reject(error);
    });
  }

  #lead(): void {
    const { term } = this.#node.state;
    this.#isLeading = true;
    this.#options.logger.info("active controller", { epoch: term });
    this.#firstLeadership.resolve();
    this.#upkeep?.leadershipChanged(true);
    for (const listener of this.#listeners) listener(true, term);
  }

  #statusChanged(role: Role, term: number, leader: NodeId | undefined): void {
    const leaderId = brokerIdOf(leader);
    if (role !== "leader") this.#leadershipLost(leaderId, term);
    if (role === "follower" && leader !== undefined) {
      this.#options.logger.info("following the active controller", { leaderId, epoch: term });
    }
    this.membership.leaderKnown(role, leader);
  }

  #leadershipLost(leaderId: number, term: number): void {
    this.#proposals.leadershipLost(leaderId);
    this.membership.abandon(new NotControllerError(leaderId));
    if (!this.#isLeading) return;
    this.#isLeading = false;
    this.#upkeep?.leadershipChanged(false);
    this.#options.logger.info("no longer the active controller", { epoch: term });
    for (const listener of this.#listeners) listener(false, term);
  }

  #fail(error: unknown): void {
    if (this.#ended === undefined) {
      const event = "metadata quorum failed: this broker takes no part any more";
      this.#options.logger.error(event, { error: String(error) });
    }
    this.#ended ??= error;
    this.#driver.halt();
    this.#proposals.rejectAll(error);
    this.#firstLeadership.reject(error);
    this.#leadershipLost(-1, this.#node.state.term);
  }

  async #close(): Promise<void> {
    this.#upkeep?.stop();
    await this.membership.handOver(HAND_OVER_MS);
    const closed = new MetadataLogError("the metadata quorum is closed");
    const wasEnded = this.#ended !== undefined;
    this.#ended ??= closed;
    this.#sendOutbox();
    if (!wasEnded) {
      await this.#driver.settled();
      await this.#replayer.idle();
    }
    await this.#driver.stop();
    await this.#keeper.idle();
    this.#proposals.rejectAll(closed);
    this.#waiters.close();
    this.membership.abandon(closed);
  }
}
