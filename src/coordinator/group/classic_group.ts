import { invariant } from "../../base/invariant.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type {
  GroupMetadataValue,
  MemberMetadata,
} from "../../protocol/generated/group_coordinator/group_metadata_value.ts";
import type { JoinGroupRequestProtocol } from "../../protocol/generated/join_group_request.ts";
import {
  ClassicMember,
  type MemberIdentityFields,
  type MemberSubscription,
} from "./classic_member.ts";
import { CONSUMER_PROTOCOL_TYPE, subscribedTopics } from "./subscribed_topics.ts";

/** The states of a classic group, as DescribeGroups names them. "Dead" is a group that is gone. */
export type ClassicGroupState = "Empty" | "PreparingRebalance" | "CompletingRebalance" | "Stable";

/**
 * A group that shares out work by JoinGroup and SyncGroup, or that only commits offsets. It holds
 * what is true now; deciding what happens next is the business of the functions around it.
 */
export class ClassicGroup {
  /** The kind of group, as ListGroups writes it; consumer, share and streams groups are others. */
  readonly kind = "classic";
  generationId = 0;
  /** Null for a group that never had a member: it only commits offsets. */
  protocolType: string | null = null;
  protocolName: string | null = null;
  leaderId: string | null = null;
  /** Wall time of the last change of state; -1 in old records. */
  stateTimestampMs = -1;
  /** When somebody last joined for the first time, monotonic: it prolongs an initial rebalance. */
  lastJoinMs = 0;
  /** The state before the present one: an initial rebalance comes from Empty. */
  previousState: ClassicGroupState = "Empty";
  /** Ids that were given out with MEMBER_ID_REQUIRED and have not come back. */
  readonly pendingJoins = new Set<string>();
  /** Members of this generation from which no SyncGroup has come. */
  readonly pendingSyncs = new Set<string>();
  readonly #members = new Map<string, ClassicMember>();
  readonly #memberIdOfInstance = new Map<string, string>();
  /** How many members support each protocol. */
  readonly #support = new Map<string, number>();
  #state: ClassicGroupState = "Empty";
  #awaitingJoinCount = 0;
  #topics: ReadonlySet<string> | undefined;

  constructor(readonly groupId: string) {}

  /** The group as the log has it, its members without sessions. */
  static restore(groupId: string, value: GroupMetadataValue): ClassicGroup {
    const group = new ClassicGroup(groupId);
    group.generationId = value.generation;
    group.protocolType = value.protocolType === "" ? null : value.protocolType;
    group.protocolName = value.protocol;
    for (const stored of value.members) group.add(restoredMember(stored, value.protocol ?? ""));
    group.leaderId = value.leader;
    group.#state = value.members.length === 0 ? "Empty" : "Stable";
    group.previousState = group.#state;
    group.stateTimestampMs = value.currentStateTimestamp;
    group.#topics = subscribedTopics(group.protocolType, group.protocolName, group.members());
    return group;
  }

  get state(): ClassicGroupState {
    return this.#state;
  }

  get size(): number {
    return this.#members.size;
  }

  get awaitingJoinCount(): number {
    return this.#awaitingJoinCount;
  }

  /** In the order of joining. */
  members(): IterableIterator<ClassicMember> {
    return this.#members.values();
  }

  member(memberId: string): ClassicMember | undefined {
    return this.#members.get(memberId);
  }

  /** The member id that a static member has now. */
  memberIdOfInstance(groupInstanceId: string): string | undefined {
    return this.#memberIdOfInstance.get(groupInstanceId);
  }

  get usesConsumerProtocol(): boolean {
    return this.protocolType === CONSUMER_PROTOCOL_TYPE;
  }

  /** Whether a member subscribes to the topic; when that can't be known, a consumer might. */
  isSubscribedTo(topic: string): boolean {
    if (this.#members.size === 0) return false;
    return this.#topics?.has(topic) ?? this.usesConsumerProtocol;
  }

  /** Whether the subscriptions could be read. */
  get knowsSubscriptions(): boolean {
    return this.#topics !== undefined;
  }

  get hasAllMembersJoined(): boolean {
    return this.#members.size === this.#awaitingJoinCount && this.pendingJoins.size === 0;
  }

  /** The longest that any member wants to be given for a rebalance. */
  rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const { subscription } of this.#members.values()) {
      longest = Math.max(longest, subscription.rebalanceTimeoutMs);
    }
    return longest;
  }

  transitionTo(state: ClassicGroupState, wallMs: number): void {
    this.previousState = this.#state;
    this.#state = state;
    this.stateTimestampMs = wallMs;
  }

  add(member: ClassicMember): void {
    invariant(!this.#members.has(member.memberId), "a member joins a second time");
    if (this.leaderId === null) this.leaderId = member.memberId;
    this.#members.set(member.memberId, member);
    if (member.groupInstanceId !== null) {
      this.#memberIdOfInstance.set(member.groupInstanceId, member.memberId);
    }
    this.#countSupport(member, 1);
    if (member.isAwaitingJoin) this.#awaitingJoinCount++;
    this.pendingJoins.delete(member.memberId);
  }

  /** Its parked requests must have been answered. */
  remove(memberId: string): void {
    const member = this.#members.get(memberId);
    if (member === undefined) return;
    invariant(!member.isAwaitingJoin && !member.isAwaitingSync, "a member is removed that waits");
    this.#members.delete(memberId);
    this.#countSupport(member, -1);
    const { groupInstanceId } = member;
    if (groupInstanceId !== null && this.#memberIdOfInstance.get(groupInstanceId) === memberId) {
      this.#memberIdOfInstance.delete(groupInstanceId);
    }
    this.pendingSyncs.delete(memberId);
    if (this.leaderId === memberId) {
      this.leaderId = this.#members.keys().next().value ?? null;
    }
  }

  /** A static member is back under a new id. Answer what the old one waits for before. */
  replaceStatic(old: ClassicMember, identity: MemberIdentityFields): ClassicMember {
    invariant(!old.isAwaitingJoin && !old.isAwaitingSync, "a member is replaced that waits");
    const wasLeader = this.leaderId === old.memberId;
    const replacement = new ClassicMember(identity, old.subscription);
    replacement.assignment = old.assignment;
    this.remove(old.memberId);
    this.add(replacement);
    if (wasLeader) this.leaderId = replacement.memberId;
    return replacement;
  }

  resubscribe(member: ClassicMember, subscription: MemberSubscription): void {
    this.#countSupport(member, -1);
    member.subscription = subscription;
    this.#countSupport(member, 1);
  }

  park(member: ClassicMember, joinToken: unknown): void {
    if (!member.isAwaitingJoin) this.#awaitingJoinCount++;
    member.joinToken = joinToken;
  }

  /** Takes the token of a member's parked JoinGroup; undefined when none is parked. */
  unpark(member: ClassicMember): unknown {
    const token = member.joinToken;
    if (token === undefined) return undefined;
    member.joinToken = undefined;
    this.#awaitingJoinCount--;
    return token;
  }

  /** Whether somebody with these protocols can be a member. */
  supports(protocolType: string, protocols: readonly JoinGroupRequestProtocol[]): boolean {
    if (this.#members.size === 0) return protocolType !== "" && protocols.length > 0;
    if (protocolType !== this.protocolType) return false;
    return protocols.some(({ name }) => this.#support.get(name) === this.#members.size);
  }

  /**
   * The protocol that most members want most among those that all support. Of equals, the one
   * that the longest-standing member prefers.
   */
  selectProtocol(): string | null {
    const votes = new Map<string, number>();
    for (const { subscription } of this.#members.values()) {
      const vote = subscription.protocols.find(({ name }) =>
        this.#support.get(name) === this.#members.size
      );
      if (vote !== undefined) votes.set(vote.name, (votes.get(vote.name) ?? 0) + 1);
    }
    let selected: string | null = null;
    for (const [name, count] of votes) {
      if (selected === null || count > votes.get(selected)!) selected = name;
    }
    return selected;
  }

  /**
   * A leader that is about to get a JoinGroup response; another is chosen when the present one did
   * not rejoin. False when nobody waits.
   */
  electJoinedLeader(): boolean {
    if (this.leaderId === null) return false;
    if (this.#members.get(this.leaderId)?.isAwaitingJoin === true) return true;
    for (const member of this.#members.values()) {
      if (!member.isAwaitingJoin) continue;
      this.leaderId = member.memberId;
      return true;
    }
    return false;
  }

  /** Begins the next generation with the members that are there. */
  nextGeneration(wallMs: number): void {
    this.generationId++;
    this.pendingSyncs.clear();
    this.protocolName = this.#members.size === 0 ? null : this.selectProtocol();
    this.#topics = subscribedTopics(this.protocolType, this.protocolName, this.members());
    this.transitionTo(this.#members.size === 0 ? "Empty" : "CompletingRebalance", wallMs);
  }

  /** Whether `memberId`, perhaps as a static member, may act for itself: an error code. */
  checkMember(memberId: string, groupInstanceId: string | null): number {
    if (groupInstanceId !== null) {
      const current = this.#memberIdOfInstance.get(groupInstanceId);
      if (current === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
      return current === memberId ? ErrorCode.NONE : ErrorCode.FENCED_INSTANCE_ID;
    }
    return this.#members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
  }

  /** The group as the log shall have it. */
  toRecordValue(assignmentOf: (member: ClassicMember) => Uint8Array): GroupMetadataValue {
    return {
      protocolType: this.protocolType ?? "",
      generation: this.generationId,
      protocol: this.protocolName,
      leader: this.leaderId,
      currentStateTimestamp: this.stateTimestampMs,
      members: Array.from(this.#members.values(), (member): MemberMetadata => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeout: member.subscription.rebalanceTimeoutMs,
        sessionTimeout: member.subscription.sessionTimeoutMs,
        subscription: member.metadata(this.protocolName),
        assignment: assignmentOf(member),
      })),
    };
  }

  #countSupport(member: ClassicMember, change: 1 | -1): void {
    for (const name of new Set(member.subscription.protocols.map(({ name }) => name))) {
      const count = (this.#support.get(name) ?? 0) + change;
      if (count === 0) this.#support.delete(name);
      else this.#support.set(name, count);
    }
  }
}

function restoredMember(stored: MemberMetadata, protocol: string): ClassicMember {
  const member = new ClassicMember(stored, {
    rebalanceTimeoutMs: stored.rebalanceTimeout < 0
      ? stored.sessionTimeout
      : stored.rebalanceTimeout,
    sessionTimeoutMs: stored.sessionTimeout,
    protocols: [{ name: protocol, metadata: stored.subscription }],
  });
  member.assignment = stored.assignment;
  return member;
}
