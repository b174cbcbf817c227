import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { heartbeatApi } from "../../../src/protocol/generated/apis/heartbeat.ts";
import { joinGroupApi } from "../../../src/protocol/generated/apis/join_group.ts";
import { syncGroupApi } from "../../../src/protocol/generated/apis/sync_group.ts";
import type { JoinGroupResponse } from "../../../src/protocol/generated/join_group_response.ts";
import type { GroupChecker } from "../checkers/group_checker.ts";
import { CoordinatorType } from "../client/cluster_client.ts";
import { commitOffset, fetchOffset } from "./offset_calls.ts";
import { type Actor, backOff, type WorkloadContext } from "./workload.ts";

const JOIN_VERSION = 7;
const SYNC_VERSION = 5;
const HEARTBEAT_VERSION = 4;
const SESSION_MS = 6000;
const REBALANCE_MS = 3000;
const HEARTBEAT_MS_MIN = 500;
const HEARTBEAT_MS_MAX = 2000;
const PROTOCOL_TYPE = "consumer";
const PROTOCOL = "range";
/** Now and again a member goes without a word. */
const DESERT_CHANCE = 0.02;

/** A member of a group of the classic protocol that commits ever higher offsets. */
export class GroupMember implements Actor {
  successes = 0;
  #memberId = "";
  #generation = -1;
  /** Partitions that are ours, and the next offset of each to be committed. */
  #owned = new Map<number, number>();

  constructor(
    private readonly context: WorkloadContext,
    private readonly checker: GroupChecker,
    private readonly topic: { readonly name: string; readonly partitions: number },
  ) {}

  get name(): string {
    return this.context.name;
  }

  async run(): Promise<void> {
    while (this.context.isOn()) {
      if (await this.#join()) await this.#stay();
      else await backOff(this.context);
    }
  }

  async #join(): Promise<boolean> {
    const { client } = this.context;
    const floor = this.checker.generation;
    const result = await client.toCoordinator(
      CoordinatorType.group,
      this.checker.group,
      joinGroupApi,
      JOIN_VERSION,
      {
        groupId: this.checker.group,
        sessionTimeoutMs: SESSION_MS,
        rebalanceTimeoutMs: REBALANCE_MS,
        memberId: this.#memberId,
        protocolType: PROTOCOL_TYPE,
        protocols: [{ name: PROTOCOL, metadata: new Uint8Array(0) }],
      },
    );
    if (result.kind !== "answer") return false;
    const { errorCode, generationId, memberId } = result.response;
    if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = memberId;
      return false;
    }
    if (errorCode !== ErrorCode.NONE) {
      this.#refused(errorCode);
      return false;
    }
    this.#memberId = memberId;
    this.#generation = generationId;
    this.checker.joined(memberId, floor, generationId);
    return await this.#sync(result.response);
  }

  async #sync(join: JoinGroupResponse): Promise<boolean> {
    const { client } = this.context;
    const assignments = join.leader === this.#memberId
      ? join.members.map(({ memberId }, i) => ({
        memberId,
        assignment: Uint8Array.from(
          Array.from({ length: this.topic.partitions }, (_, partition) => partition)
            .filter((partition) => partition % join.members.length === i),
        ),
      }))
      : [];
    const result = await client.toCoordinator(
      CoordinatorType.group,
      this.checker.group,
      syncGroupApi,
      SYNC_VERSION,
      {
        groupId: this.checker.group,
        generationId: this.#generation,
        memberId: this.#memberId,
        protocolType: PROTOCOL_TYPE,
        protocolName: PROTOCOL,
        assignments,
      },
    );
    if (result.kind !== "answer") return false;
    const { errorCode, assignment } = result.response;
    if (errorCode !== ErrorCode.NONE) {
      this.#refused(errorCode);
      return false;
    }
    const partitions = [...assignment];
    this.checker.assigned(this.#memberId, this.#generation, partitions);
    return await this.#readPositions(partitions);
  }

  async #readPositions(partitions: readonly number[]): Promise<boolean> {
    this.#owned = new Map<number, number>();
    for (const partition of partitions) {
      const floor = this.checker.committedFloor(partition);
      const offset = await fetchOffset(this.context.client, this.#place(partition));
      if (offset === undefined) return false;
      this.checker.read(partition, floor, offset);
      this.#owned.set(partition, offset + 1);
    }
    return true;
  }

  /** Commits and keeps the session alive until the group rebalances or something fails. */
  async #stay(): Promise<void> {
    const { context } = this;
    const { thinkMs } = context;
    const heartbeatMs = Math.min(HEARTBEAT_MS_MAX, Math.max(HEARTBEAT_MS_MIN, thinkMs));
    while (context.isOn()) {
      await context.client.sleep(context.random.between(0.5, 1.5) * heartbeatMs);
      if (context.random.chance(DESERT_CHANCE)) {
        this.#memberId = "";
        return;
      }
      if (!await this.#commit() || !await this.#heartbeat()) return;
    }
  }

  /** A commit whose outcome nobody knows may come later: only a new generation makes that safe. */
  async #commit(): Promise<boolean> {
    const owned = [...this.#owned];
    if (owned.length === 0) return true;
    const [partition, offset] = this.context.random.pick(owned);
    const floor = this.checker.generation;
    const member = { memberId: this.#memberId, generation: this.#generation };
    const { client, judge } = this.context;
    const errorCode = await commitOffset(client, this.#place(partition), offset, member);
    if (errorCode !== ErrorCode.NONE) {
      this.#refused(errorCode ?? ErrorCode.UNKNOWN_MEMBER_ID);
      return false;
    }
    const { generation } = member;
    this.checker.committed(this.#memberId, { floor, generation, partition, offset });
    this.#owned.set(partition, offset + 1);
    this.successes++;
    judge.succeeded(this.name);
    return true;
  }

  async #heartbeat(): Promise<boolean> {
    const { client } = this.context;
    const { group } = this.checker;
    const request = { groupId: group, generationId: this.#generation, memberId: this.#memberId };
    const { group: type } = CoordinatorType;
    const result = await client.toCoordinator(
      type,
      group,
      heartbeatApi,
      HEARTBEAT_VERSION,
      request,
    );
    if (result.kind !== "answer") return true;
    if (result.response.errorCode === ErrorCode.NONE) return true;
    this.#refused(result.response.errorCode);
    return false;
  }

  #refused(errorCode: number): void {
    this.context.client.forgetCoordinator(CoordinatorType.group, this.checker.group);
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = "";
  }

  #place(partition: number) {
    return { group: this.checker.group, topic: this.topic.name, partition };
  }
}
