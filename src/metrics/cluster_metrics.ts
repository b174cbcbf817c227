/** How the cluster is, as this broker sees it, under the names that Kafka dashboards use. */
import type { Broker } from "../broker/broker.ts";
import type { ReplicationStatus } from "../broker/replication/replication.ts";
import type { MetricDefinition } from "./metric_definition.ts";

/** What is looked at of a partition. */
interface PartitionFacts {
  readonly leader: number;
  readonly replicas: readonly number[];
}

const NO_LEADER = -1;
const NO_REPLICATION: ReplicationStatus = {
  underReplicated: 0,
  underMinInSync: 0,
  leaderless: 0,
  maxLag: 0,
  failing: 0,
  isrShrinks: 0,
  isrExpands: 0,
};

export function collectCluster(broker: Broker): MetricDefinition[] {
  return [
    ...replicationMetrics(broker),
    ...controllerGauges(broker),
    ...quorumGauges(broker),
    ...gossipMetrics(broker),
  ];
}

function gauge(name: string, help: string, value: () => number): MetricDefinition {
  return { name, help, kind: "gauge", read: (set) => set(value()) };
}

function counter(name: string, help: string, value: () => number): MetricDefinition {
  return { name, help, kind: "counter", read: (set) => set(value()) };
}

function replicationMetrics({ replication }: Broker): MetricDefinition[] {
  const status = () => replication?.status() ?? NO_REPLICATION;
  return [
    gauge(
      "kafka_server_replicamanager_underreplicatedpartitions",
      "Partitions led by this broker with replicas that are not in sync.",
      () => status().underReplicated,
    ),
    gauge(
      "kafka_server_replicamanager_underminisrpartitioncount",
      "Partitions led by this broker with fewer replicas in sync than min.insync.replicas.",
      () => status().underMinInSync,
    ),
    counter(
      "kafka_server_replicamanager_isrshrinks_total",
      "In-sync sets that this broker has made smaller.",
      () => status().isrShrinks,
    ),
    counter(
      "kafka_server_replicamanager_isrexpands_total",
      "In-sync sets that this broker has made larger.",
      () => status().isrExpands,
    ),
    gauge(
      "kafka_server_replicafetchermanager_maxlag",
      "Most records that a replica on this broker lacks of what its leader has committed.",
      () => status().maxLag,
    ),
    gauge(
      "kafka_server_replicafetchermanager_failedpartitionscount",
      "Replicas on this broker whose fetching rests after an error.",
      () => status().failing,
    ),
  ];
}

function controllerGauges({ quorum }: Broker): MetricDefinition[] {
  const { topics, brokers } = quorum.image;
  const partitions = (counts: (partition: PartitionFacts) => boolean) => () => {
    let count = 0;
    for (const topic of topics.all()) {
      for (const partition of topic.partitions) if (counts(partition)) count++;
    }
    return count;
  };
  const countBrokers = (fenced: boolean) => () => {
    let count = 0;
    for (const broker of brokers.all()) if (broker.fenced === fenced) count++;
    return count;
  };
  return [
    gauge(
      "kafka_controller_kafkacontroller_offlinepartitionscount",
      "Partitions of the cluster without a leader.",
      partitions(({ leader }) => leader === NO_LEADER),
    ),
    gauge(
      "kafka_controller_kafkacontroller_preferredreplicaimbalancecount",
      "Partitions of the cluster that another replica leads than the preferred one.",
      partitions(({ leader, replicas }) => leader !== replicas[0]),
    ),
    gauge(
      "kafka_controller_kafkacontroller_activebrokercount",
      "Brokers that are registered and serve.",
      countBrokers(false),
    ),
    gauge(
      "kafka_controller_kafkacontroller_fencedbrokercount",
      "Brokers that are registered and don't serve.",
      countBrokers(true),
    ),
  ];
}

function quorumGauges({ quorum, identity }: Broker): MetricDefinition[] {
  const roleOf = (): string => {
    const { voters } = quorum.describe();
    if (quorum.leaderId === identity.brokerId) return "leader";
    return voters.some(({ replicaId }) => replicaId === identity.brokerId)
      ? "follower"
      : "observer";
  };
  const prefix = "kafka_server_raftmetrics";
  return [
    {
      name: `${prefix}_current_state`,
      help: "1 for the part that this broker has in the metadata quorum.",
      kind: "gauge",
      labels: ["state"],
      read(set) {
        const role = roleOf();
        for (const state of ["leader", "follower", "observer"]) {
          set(state === role ? 1 : 0, { state });
        }
      },
    },
    gauge(
      `${prefix}_current_leader`,
      "Id of the broker that leads the metadata quorum, -1 when unknown.",
      () => quorum.leaderId,
    ),
    gauge(
      `${prefix}_current_epoch`,
      "Epoch of the metadata quorum: the Raft term.",
      () => quorum.leaderEpoch,
    ),
    gauge(
      `${prefix}_high_watermark`,
      "Metadata records below this offset are committed.",
      () => quorum.highWatermark,
    ),
    gauge(
      `${prefix}_number_of_voters`,
      "Brokers that vote in the metadata quorum.",
      () => quorum.describe().voters.length,
    ),
    gauge(
      `${prefix}_number_of_observers`,
      "Brokers that follow the metadata quorum without a vote.",
      () => quorum.describe().observers.length,
    ),
    {
      name: `${prefix}_replica_lag`,
      help: "Records of the metadata log that a broker lacks, as its leader sees it.",
      kind: "gauge",
      labels: ["broker"],
      read(set) {
        if (!quorum.isLeader) return;
        const { highWatermark, voters, observers } = quorum.describe();
        for (const { replicaId, logEndOffset } of [...voters, ...observers]) {
          set(Math.max(0, highWatermark - logEndOffset), { broker: String(replicaId) });
        }
      },
    },
  ];
}

function gossipMetrics({ cluster }: Broker): MetricDefinition[] {
  if (cluster === undefined) return [];
  const { gossip } = cluster;
  return [
    {
      name: "jocko_gossip_members",
      help: "Brokers that gossip knows of, this one included.",
      kind: "gauge",
      labels: ["state"],
      read(set) {
        const counts = new Map([["alive", 0], ["suspect", 0], ["failed", 0], ["left", 0]]);
        for (const { state } of gossip.members()) counts.set(state, counts.get(state)! + 1);
        for (const [state, count] of counts) set(count, { state });
      },
    },
    gauge(
      "jocko_gossip_health_score",
      "0 when this broker hears the others in time, more when it is slow to.",
      () => gossip.healthScore,
    ),
    counter(
      "jocko_gossip_packets_sent_total",
      "Gossip packets sent.",
      () => gossip.counters.packetsSent,
    ),
    counter(
      "jocko_gossip_packets_received_total",
      "Gossip packets received.",
      () => gossip.counters.packetsReceived,
    ),
    counter(
      "jocko_gossip_packets_rejected_total",
      "Gossip packets that were forged, repeated, too long, or meant for another broker.",
      () => gossip.counters.packetsRejected,
    ),
  ];
}
