/**
 * A cluster whose brokers keep logs as lists of record ids, so that decisions on leadership can be
 * judged by what they are for: whoever leads has all that was committed.
 */
import assert from "node:assert/strict";
import { alterPartition } from "../../../src/metadata/alter_partition.ts";
import { brokerHeartbeat, fenceBrokers } from "../../../src/metadata/broker_heartbeat.ts";
import { registerBroker } from "../../../src/metadata/broker_registration.ts";
import type { ClusterImage } from "../../../src/metadata/cluster_image.ts";
import { DEFAULT_LAYERS } from "../../../src/metadata/config/effective.ts";
import type { Decision } from "../../../src/metadata/decision.ts";
import { SUPPORTED_FEATURES } from "../../../src/metadata/features.ts";
import type { PartitionRegistration, Topic } from "../../../src/metadata/image/topics_image.ts";
import { isActive, minInsyncReplicas } from "../../../src/metadata/leadership_rules.ts";
import type { MetadataRecordInit } from "../../../src/metadata/records.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { commit, idOf, imageOf } from "./fixtures.ts";

/** How a broker stops. */
export type Stop = "clean" | "unclean" | "wiped";

interface ModelBroker {
  isUp: boolean;
  /** Epoch that it remembers of a clean stop; -1 otherwise. */
  cleanEpoch: number;
  directory: number;
  incarnation: number;
  loss: Stop;
}

export class ClusterModel {
  readonly image: ClusterImage;
  /** Logs by `topic-partition-broker`. */
  readonly #logs = new Map<string, readonly number[]>();
  readonly #committed = new Map<string, Set<number>>();
  readonly #brokers = new Map<number, ModelBroker>();
  #before = new Map<string, PartitionRegistration>();
  #nextRecord = 0;
  #nextId = 100;

  constructor(private readonly keepsEligibleReplicas: boolean) {
    this.image = imageOf([{
      type: "FeatureLevelRecord",
      value: {
        name: "eligible.leader.replicas.version",
        featureLevel: keepsEligibleReplicas ? 1 : 0,
      },
    }]);
  }

  /** Commits what a decision wants, and judges the outcome. */
  decide<Response>({ records, response }: Decision<Response>, mayLose = false): Response {
    this.commit(records, mayLose);
    return response;
  }

  commit(records: readonly MetadataRecordInit[], mayLose = false): void {
    commit(this.image, records);
    for (const topic of this.image.topics.all()) {
      for (const partition of topic.partitions) this.#judge(topic, partition, mayLose);
    }
  }

  start(id: number): void {
    const broker: ModelBroker = this.#brokers.get(id) ??
      { isUp: false, cleanEpoch: -1, directory: this.#nextId++, incarnation: 0, loss: "clean" };
    this.#brokers.set(id, broker);
    if (broker.isUp) return;
    broker.isUp = true;
    this.#lose(id, broker);
    broker.incarnation = this.#nextId++;
    const request = {
      brokerId: id,
      clusterId: "c",
      incarnationId: idOf(broker.incarnation),
      listeners: [],
      features: SUPPORTED_FEATURES.map(({ name, min, max }) => ({
        name,
        minSupportedVersion: min,
        maxSupportedVersion: max,
      })),
      rack: null,
      isMigratingZkBroker: false,
      logDirs: [idOf(broker.directory)],
      previousBrokerEpoch: broker.cleanEpoch,
    };
    const nextOffset = this.image.lastOffset + 1;
    const context = {
      clusterId: "c",
      nextOffset,
      liveness: "dead" as const,
      layers: DEFAULT_LAYERS,
    };
    const { errorCode } = this.decide(registerBroker(this.image, request, context));
    assert.equal(errorCode, ErrorCode.NONE);
    broker.cleanEpoch = -1;
  }

  /** The broker has replayed all metadata, and says so. */
  heartbeat(id: number, wantShutDown = false, mayLose = false): boolean {
    const epoch = this.image.brokers.byId(id)?.epoch;
    if (this.#brokers.get(id)?.isUp !== true || epoch === undefined) return false;
    const request = {
      brokerId: id,
      brokerEpoch: epoch,
      currentMetadataOffset: this.image.lastOffset,
      wantFence: false,
      wantShutDown,
      offlineLogDirs: [],
    };
    const context = {
      layers: DEFAULT_LAYERS,
      othersReplayedOffset: this.image.lastOffset,
      handedOverOffset: this.image.lastOffset,
    };
    const answer = this.decide(brokerHeartbeat(this.image, request, context), mayLose);
    return answer.shouldShutDown;
  }

  /** Ends the process of a broker. Nothing of it reaches the controller. */
  stop(id: number, stop: Stop): void {
    const broker = this.#brokers.get(id);
    if (broker?.isUp !== true) return;
    broker.isUp = false;
    if (stop === "clean") {
      broker.cleanEpoch = this.image.brokers.byId(id)!.epoch;
      return;
    }
    broker.loss = stop;
  }

  /** What a broker that was killed has lost shows when it starts. */
  #lose(id: number, broker: ModelBroker): void {
    const { loss } = broker;
    broker.loss = "clean";
    if (loss === "clean") return;
    for (const { topic, partition, key } of this.#partitions()) {
      const { isr, eligibleLeaderReplicas } = partition;
      const isLast = [...isr, ...eligibleLeaderReplicas].every((other) => other === id);
      const log = this.#log(topic, partition, id);
      // Where a broker is the last to have the records, what its disk has lost nobody can bring back.
      if (loss === "unclean" && !isLast) this.#logs.set(`${key}-${id}`, log.slice(0, -1));
      if (loss === "wiped") this.#logs.set(`${key}-${id}`, []);
    }
    if (loss === "wiped") broker.directory = this.#nextId++;
  }

  fence(ids: readonly number[]): void {
    for (let isComplete = false; !isComplete;) {
      ({ isComplete } = this.decide(fenceBrokers(this.image, ids, DEFAULT_LAYERS)));
    }
  }

  get downBrokers(): number[] {
    return [...this.#brokers].filter(([, { isUp }]) => !isUp).map(([id]) => id);
  }

  /** The leader appends a record; followers that are up fetch, as far as `followers` says. */
  produce(topic: Topic, partition: PartitionRegistration, followers: number): void {
    const { leader, replicas } = partition;
    if (this.#brokers.get(leader)?.isUp !== true) return;
    const key = `${topic.name}-${partition.partitionId}`;
    const log = [...this.#log(topic, partition, leader), this.#nextRecord++];
    this.#logs.set(`${key}-${leader}`, log);
    for (const [place, id] of replicas.entries()) {
      const isUp = this.#brokers.get(id)?.isUp === true && isActive(this.image, id);
      if (isUp && (followers >> place & 1) === 1) this.#logs.set(`${key}-${id}`, log);
    }
    this.#advance(topic, partition);
  }

  /** The leader wants those in sync that have its log, or fewer. */
  alterIsr(topic: Topic, partition: PartitionRegistration, wanted: number): void {
    const { leader, replicas, partitionId, leaderEpoch, partitionEpoch } = partition;
    const broker = this.image.brokers.byId(leader);
    if (this.#brokers.get(leader)?.isUp !== true || broker === undefined) return;
    const log = this.#log(topic, partition, leader);
    const members = replicas.filter((id, place) =>
      id === leader ||
      ((wanted >> place & 1) === 1 && this.#log(topic, partition, id).length === log.length &&
        isActive(this.image, id))
    );
    const asked = {
      partitionIndex: partitionId,
      leaderEpoch,
      newIsr: [],
      newIsrWithEpochs: members.map((id) => ({
        brokerId: id,
        brokerEpoch: this.image.brokers.byId(id)!.epoch,
      })),
      leaderRecoveryState: 0,
      partitionEpoch,
    };
    const topics = [{ topicId: topic.id, partitions: [asked] }];
    const request = { brokerId: leader, brokerEpoch: broker.epoch, topics };
    this.decide(alterPartition(this.image, request, 3, DEFAULT_LAYERS));
    this.#advance(topic, topic.partitions[partitionId]!);
  }

  /** Moves the high watermark to what all in-sync replicas have, unless they are too few. */
  #advance(topic: Topic, partition: PartitionRegistration): void {
    const { isr, leader } = partition;
    if (leader < 0) return;
    const minInsync = minInsyncReplicas(this.image, topic, partition);
    if (this.keepsEligibleReplicas && isr.length < minInsync) return;
    const logs = isr.map((id) => new Set(this.#log(topic, partition, id)));
    const committed = this.#committedOf(topic, partition);
    for (const record of this.#log(topic, partition, leader)) {
      if (!logs.every((log) => log.has(record))) return;
      committed.add(record);
    }
  }

  #judge(topic: Topic, partition: PartitionRegistration, mayLose: boolean): void {
    const key = `${topic.name}-${topic.id}-${partition.partitionId}`;
    const before = this.#before.get(key);
    this.#before.set(key, partition);
    this.#judgeShape(topic, partition);
    if (before === undefined || before === partition) return;
    assert.ok(partition.partitionEpoch > before.partitionEpoch, "the partition epoch goes up");
    assert.ok(partition.leaderEpoch >= before.leaderEpoch, "the leader epoch never goes back");
    const isNewLeader = partition.leader !== before.leader;
    if (isNewLeader) assert.ok(partition.leaderEpoch > before.leaderEpoch, "a leader, an epoch");
    if (!isNewLeader || partition.leader < 0) return;
    const log = this.#log(topic, partition, partition.leader);
    const committed = this.#committedOf(topic, partition);
    if (mayLose) this.#committed.set(`${topic.name}-${partition.partitionId}`, new Set(log));
    else for (const id of committed) assert.ok(log.includes(id), `${key}: record ${id} is lost`);
  }

  #judgeShape(topic: Topic, partition: PartitionRegistration): void {
    const { replicas, isr, eligibleLeaderReplicas: eligible, leader } = partition;
    const { addingReplicas: adding, removingReplicas: removing } = partition;
    const isFenced = (id: number) => this.image.brokers.byId(id)?.fenced !== false;
    for (const list of [replicas, isr, eligible, adding, removing]) {
      assert.equal(new Set(list).size, list.length, "nobody is named twice");
      assert.ok(list.every((id) => replicas.includes(id)), "all are replicas");
    }
    assert.ok(!isr.some((id) => eligible.includes(id)), "who is in sync needs no eligibility");
    assert.ok(!adding.some((id) => removing.includes(id)), "nobody comes and goes");
    assert.equal(partition.directories.length, replicas.length);
    if (leader >= 0) {
      assert.ok(isr.includes(leader), "the leader is in sync");
      assert.ok(!isFenced(leader), "the leader is not fenced");
    }
    const keepsLast = !this.keepsEligibleReplicas && leader < 0;
    if (!keepsLast) assert.ok(!isr.some(isFenced), "nobody who is fenced is in sync");
    const minInsync = minInsyncReplicas(this.image, topic, partition);
    if (eligible.length > 0) {
      assert.ok(isr.length < Math.max(1, minInsync), "eligible for a reason");
    }
  }

  #committedOf(topic: Topic, { partitionId }: PartitionRegistration): Set<number> {
    const key = `${topic.name}-${partitionId}`;
    const committed = this.#committed.get(key) ?? new Set();
    this.#committed.set(key, committed);
    return committed;
  }

  #log(topic: Topic, { partitionId }: PartitionRegistration, id: number): readonly number[] {
    return this.#logs.get(`${topic.name}-${partitionId}-${id}`) ?? [];
  }

  *#partitions() {
    for (const topic of this.image.topics.all()) {
      for (const partition of topic.partitions) {
        yield { topic, partition, key: `${topic.name}-${partition.partitionId}` };
      }
    }
  }
}
