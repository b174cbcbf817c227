import { commitOffsets, groupCoordinator } from "../admin/groups.ts";
import type { ClusterClient } from "../cluster_client.ts";
import { BrokerError, expectNoError, isRetriable } from "../errors.ts";
import type { TopicPartition } from "../list_offsets.ts";
import type { Timer } from "../../io/clock.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import { heartbeatApi } from "../../protocol/generated/apis/heartbeat.ts";
import { joinGroupApi } from "../../protocol/generated/apis/join_group.ts";
import { leaveGroupApi } from "../../protocol/generated/apis/leave_group.ts";
import { syncGroupApi } from "../../protocol/generated/apis/sync_group.ts";
import type { JoinGroupResponse } from "../../protocol/generated/join_group_response.ts";
import { assignRanges } from "./range_assignor.ts";
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from "./subscription_bytes.ts";

/** How a {@link GroupMember} behaves. Times are milliseconds. */
export interface MemberOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Without heartbeats for so long, the group goes on without us. */
  readonly sessionTimeoutMs: number;
  /** How long the group waits for its members to come back when it rebalances. */
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

const PROTOCOL_TYPE = "consumer";
const RANGE = "range";

/** After these the member begins anew, under another id. */
const FORGOTTEN: ReadonlySet<number> = new Set<number>([
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
]);

/**
 * A member of a group by the classic protocol, with the range assignor. The client should be the
 * member's own: joining holds back whatever else goes over the same connection.
 */
export class GroupMember {
  readonly #client: ClusterClient;
  readonly #options: MemberOptions;
  #memberId = "";
  #generation = -1;
  #heartbeat: Timer | undefined;
  #isLeaving = false;

  constructor(client: ClusterClient, options: MemberOptions) {
    this.#client = client;
    this.#options = options;
  }

  get memberId(): string {
    return this.#memberId;
  }

  /** Joins, or joins again when the group rebalances; resolves with what is ours then. */
  async join(): Promise<TopicPartition[]> {
    this.#heartbeat?.cancel();
    for (;;) {
      try {
        const joined = await this.#joinGroup();
        return await this.#sync(joined);
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        const isAgain = error.code === ErrorCode.REBALANCE_IN_PROGRESS;
        if (!isAgain && !FORGOTTEN.has(error.code)) throw error;
        if (!isAgain) this.#memberId = "";
      }
    }
  }

  /**
   * Keeps the membership alive until {@link join}, {@link leave}, or the group rebalances.
   * @param onRebalance told once that the partitions are ours no longer
   */
  startHeartbeats(onRebalance: () => void): void {
    this.#heartbeat?.cancel();
    this.#heartbeat = this.#client.clock.schedule(this.#options.heartbeatIntervalMs, async () => {
      if (await this.#beat()) this.startHeartbeats(onRebalance);
      else if (!this.#isLeaving) onRebalance();
    });
  }

  /** Commits where consumption is to go on. @throws {BrokerError} */
  async commit(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    if (offsets.length === 0) return;
    await commitOffsets(this.#client, this.#options.group, offsets, {
      memberId: this.#memberId,
      generation: this.#generation,
      instanceId: null,
    });
  }

  /** Leaves, so that the others need not wait for the session to time out. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    this.#heartbeat?.cancel();
    if (this.#memberId === "") return;
    const { group } = this.#options;
    const memberId = this.#memberId;
    const link = await this.#client.link(groupCoordinator(group));
    const hasList = link.version(leaveGroupApi) >= 3;
    await link.send(leaveGroupApi, {
      groupId: group,
      memberId: hasList ? "" : memberId,
      members: hasList ? [{ memberId }] : [],
    });
  }

  /** False when the membership, or the assignment, has ended. */
  async #beat(): Promise<boolean> {
    const { group } = this.#options;
    try {
      const link = await this.#client.link(groupCoordinator(group));
      const { errorCode } = await link.send(heartbeatApi, {
        groupId: group,
        generationId: this.#generation,
        memberId: this.#memberId,
      });
      if (errorCode === ErrorCode.REBALANCE_IN_PROGRESS || FORGOTTEN.has(errorCode)) return false;
      expectNoError(errorCode, `group ${group}`);
    } catch (error) {
      // What else is wrong shows when the group is joined again.
      if (!isRetriable(error)) return false;
      this.#client.forget(groupCoordinator(group));
    }
    return true;
  }

  async #joinGroup(): Promise<JoinGroupResponse> {
    const { group, topics, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    const metadata = encodeSubscription([...topics].sort());
    const join = () =>
      this.#client.call(groupCoordinator(group), joinGroupApi, {
        groupId: group,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.#memberId,
        protocolType: PROTOCOL_TYPE,
        protocols: [{ name: RANGE, metadata }],
      }, {
        timeoutMs: rebalanceTimeoutMs + this.#client.requestTimeoutMs,
        check: ({ errorCode }) => {
          if (errorCode !== ErrorCode.MEMBER_ID_REQUIRED) {
            expectNoError(errorCode, `group ${group}`);
          }
        },
      });
    let response = await join();
    // The coordinator gives an id first, so that no member is counted twice (KIP-394).
    while (response.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = response.memberId;
      response = await join();
    }
    this.#memberId = response.memberId;
    this.#generation = response.generationId;
    return response;
  }

  async #sync(joined: JoinGroupResponse): Promise<TopicPartition[]> {
    const { group } = this.#options;
    const isLeader = joined.leader === joined.memberId && !joined.skipAssignment;
    const assignments = isLeader ? await this.#assign(joined) : [];
    const response = await this.#client.call(groupCoordinator(group), syncGroupApi, {
      groupId: group,
      generationId: joined.generationId,
      memberId: joined.memberId,
      protocolType: PROTOCOL_TYPE,
      protocolName: joined.protocolName,
      assignments,
    }, {
      timeoutMs: this.#options.rebalanceTimeoutMs + this.#client.requestTimeoutMs,
      check: ({ errorCode }) => expectNoError(errorCode, `group ${group}`),
    });
    return decodeAssignment(response.assignment);
  }

  async #assign({ members }: JoinGroupResponse) {
    const subscriptions = members.map(({ memberId, metadata }) => ({
      memberId,
      topics: decodeSubscription(metadata),
    }));
    const names = [...new Set(subscriptions.flatMap(({ topics }) => topics))];
    const { topics } = await this.#client.refresh(names);
    const counts = new Map(
      topics.filter(({ errorCode }) => errorCode === ErrorCode.NONE)
        .map(({ name, partitions }) => [name ?? "", partitions.length]),
    );
    return [...assignRanges(subscriptions, counts)].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment(partitions),
    }));
  }
}
