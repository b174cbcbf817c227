import assert from "node:assert/strict";
import { SILENT_LOGGER } from "../../../../src/base/logger.ts";
import { type Uuid, uuidFromBytes } from "../../../../src/base/uuid.ts";
import { openMetadataLog } from "../../../../src/broker/metadata_log/open_metadata_log.ts";
import type { QuorumTransport } from "../../../../src/broker/metadata_log/quorum_transport.ts";
import type { UpkeepSettings } from "../../../../src/broker/metadata_log/quorum_upkeep_driver.ts";
import { RaftQuorum } from "../../../../src/broker/metadata_log/raft_quorum.ts";
import type { QuorumPeer } from "../../../../src/broker/metadata_quorum.ts";
import { DEFAULT_LOG_CONFIG } from "../../../../src/log/log_config.ts";
import { LogDirectory } from "../../../../src/log/log_directory.ts";
import type { MetadataRecordInit } from "../../../../src/metadata/records.ts";
import { raftMessageApi } from "../../../../src/protocol/generated/apis/cluster/raft_message.ts";
import type { RaftMessageRequestInit } from "../../../../src/protocol/generated/cluster/raft_message_request.ts";
import { ByteReader } from "../../../../src/protocol/wire/byte_reader.ts";
import { ByteWriter } from "../../../../src/protocol/wire/byte_writer.ts";
import { seeded } from "../../log/log_harness.ts";
import { SimulatedDisk } from "../../log/simulated_disk.ts";
import { FakeClock, settle } from "../../server/fake_clock.ts";

/** A broker's part of the quorum, and what it stands on. */
export interface GroupMember {
  readonly peer: QuorumPeer;
  readonly disk: SimulatedDisk;
  readonly isFounder: boolean;
  quorum: RaftQuorum | undefined;
  directory: LogDirectory | undefined;
}

/** Brokers whose messages go from one to the other through both codecs, in memory. */
export class QuorumGroup {
  readonly clock = new FakeClock();
  readonly members = new Map<number, GroupMember>();
  /** Messages from or to these brokers are lost. */
  readonly isolated = new Set<number>();
  readonly #lost = new Map<number, (brokerId: number) => void>();
  readonly #chance = seeded(7);
  snapshotIntervalBytes = Number.MAX_SAFE_INTEGER;
  /** Set before brokers are added: leaders look after the voters by themselves. */
  upkeep: UpkeepSettings | undefined;

  /** Broker 1 forms the cluster; the others join it as observers. */
  static async start(count: number, snapshotIntervalBytes?: number): Promise<QuorumGroup> {
    const group = new QuorumGroup();
    if (snapshotIntervalBytes !== undefined) group.snapshotIntervalBytes = snapshotIntervalBytes;
    for (let id = 1; id <= count; id++) await group.add(id);
    await group.advance(500);
    return group;
  }

  async add(id: number, disk = new SimulatedDisk(), directory = id): Promise<void> {
    const bytes = new Uint8Array(16).fill(0);
    bytes[15] = directory;
    const peer = { id, directoryId: uuidFromBytes(bytes) as Uuid };
    const isFounder = id === 1;
    this.members.set(id, { peer, disk, isFounder, quorum: undefined, directory: undefined });
    await this.open(id);
  }

  async open(id: number): Promise<void> {
    const member = this.#member(id);
    const { clock } = this;
    const random = {
      fill: (bytes: Uint8Array) => {
        for (let i = 0; i < bytes.length; i++) bytes[i] = this.#chance() * 256;
      },
    };
    const { disk, peer, isFounder } = member;
    member.directory = LogDirectory.open({ disk, clock, random, config: DEFAULT_LOG_CONFIG });
    member.quorum = await RaftQuorum.open({
      log: openMetadataLog(member.directory),
      disk,
      clock,
      random,
      logger: SILENT_LOGGER,
      clusterId: "cluster",
      self: peer,
      bootstrapVoters: isFounder ? [peer] : [],
      transport: this.#transport(id),
      snapshotIntervalBytes: this.snapshotIntervalBytes,
      ...(this.upkeep === undefined ? {} : { upkeep: () => this.upkeep! }),
    });
  }

  quorum(id: number): RaftQuorum {
    const { quorum } = this.#member(id);
    assert.ok(quorum !== undefined, `broker ${id} is down`);
    return quorum;
  }

  disk(id: number): SimulatedDisk {
    return this.#member(id).disk;
  }

  async advance(ms: number): Promise<void> {
    // In steps, so that what a message starts can get an answer before the next timer.
    for (let passed = 0; passed < ms; passed += 10) {
      await this.clock.advance(10);
      await settle();
    }
  }

  /** Makes voters of brokers that are observers. */
  async vote(...ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      const added = this.leader().membership.addVoter(this.#member(id).peer);
      await this.advance(100);
      await added;
    }
  }

  leader(): RaftQuorum {
    const leaders = [...this.members.values()].flatMap(({ quorum }) =>
      quorum?.isLeader === true ? [quorum] : []
    );
    leaders.sort((a, b) => b.leaderEpoch - a.leaderEpoch);
    assert.ok(leaders.length > 0, "nobody leads");
    return leaders[0]!;
  }

  get leaderId(): number {
    return this.leader().leaderId;
  }

  /** Proposes on the leader, and lets time pass until it is committed. */
  async propose(...records: readonly MetadataRecordInit[]): Promise<number> {
    const proposed = this.leader().propose(records);
    await this.advance(50);
    return await proposed;
  }

  /** As kill -9: nothing is written any more, and connections are reset. */
  async kill(id: number, kind: "process" | "power" = "process", resets = true): Promise<void> {
    const member = this.#member(id);
    member.disk.crash(kind, seeded(id));
    const { quorum } = member;
    member.quorum = undefined;
    this.isolated.add(id);
    const closed = quorum!.close();
    await this.advance(600);
    await closed;
    this.isolated.delete(id);
    if (resets) { for (const [other, lost] of this.#lost) if (other !== id) lost(id); }
  }

  /** Ends a broker in order. */
  async stop(id: number): Promise<void> {
    const member = this.#member(id);
    const { quorum, directory } = member;
    const closed = quorum!.close();
    await this.advance(600);
    await closed;
    member.quorum = undefined;
    await directory!.close();
  }

  async close(): Promise<void> {
    for (const [id, { quorum }] of this.members) if (quorum !== undefined) await this.stop(id);
  }

  /** Names of topics in a broker's image. */
  topics(id: number): string[] {
    return [...this.quorum(id).image.topics.all()].map(({ name }) => name);
  }

  #member(id: number): GroupMember {
    const member = this.members.get(id);
    assert.ok(member !== undefined, `there is no broker ${id}`);
    return member;
  }

  #transport(from: number): QuorumTransport {
    return {
      send: ({ id: to }, request) => this.#send(from, to, request),
      peers: () => [...this.members.values()].map(({ peer }) => peer),
      onLost: (listener) => this.#lost.set(from, listener),
    };
  }

  #send(from: number, to: number, request: RaftMessageRequestInit): void {
    const writer = new ByteWriter();
    raftMessageApi.request.write(writer, request, 0);
    const bytes = writer.toBytes().slice();
    void Promise.resolve().then(() => {
      if (this.isolated.has(from) || this.isolated.has(to)) return;
      const { quorum } = this.members.get(to) ?? {};
      const decoded = raftMessageApi.request.read(new ByteReader().reset(bytes), 0);
      assert.equal(quorum?.receive(decoded) ?? 0, 0);
      // A frame is reused when its turn is over.
      bytes.fill(0xee);
    });
  }
}

/** A record that makes a topic. */
export function topicRecord(count: number): MetadataRecordInit {
  const topicId = `${"A".repeat(6)}${String(count).padStart(10, "B")}AAAAAA` as Uuid;
  return { type: "TopicRecord", value: { name: `topic-${count}`, topicId } };
}
