/**
 * Where the replicas of new partitions go. Leaders go round the brokers, followers are shifted
 * against them, one further each round, so that the followers of one broker's partitions spread
 * over all others. Racks alternate, and no rack gets a second replica while another has none.
 * Kafka places alike (KIP-36).
 */
import { ErrorCode } from "../protocol/error_codes.ts";
import { type Refusal, refuse } from "./decision.ts";

/** A broker that can take replicas. */
export interface PlacementBroker {
  readonly id: number;
  readonly rack: string | null;
  /** It gets replicas only when the others are too few, and never the first. */
  readonly fenced?: boolean;
}

/** What is to be placed. */
export interface PlacementRequest {
  readonly partitionCount: number;
  readonly replicationFactor: number;
  /** Where on the round to begin, and how far to shift: any two non-negative integers. */
  readonly startIndex: number;
  readonly startShift: number;
}

/** The replicas of each new partition, the preferred leader first; or why it can't be. */
export function placeReplicas(
  brokers: readonly PlacementBroker[],
  request: PlacementRequest,
): readonly (readonly number[])[] | Refusal {
  const { partitionCount, replicationFactor, startIndex, startShift } = request;
  const problem = placementProblem(brokers, replicationFactor);
  if (problem !== undefined) return problem;
  const round = alternatingByRack(brokers.filter(({ fenced }) => fenced !== true));
  const spare = alternatingByRack(brokers.filter(({ fenced }) => fenced === true));
  const rackCount = new Set(round.map(({ rack }) => rack)).size;
  const fromRound = Math.min(replicationFactor, round.length);
  const placed: number[][] = [];
  for (let partition = 0; partition < partitionCount; partition++) {
    const leaderIndex = (startIndex + partition) % round.length;
    const shift = startShift + Math.floor(partition / round.length);
    const replicas = replicasOf(round, leaderIndex, shift, fromRound, rackCount);
    for (let extra = 0; replicas.length < replicationFactor; extra++) {
      replicas.push(spare[(leaderIndex + extra) % spare.length]!.id);
    }
    placed.push(replicas);
  }
  return placed;
}

function placementProblem(
  brokers: readonly PlacementBroker[],
  replicationFactor: number,
): Refusal | undefined {
  const cannot = `Unable to replicate the partition ${replicationFactor} time(s): `;
  if (brokers.every(({ fenced }) => fenced === true)) {
    return refuse(ErrorCode.INVALID_REPLICATION_FACTOR, `${cannot}no broker is active.`);
  }
  if (replicationFactor <= brokers.length) return undefined;
  return refuse(
    ErrorCode.INVALID_REPLICATION_FACTOR,
    `${cannot}only ${brokers.length} broker(s) are registered.`,
  );
}

/** One broker of each rack in turn, until none is left. */
function alternatingByRack(brokers: readonly PlacementBroker[]): PlacementBroker[] {
  const ofRack = new Map<string | null, PlacementBroker[]>();
  for (const broker of [...brokers].sort((a, b) => a.id - b.id)) {
    const mates = ofRack.get(broker.rack);
    if (mates === undefined) ofRack.set(broker.rack, [broker]);
    else mates.push(broker);
  }
  const racks = [...ofRack.values()];
  const round: PlacementBroker[] = [];
  for (let turn = 0; round.length < brokers.length; turn++) {
    for (const mates of racks) {
      const broker = mates[turn];
      if (broker !== undefined) round.push(broker);
    }
  }
  return round;
}

function replicasOf(
  round: readonly PlacementBroker[],
  leaderIndex: number,
  shift: number,
  replicationFactor: number,
  rackCount: number,
): number[] {
  const leader = round[leaderIndex]!;
  const replicas = [leader.id];
  const racks = new Set([leader.rack]);
  // Two passes: the first takes a broker only from a rack that has no replica yet.
  for (let step = 0; replicas.length < replicationFactor; step++) {
    const others = round.length - 1;
    const newRackOnly = step < others && racks.size < rackCount;
    const broker = round[(leaderIndex + 1 + (shift + step) % others) % round.length]!;
    if (replicas.includes(broker.id)) continue;
    if (newRackOnly && racks.has(broker.rack)) continue;
    racks.add(broker.rack);
    replicas.push(broker.id);
  }
  return replicas;
}
