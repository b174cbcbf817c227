import { type Uuid, ZERO_UUID } from "../../base/uuid.ts";
import type { Logger } from "../../base/logger.ts";
import { BrokerConnection } from "../../client/broker_connection.ts";
import { isPresent } from "../../gossip/member.ts";
import type { Clock, Timer } from "../../io/clock.ts";
import type { Disk } from "../../io/disk.ts";
import type { Network, SocketAddress } from "../../io/network.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import { formationPromiseApi } from "../../protocol/generated/apis/cluster/formation_promise.ts";
import { joinClusterApi } from "../../protocol/generated/apis/cluster/join_cluster.ts";
import type { FormationPromiseRequest } from "../../protocol/generated/cluster/formation_promise_request.ts";
import type { FormationPromiseResponse } from "../../protocol/generated/cluster/formation_promise_response.ts";
import type { JoinClusterResponse } from "../../protocol/generated/cluster/join_cluster_response.ts";
import type { Member, Membership } from "../membership/membership.ts";
import {
  Formation,
  type FormationEffect,
  type FormationEvent,
  type FormationRecord,
} from "./formation.ts";
import { writeFormation } from "./formation_file.ts";
import { type NodeTags, readNodeTags } from "./node_tags.ts";

/** The cluster can't be entered, and trying again would not change that. */
export class ClusterEntryError extends Error {
  override readonly name = "ClusterEntryError";
}

/** A place in a cluster. */
export interface ClusterPlace {
  readonly clusterId: string;
  readonly brokerId: number;
  /** This broker has formed the cluster, and begins its metadata. */
  readonly isFounder: boolean;
}

/** What a {@link ClusterEntry} works with. */
export interface ClusterEntryOptions {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly network: Network;
  readonly logger: Logger;
  readonly membership: Membership;
  readonly record: FormationRecord;
  /** Brokers that form the cluster together; undefined for one that only joins. */
  readonly expect: number | undefined;
  /** The id of the cluster, should this broker form it. */
  readonly newClusterId: string;
  /** The broker id that the operator wants; undefined lets the cluster choose. */
  readonly requestedBrokerId: number | undefined;
  readonly rack: string | null;
}

/** The id of a founder that is told none. */
const FIRST_BROKER_ID = 1;
const RETRY_MS = 250;
const REQUEST_MS_MAX = 5000;
/** What is waited for is told that often. */
const REMINDER_MS = 10_000;

/** The way of an empty data directory into a cluster: it forms one with others, or joins one. */
export class ClusterEntry {
  readonly #options: ClusterEntryOptions;
  readonly #formation: Formation;
  readonly #place = Promise.withResolvers<ClusterPlace>();
  #timer: Timer | undefined;
  #isOver = false;
  #isJoining = false;
  #nextReminderMs: number;

  constructor(options: ClusterEntryOptions) {
    this.#options = options;
    const { record, expect, newClusterId, clock } = options;
    this.#formation = new Formation(record, { expect, newClusterId });
    this.#nextReminderMs = clock.monotonicMs() + REMINDER_MS;
    // Whoever stops before the end has no interest in how it would have ended.
    this.#place.promise.catch(() => undefined);
  }

  /**
   * Resolves when there is a place.
   *
   * @throws {ClusterEntryError}
   */
  enter(): Promise<ClusterPlace> {
    this.#options.membership.onChange(() => this.#membersChanged());
    this.#membersChanged();
    this.#tick();
    return this.#place.promise;
  }

  /** Gives up; {@link enter} rejects. */
  stop(): void {
    this.#fail(new ClusterEntryError("stopped before there was a place in a cluster"));
  }

  /** Answers another broker that wants to form the cluster. */
  promise(request: FormationPromiseRequest): FormationPromiseResponse {
    const { candidateId, ballot, release } = request;
    const { directoryId: voterId } = this.#formation.record;
    const effects = this.#isOver
      ? []
      : this.#formation.step({ type: "asked", candidateId, ballot, release });
    this.#carryOut(effects);
    const answer = effects.find((effect) => effect.type === "answer");
    const { record } = this.#formation;
    return {
      errorCode: ErrorCode.NONE,
      voterId,
      granted: answer?.granted ?? false,
      promisedTo: answer?.promisedTo ?? ZERO_UUID,
      clusterId: record.founded ?? "",
    };
  }

  #tick(): void {
    if (this.#isOver) return;
    this.#timer = this.#options.clock.schedule(RETRY_MS, () => {
      this.#step({ type: "retry" });
      this.#remind();
      this.#tick();
    });
  }

  #membersChanged(): void {
    const members = this.#others().map(({ tags }) => tags);
    this.#step({ type: "members", members });
  }

  /** Brokers that gossip holds for present, this one left out. */
  #others(): { readonly member: Member; readonly tags: NodeTags }[] {
    const { membership } = this.#options;
    const others = [];
    for (const member of membership.members()) {
      if (member.name === membership.self.name || !isPresent(member)) continue;
      const tags = readNodeTags(member.tags);
      if (tags !== undefined) others.push({ member, tags });
    }
    return others;
  }

  #step(event: FormationEvent): void {
    if (!this.#isOver) this.#carryOut(this.#formation.step(event));
  }

  #carryOut(effects: readonly FormationEffect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case "persist":
          if (!this.#persist(effect.record)) return;
          break;
        case "ask":
          void this.#ask(effect.to, effect.ballot, effect.release);
          break;
        case "found":
          this.#found(effect.clusterId);
          break;
        case "join":
          void this.#join(effect.clusterId);
          break;
        case "ambiguous":
          this.#fail(
            new ClusterEntryError(
              `the brokers that were found belong to several clusters ` +
                `(${effect.clusterIds.join(", ")}); join addresses of one cluster only`,
            ),
          );
          break;
        case "answer":
          break;
      }
    }
  }

  #persist(record: FormationRecord): boolean {
    try {
      writeFormation(this.#options.disk, record);
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  async #ask(to: Uuid, ballot: number, release: boolean): Promise<void> {
    const address = this.#others().find(({ tags }) => tags.directoryId === to)?.member.address;
    if (address === undefined) return;
    const { directoryId: candidateId } = this.#formation.record;
    try {
      const answer = await this.#withConnection(
        address,
        (connection) =>
          connection.send(formationPromiseApi, 0, { candidateId, ballot, release }, REQUEST_MS_MAX),
      );
      const { voterId, granted } = answer;
      this.#step({ type: "answered", voterId, ballot, granted });
    } catch (error) {
      this.#options.logger.debug("formation: no answer", { to, error });
    }
  }

  #found(clusterId: string): void {
    const brokerId = this.#options.requestedBrokerId ?? FIRST_BROKER_ID;
    this.#options.logger.info("cluster formed", { clusterId, brokerId });
    this.#end({ clusterId, brokerId, isFounder: true });
  }

  /** Asks one member after another for a place, until the controller has given one. */
  async #join(clusterId: string): Promise<void> {
    if (this.#isJoining) return;
    this.#isJoining = true;
    const { clock, logger } = this.#options;
    logger.info("joining a cluster", { clusterId });
    while (!this.#isOver) {
      for (const { member, tags } of this.#others()) {
        if (tags.clusterId !== clusterId || this.#isOver) continue;
        try {
          this.#joined(clusterId, await this.#askForPlace(member.address));
        } catch (error) {
          logger.debug("join: no answer", { from: tags.brokerId, error });
        }
      }
      this.#remind();
      await new Promise<void>((resolve) => clock.schedule(RETRY_MS, resolve));
    }
  }

  #askForPlace(address: SocketAddress): Promise<JoinClusterResponse> {
    const { membership: { self }, requestedBrokerId, rack } = this.#options;
    const { host, port } = self.address;
    const request = {
      directoryId: this.#formation.record.directoryId,
      requestedBrokerId: requestedBrokerId ?? -1,
      rack,
      host,
      port,
    };
    return this.#withConnection(
      address,
      (connection) => connection.send(joinClusterApi, 0, request, REQUEST_MS_MAX),
    );
  }

  #joined(clusterId: string, answer: JoinClusterResponse): void {
    if (answer.errorCode === ErrorCode.NONE && answer.clusterId === clusterId) {
      this.#end({ clusterId, brokerId: answer.brokerId, isFounder: false });
    } else if (answer.errorCode === ErrorCode.DUPLICATE_BROKER_REGISTRATION) {
      this.#fail(new ClusterEntryError(answer.errorMessage ?? "the broker id is taken"));
    }
  }

  async #withConnection<T>(
    address: SocketAddress,
    use: (connection: BrokerConnection) => Promise<T>,
  ): Promise<T> {
    const { network, clock } = this.#options;
    const options = { clientId: "jocko-formation", requestTimeoutMs: REQUEST_MS_MAX };
    const connection = await BrokerConnection.connect(network, clock, address, options);
    try {
      return await use(connection);
    } finally {
      connection.close();
    }
  }

  #remind(): void {
    const { clock, logger, expect } = this.#options;
    if (this.#isOver || clock.monotonicMs() < this.#nextReminderMs) return;
    this.#nextReminderMs = clock.monotonicMs() + REMINDER_MS;
    const { promise, directoryId } = this.#formation.record;
    const others = this.#others();
    logger.warn("not in a cluster yet", {
      expect,
      seen: others.length + 1,
      promisedTo: promise === undefined || promise.candidateId === directoryId
        ? undefined
        : promise.candidateId,
    });
  }

  #end(place: ClusterPlace): void {
    this.#over();
    this.#place.resolve(place);
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#over();
    this.#place.reject(error);
  }

  #over(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }
}
