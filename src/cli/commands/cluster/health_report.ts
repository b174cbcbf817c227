/** What is wrong with a cluster, found in what it tells of itself. Pure. */

/** A broker that is registered. */
export interface BrokerView {
  readonly id: number;
  readonly isFenced: boolean;
}

/** A partition with its replicas. */
export interface PartitionView {
  readonly topic: string;
  readonly partition: number;
  readonly leader: number | undefined;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
  readonly offline: readonly number[];
  /** min.insync.replicas of the topic; no more than it has replicas. */
  readonly minInSync: number;
}

/** The quorum, as far as its leader tells. */
export interface QuorumView {
  readonly leader: number | undefined;
  /** For each voter how many offsets it is behind the leader. */
  readonly voterLags: ReadonlyMap<number, number>;
}

/** All that is looked at. */
export interface ClusterView {
  readonly brokers: readonly BrokerView[];
  readonly partitions: readonly PartitionView[];
  /** Undefined when the cluster does not tell. */
  readonly quorum: QuorumView | undefined;
}

/** One thing that is wrong. Of warnings nothing stops yet. */
export interface Problem {
  readonly severity: "error" | "warning";
  readonly what: string;
  /** Where, such as `orders-0`. */
  readonly where: string;
}

/** A voter that is so many offsets behind is not merely a round trip late. */
const VOTER_LAG_MAX = 1_000;

/** Everything that is wrong, the worst first. */
export function findProblems(cluster: ClusterView): Problem[] {
  const problems = [
    ...cluster.partitions.flatMap(partitionProblems),
    ...cluster.brokers.filter(({ isFenced }) => isFenced).map(({ id }): Problem => ({
      severity: "error",
      what: "broker is registered and not in service",
      where: `broker ${id}`,
    })),
    ...quorumProblems(cluster.quorum),
  ];
  return [
    ...problems.filter(({ severity }) => severity === "error"),
    ...problems.filter(({ severity }) => severity === "warning"),
  ];
}

function partitionProblems(partition: PartitionView): Problem[] {
  const where = `${partition.topic}-${partition.partition}`;
  const { leader, inSync, replicas, minInSync } = partition;
  if (leader === undefined) {
    return [{ severity: "error", what: "no leader: it can't be read or written", where }];
  }
  if (inSync.length < minInSync) {
    const what = `${inSync.length} replicas in sync, fewer than min.insync.replicas ` +
      `${minInSync}: acks=all is refused`;
    return [{ severity: "error", what, where }];
  }
  if (inSync.length < replicas.length) {
    const missing = replicas.filter((id) => !inSync.includes(id)).join(", ");
    return [{ severity: "warning", what: `not in sync: broker ${missing}`, where }];
  }
  return [];
}

function quorumProblems(quorum: QuorumView | undefined): Problem[] {
  if (quorum === undefined) return [];
  if (quorum.leader === undefined) {
    return [{ severity: "error", what: "no leader: nothing can be changed", where: "quorum" }];
  }
  return [...quorum.voterLags].filter(([, lag]) => lag > VOTER_LAG_MAX).map(([id, lag]) => ({
    severity: "warning",
    what: `voter ${id} is ${lag} offsets behind`,
    where: "quorum",
  }));
}

/** What would go wrong if one broker stopped now. */
export interface RestartRisk {
  readonly broker: number;
  /** Partitions that would have no leader. */
  readonly withoutLeader: readonly string[];
  /** Partitions that would refuse acks=all. */
  readonly belowMinimum: readonly string[];
  /** Whether the quorum would lose its majority. */
  readonly endsQuorum: boolean;
}

/** Looks at what stopping `broker` would do, from the replicas that are in sync now. */
export function restartRisk(cluster: ClusterView, broker: number): RestartRisk {
  const withoutLeader: string[] = [];
  const belowMinimum: string[] = [];
  for (const { topic, partition, inSync, minInSync } of cluster.partitions) {
    if (!inSync.includes(broker)) continue;
    const left = inSync.length - 1;
    if (left === 0) withoutLeader.push(`${topic}-${partition}`);
    else if (left < minInSync) belowMinimum.push(`${topic}-${partition}`);
  }
  return { broker, withoutLeader, belowMinimum, endsQuorum: endsQuorum(cluster, broker) };
}

/** True when the voters that would be left, and keep up, are no majority. */
function endsQuorum({ quorum, brokers }: ClusterView, broker: number): boolean {
  if (quorum === undefined || !quorum.voterLags.has(broker)) return false;
  const fenced = new Set(brokers.filter(({ isFenced }) => isFenced).map(({ id }) => id));
  const left = [...quorum.voterLags]
    .filter(([id, lag]) => id !== broker && !fenced.has(id) && lag <= VOTER_LAG_MAX);
  return left.length <= quorum.voterLags.size / 2;
}

/** How many partitions one broker leads and keeps. */
export interface BrokerShare {
  readonly broker: number;
  readonly leaders: number;
  /** Leaders that the first replica of each partition would make it. */
  readonly preferredLeaders: number;
  readonly replicas: number;
}

/** The shares of all brokers, by id. */
export function brokerShares({ brokers, partitions }: ClusterView): BrokerShare[] {
  return brokers.map(({ id }) => ({
    broker: id,
    leaders: partitions.filter(({ leader }) => leader === id).length,
    preferredLeaders: partitions.filter(({ replicas }) => replicas[0] === id).length,
    replicas: partitions.filter(({ replicas }) => replicas.includes(id)).length,
  }));
}
