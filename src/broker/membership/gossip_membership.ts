/** The gossip on real packets, streams and time. */
import { randomUuid, type Uuid } from "../../base/uuid.ts";
import type { Logger } from "../../base/logger.ts";
import { DEFAULT_GOSSIP_CONFIG, type GossipConfig } from "../../gossip/config.ts";
import type { GossipEffect, GossipEvent } from "../../gossip/events.ts";
import { Gossip } from "../../gossip/gossip.ts";
import type { Member } from "../../gossip/member.ts";
import type { Ciphers } from "../../io/ciphers.ts";
import type { Clock, Timer } from "../../io/clock.ts";
import type { Datagrams, DatagramSocket } from "../../io/datagrams.ts";
import type { Disk } from "../../io/disk.ts";
import type { Network, SocketAddress } from "../../io/network.ts";
import type { Random } from "../../io/random.ts";
import type { GossipPingRequest } from "../../protocol/generated/cluster/gossip_ping_request.ts";
import type { GossipPingResponseInit } from "../../protocol/generated/cluster/gossip_ping_response.ts";
import type { GossipPushPullRequest } from "../../protocol/generated/cluster/gossip_push_pull_request.ts";
import type { GossipPushPullResponseInit } from "../../protocol/generated/cluster/gossip_push_pull_response.ts";
import type { ClusterKeys } from "../cluster/cluster_keys.ts";
import { KnownMembersFile } from "./known_members_file.ts";
import { distinctAddresses, fromWire, toWire } from "./member_messages.ts";
import { ClusterPortStreams, type MemberStreams } from "./member_streams.ts";
import type { Membership, MembershipListener } from "./membership.ts";
import { MembershipReports } from "./membership_reports.ts";
import { OpenPackets, type PacketEnvelope, SealedPackets } from "./packets.ts";

/** What a {@link GossipMembership} is made of. */
export interface GossipMembershipOptions {
  /** Unique in the cluster, and the same after a restart: the directory id. */
  readonly name: string;
  /** Where packets are received. */
  readonly listen: SocketAddress;
  /** Where the others reach us by packets and, on the cluster port, by streams; an IP address. */
  readonly advertised: SocketAddress;
  readonly tags: ReadonlyMap<string, string>;
  readonly datagrams: Datagrams;
  /** To the cluster ports of others: secured, when there is a key. */
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly logger: Logger;
  /** Without it packets are open, which only loopback addresses may have. */
  readonly security?: { readonly keys: ClusterKeys; readonly ciphers: Ciphers };
  readonly config?: GossipConfig;
}

/** The answering side, for the routes of the cluster port. */
export interface GossipPeer {
  answerPushPull(request: GossipPushPullRequest): GossipPushPullResponseInit;
  answerPing(request: GossipPingRequest): GossipPingResponseInit;
}

/** Numbers since the start. */
export interface MembershipCounters {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  /** Packets that were forged, repeated, too long, or meant for somebody else. */
  readonly packetsRejected: number;
}

/** A farewell that has not been spread by then has met nobody. */
const FAREWELL_MS_MAX = 3000;
const CLIENT_ID = "gossip";

/** {@link Membership} by the state machine in `src/gossip`. */
export class GossipMembership implements Membership, GossipPeer {
  readonly #clock: Clock;
  readonly #socket: DatagramSocket;
  readonly #envelope: PacketEnvelope;
  readonly #streams: MemberStreams;
  readonly #knownMembers: KnownMembersFile;
  readonly #reports: MembershipReports;
  readonly #gossip: Gossip;
  readonly #listeners: MembershipListener[] = [];
  readonly #counters = { packetsSent: 0, packetsReceived: 0, packetsRejected: 0 };
  /** Ports that are being asked for all that they know. */
  readonly #asking = new Set<string>();
  readonly #receiving: Promise<void>;
  #timer: Timer | undefined;
  #timerDueMs = Infinity;
  #farewell: PromiseWithResolvers<void> | undefined;
  #isClosed = false;

  /**
   * Starts to listen, and asks those who were known when the process last ran.
   * @throws when the port is taken, and {@link RangeError} when name or tags are too long
   */
  static start(options: GossipMembershipOptions): GossipMembership {
    const { name, advertised, tags, clock, random, disk, logger } = options;
    const bootId = randomUuid((bytes) => random.fill(bytes));
    const knownMembers = new KnownMembersFile(disk, logger);
    const known = knownMembers.read();
    const gossip = new Gossip({
      config: options.config ?? DEFAULT_GOSSIP_CONFIG,
      self: { name, address: advertised, bootId, tags },
      incarnation: known.incarnation + 1,
      seed: seedOf(random),
      nowMs: clock.monotonicMs(),
    });
    const socket = options.datagrams.bind(options.listen);
    const membership = new GossipMembership(options, gossip, knownMembers, socket, bootId);
    membership.#remember(known.addresses);
    membership.join(known.addresses);
    return membership;
  }

  private constructor(
    { network, clock, logger, security }: GossipMembershipOptions,
    gossip: Gossip,
    knownMembers: KnownMembersFile,
    socket: DatagramSocket,
    bootId: Uuid,
  ) {
    this.#clock = clock;
    this.#gossip = gossip;
    this.#knownMembers = knownMembers;
    this.#socket = socket;
    this.#streams = new ClusterPortStreams(network, clock, CLIENT_ID);
    this.#reports = new MembershipReports(logger, clock);
    this.#envelope = security === undefined
      ? new OpenPackets()
      : new SealedPackets(security.ciphers, security.keys, bootId);
    this.#receiving = this.#receive(logger);
  }

  get self(): Member {
    return this.#gossip.self;
  }

  get counters(): MembershipCounters {
    return this.#counters;
  }

  /** 0 is well; above, this broker is slow to hear the others. */
  get healthScore(): number {
    return this.#gossip.healthScore;
  }

  members(): readonly Member[] {
    return this.#gossip.members();
  }

  onChange(listener: MembershipListener): void {
    this.#listeners.push(listener);
  }

  setTags(tags: ReadonlyMap<string, string>): void {
    this.#step({ type: "setTags", tags });
  }

  join(seeds: readonly SocketAddress[]): void {
    this.#step({ type: "join", seeds });
  }

  async leave(): Promise<void> {
    if (this.#isClosed) return;
    this.#farewell ??= Promise.withResolvers();
    const timer = this.#clock.schedule(FAREWELL_MS_MAX, () => this.#farewell?.resolve());
    this.#step({ type: "leave" });
    await this.#farewell.promise;
    timer.cancel();
  }

  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#timer?.cancel();
      this.#socket.close();
      this.#streams.close();
      this.#farewell?.resolve();
    }
    await this.#receiving;
    await this.#knownMembers.settled();
  }

  answerPushPull(request: GossipPushPullRequest): GossipPushPullResponseInit {
    const members = fromWire(request.members);
    if (members !== undefined) this.#step({ type: "pushPull", members });
    return { members: this.members().map(toWire) };
  }

  answerPing(_request: GossipPingRequest): GossipPingResponseInit {
    return { name: this.self.name };
  }

  async #receive(logger: Logger): Promise<void> {
    for (;;) {
      let packet;
      try {
        packet = await this.#socket.receive();
      } catch (error) {
        logger.error("gossip packets can't be received any more", { error: String(error) });
        return;
      }
      if (packet === undefined) return;
      this.#counters.packetsReceived++;
      const payload = this.#envelope.unwrap(packet.bytes);
      if (payload === undefined) this.#counters.packetsRejected++;
      else this.#step({ type: "packet", payload });
    }
  }

  #step(event: GossipEvent): void {
    if (this.#isClosed) return;
    const effects = this.#gossip.step(this.#clock.monotonicMs(), event);
    for (const effect of effects) this.#carryOut(effect);
    this.#schedule();
  }

  #carryOut(effect: GossipEffect): void {
    switch (effect.type) {
      case "send":
        this.#counters.packetsSent++;
        this.#socket.send(this.#envelope.wrap(effect.payload, effect.to.bootId), effect.to.address);
        return;
      case "pushPull":
        this.#pushPull(effect.to);
        return;
      case "streamPing":
        this.#streamPing(effect);
        return;
      case "changed":
        return this.#changed(effect.member, effect.previous);
      case "packetsLost":
        return this.#reports.packetsLost(effect.member);
      case "conflict":
        return this.#reports.conflict(effect.address);
      case "farewellSent":
        this.#farewell?.resolve();
        return;
    }
  }

  #changed(member: Member, previous: Member | undefined): void {
    const isSelf = member.name === this.self.name;
    if (!isSelf) this.#reports.changed(member, previous);
    for (const listener of this.#listeners) listener(member, previous);
    if (!isSelf) this.#remember([]);
  }

  async #pushPull(to: SocketAddress): Promise<void> {
    const port = `${to.host} ${to.port}`;
    if (this.#asking.has(port)) return;
    this.#asking.add(port);
    try {
      const members = await this.#streams.pushPull(to, this.members());
      this.#reports.answered(to);
      this.#step({ type: "pulled", from: to, members });
    } catch (error) {
      this.#reports.unreachable(to, error);
    } finally {
      this.#asking.delete(port);
    }
  }

  async #streamPing(effect: GossipEffect & { readonly type: "streamPing" }): Promise<void> {
    const { to, target, sequence, timeoutMs } = effect;
    try {
      const name = await this.#streams.ping(to, target, timeoutMs);
      this.#step({ type: "streamPong", sequence, name });
    } catch (error) {
      this.#reports.unreachable(to, error);
    }
  }

  /** Keeps for the next start who may be there then, and at first those of the last one. */
  #remember(before: readonly SocketAddress[]): void {
    const known = this.members().filter((member) => member.state !== "left").slice(1)
      .map((member) => member.address);
    // With nobody left, those who were there last are still the best guess.
    if (known.length === 0 && before.length === 0) return;
    this.#knownMembers.save({
      incarnation: this.self.incarnation,
      addresses: distinctAddresses([...known, ...before]),
    });
  }

  /** Sees to it that the gossip is told when its deadline has come. */
  #schedule(): void {
    if (this.#isClosed) return;
    const dueMs = this.#gossip.deadlineMs;
    if (this.#timer !== undefined && this.#timerDueMs <= dueMs) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerDueMs = dueMs;
    if (dueMs === Infinity) return;
    this.#timer = this.#clock.schedule(dueMs - this.#clock.monotonicMs(), () => {
      this.#timer = undefined;
      this.#step({ type: "tick" });
    });
  }
}

function seedOf(random: Random): readonly [number, number, number, number] {
  const bytes = new Uint8Array(16);
  random.fill(bytes);
  const view = new DataView(bytes.buffer);
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)];
}
