/**
 * One change of a partition: reassignments are completed, eligible leader replicas kept (KIP-966),
 * a leader elected, and the epochs bumped as KRaft does. Pure.
 */
import type { Uuid } from "../base/uuid.ts";
import type { PartitionChangeRecordInit } from "../protocol/generated/metadata/partition_change_record.ts";
import { NO_LEADER, type PartitionRegistration } from "./image/topics_image.ts";
import type { MetadataRecordInit } from "./records.ts";

/** Whether the log of the leader may lack acknowledged records, as the protocol numbers it. */
export const LeaderRecovery = { RECOVERED: 0, RECOVERING: 1 } as const;

/**
 * Who is to lead: the preferred replica if it can, whoever leads now if it can, or, when no replica
 * is eligible, any that lives, at the price of records.
 */
export type Election = "preferred" | "online" | "unclean";

/** What a leader must be like. */
export interface ElectionRules {
  readonly election: Election;
  /** In-sync replicas below which acks=all is refused and the high watermark stands still. */
  readonly minInsyncReplicas: number;
  /** Whether replicas that leave the in-sync set below the minimum stay eligible (KIP-966). */
  readonly keepsEligibleReplicas: boolean;
  /** Whether a broker lives and has the partition's directory. */
  mayLead(brokerId: number): boolean;
}

/** What a partition is to be; what is left out stays. */
export interface PartitionTarget {
  readonly replicas?: readonly number[];
  readonly isr?: readonly number[];
  readonly addingReplicas?: readonly number[];
  readonly removingReplicas?: readonly number[];
  readonly leaderRecoveryState?: number;
  /** The log directory of each of `replicas`. */
  readonly directories?: readonly Uuid[];
  /** Brokers whose log may have lost its tail: they are not eligible. */
  readonly ineligible?: readonly number[];
}

interface Draft {
  replicas: readonly number[];
  isr: readonly number[];
  adding: readonly number[];
  removing: readonly number[];
  eligible: readonly number[];
  leader: number;
  isUnclean: boolean;
}

/** The record that takes a partition to `target`; undefined when nothing changes. */
export function changePartition(
  topicId: Uuid,
  before: PartitionRegistration,
  target: PartitionTarget,
  rules: ElectionRules,
): MetadataRecordInit | undefined {
  const draft: Draft = {
    replicas: target.replicas ?? before.replicas,
    isr: target.isr ?? before.isr,
    adding: target.addingReplicas ?? before.addingReplicas,
    removing: target.removingReplicas ?? before.removingReplicas,
    eligible: before.eligibleLeaderReplicas,
    leader: before.leader,
    isUnclean: false,
  };
  completeReassignment(draft, rules);
  keepEligible(draft, before, target.ineligible ?? [], rules);
  elect(draft, before, rules);
  if (draft.isr.length === 0 && !rules.keepsEligibleReplicas) {
    draft.isr = without(before.isr, target.ineligible ?? []);
  }
  const change = difference(draft, before, target);
  if (Object.keys(change).length === 0) return undefined;
  const { partitionId } = before;
  return { type: "PartitionChangeRecord", value: { partitionId, topicId, ...change } };
}

/** All that come are in sync: those that go, go, unless nobody who may lead would be left. */
function completeReassignment(draft: Draft, rules: ElectionRules): void {
  const { adding, removing, isr } = draft;
  if (adding.length === 0 && removing.length === 0) return;
  if (!adding.every((id) => isr.includes(id))) return;
  const staying = without(isr, removing);
  if (!staying.some((id) => rules.mayLead(id))) return;
  draft.isr = staying;
  draft.replicas = without(draft.replicas, removing);
  draft.adding = [];
  draft.removing = [];
}

/**
 * Below the minimum of in-sync replicas the high watermark stands still, so whoever was in sync when
 * the set fell below it has all that was acknowledged.
 */
function keepEligible(
  draft: Draft,
  before: PartitionRegistration,
  ineligible: readonly number[],
  { keepsEligibleReplicas, minInsyncReplicas }: ElectionRules,
): void {
  if (!keepsEligibleReplicas || draft.isr.length >= minInsyncReplicas) {
    draft.eligible = [];
    return;
  }
  const candidates = [...new Set([...before.eligibleLeaderReplicas, ...before.isr])];
  draft.eligible = candidates.filter((id) =>
    draft.replicas.includes(id) && !draft.isr.includes(id) && !ineligible.includes(id)
  );
}

function elect(draft: Draft, before: PartitionRegistration, rules: ElectionRules): void {
  const isEligible = (id: number): boolean =>
    (draft.isr.includes(id) || (draft.isr.length === 0 && draft.eligible.includes(id))) &&
    rules.mayLead(id);
  const preferred = draft.replicas[0]!;
  if (rules.election === "preferred" && isEligible(preferred)) draft.leader = preferred;
  else if (!isEligible(before.leader)) {
    draft.leader = draft.replicas.find(isEligible) ?? NO_LEADER;
  }
  if (draft.leader === NO_LEADER && rules.election === "unclean") {
    draft.leader = draft.replicas.find((id) => rules.mayLead(id)) ?? NO_LEADER;
    draft.isUnclean = draft.leader !== NO_LEADER;
  }
  if (draft.leader === NO_LEADER) return;
  if (draft.isr.includes(draft.leader)) {
    // While nobody led, brokers that are gone could stay in the set.
    if (before.leader === NO_LEADER) draft.isr = draft.isr.filter((id) => rules.mayLead(id));
    return;
  }
  draft.isr = [draft.leader];
  const isWhole = draft.isUnclean || rules.minInsyncReplicas <= 1;
  draft.eligible = isWhole ? [] : without(draft.eligible, draft.isr);
}

function difference(
  draft: Draft,
  before: PartitionRegistration,
  target: PartitionTarget,
): Omit<PartitionChangeRecordInit, "topicId" | "partitionId"> {
  // A leader that is named, be it the same, begins an epoch: nobody who has to go stays unfenced.
  const loses = before.replicas.some((id) => !draft.replicas.includes(id));
  const recovery = draft.isUnclean ? LeaderRecovery.RECOVERING : target.leaderRecoveryState;
  const lastKnown = lastKnownLeader(draft, before);
  const directories = directoriesOf(draft, before, target);
  const changed = (now: readonly unknown[], then: readonly unknown[]) => !sameList(now, then);
  return {
    ...(draft.leader !== before.leader || loses ? { leader: draft.leader } : {}),
    ...(changed(draft.isr, before.isr) ? { isr: draft.isr } : {}),
    ...(changed(draft.replicas, before.replicas) ? { replicas: draft.replicas } : {}),
    ...(changed(draft.removing, before.removingReplicas)
      ? { removingReplicas: draft.removing }
      : {}),
    ...(changed(draft.adding, before.addingReplicas) ? { addingReplicas: draft.adding } : {}),
    ...(recovery !== undefined && recovery !== before.leaderRecoveryState
      ? { leaderRecoveryState: recovery }
      : {}),
    ...(changed(directories, before.directories) ? { directories } : {}),
    ...(changed(draft.eligible, before.eligibleLeaderReplicas)
      ? { eligibleLeaderReplicas: draft.eligible }
      : {}),
    ...(changed(lastKnown, before.lastKnownElr) ? { lastKnownElr: lastKnown } : {}),
  };
}

/** Who led last, while nobody does and nobody is in sync: an operator wants to know. */
function lastKnownLeader(draft: Draft, before: PartitionRegistration): readonly number[] {
  if (draft.leader !== NO_LEADER) return [];
  if (draft.isr.length > 0 || before.leader === NO_LEADER) return before.lastKnownElr;
  return [before.leader];
}

function directoriesOf(
  { replicas }: Draft,
  before: PartitionRegistration,
  target: PartitionTarget,
): readonly Uuid[] {
  const order = target.replicas ?? before.replicas;
  const directories = target.directories ?? before.directories;
  if (directories.length !== order.length || sameList(order, replicas)) return directories;
  return replicas.map((id) => directories[order.indexOf(id)]!);
}

/** `ids` without those in `others`, in their order. */
export function without(ids: readonly number[], others: readonly number[]): readonly number[] {
  return others.length === 0 ? ids : ids.filter((id) => !others.includes(id));
}

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
