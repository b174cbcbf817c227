/** What a broker knows of its topics and logs, under the names that Kafka dashboards use. */
import type { Broker } from "../broker/broker.ts";
import type { Partition } from "../broker/partition.ts";
import type { TopicCounters } from "../broker/topic_state.ts";
import { cleanerMetrics } from "./cleaner_metrics.ts";
import { storageMetrics } from "./storage_metrics.ts";
import type { MetricDefinition } from "./metric_definition.ts";

type CounterName = {
  [Key in keyof TopicCounters]: TopicCounters[Key] extends number ? Key : never;
}[keyof TopicCounters];

export function collectBroker(broker: Broker): MetricDefinition[] {
  return [
    ...topicCounters(broker),
    ...logGauges(broker),
    ...replicaGauges(broker),
    ...diskGauges(broker),
    ...cleanerMetrics(broker.cleaner, broker.clock),
    ...storageMetrics(broker.diskBudget),
  ];
}

function topicCounters(broker: Broker): MetricDefinition[] {
  const counter = (suffix: string, key: CounterName, help: string): MetricDefinition => ({
    name: `kafka_server_brokertopicmetrics_${suffix}_total`,
    help,
    kind: "counter",
    labels: ["topic"],
    read(set) {
      for (const { name: topic, counters } of broker.partitions.topics()) {
        set(counters[key], { topic });
      }
    },
  });
  return [
    counter("messagesin", "messagesIn", "Records that producers have appended."),
    counter("bytesin", "bytesIn", "Bytes of record batches that producers have appended."),
    counter("bytesout", "bytesOut", "Bytes of record batches that were handed to readers."),
    counter("totalproducerequests", "produceRequests", "Partitions asked for in Produce requests."),
    counter("totalfetchrequests", "fetchRequests", "Partitions asked for in Fetch requests."),
    counter(
      "failedproducerequests",
      "failedProduceRequests",
      "Partitions of Produce requests that failed.",
    ),
    counter(
      "failedfetchrequests",
      "failedFetchRequests",
      "Partitions of Fetch requests that failed.",
    ),
    counter("invalidmessagerecords", "invalidBatches", "Batches that failed validation."),
  ];
}

function logGauges(broker: Broker): MetricDefinition[] {
  const gauge = (
    name: string,
    help: string,
    valueOf: (partition: Partition) => number,
  ): MetricDefinition => ({
    name: `kafka_log_log_${name}`,
    help,
    kind: "gauge",
    labels: ["topic", "partition"],
    read(set) {
      for (const partition of broker.partitions.all()) {
        const { topic: { name: topic }, index } = partition;
        set(valueOf(partition), { topic, partition: String(index) });
      }
    },
  });
  return [
    gauge("size", "Bytes of all segments.", ({ log }) => log.sizeBytes),
    gauge("logstartoffset", "First offset that can be read.", ({ log }) => log.startOffset),
    gauge("logendoffset", "Next offset to be given out.", ({ log }) => log.endOffset),
    gauge("numlogsegments", "Segments.", ({ log }) => log.segmentCount),
  ];
}

function replicaGauges(broker: Broker): MetricDefinition[] {
  const gauge = (name: string, help: string, value: () => number): MetricDefinition => ({
    name,
    help,
    kind: "gauge",
    read: (set) => set(value()),
  });
  const { quorum, partitions, identity } = broker;
  const { topics } = quorum.image;
  const hosted = () => {
    let count = 0;
    for (const _partition of partitions.all()) count++;
    return count;
  };
  const leading = () => {
    let count = 0;
    for (const topic of topics.all()) {
      for (const { leader } of topic.partitions) if (leader === identity.brokerId) count++;
    }
    return count;
  };
  return [
    gauge("kafka_server_replicamanager_partitioncount", "Replicas on this broker.", hosted),
    gauge(
      "kafka_server_replicamanager_leadercount",
      "Partitions that this broker leads.",
      leading,
    ),
    gauge(
      "kafka_server_replicamanager_offlinereplicacount",
      "Replicas on this broker whose storage has failed.",
      () => partitions.offlineCount,
    ),
    gauge(
      "kafka_controller_kafkacontroller_globaltopiccount",
      "Topics of the cluster.",
      () => topics.size,
    ),
    gauge(
      "kafka_controller_kafkacontroller_globalpartitioncount",
      "Partitions of the cluster.",
      () => topics.partitionCount,
    ),
    gauge(
      "kafka_controller_kafkacontroller_activecontrollercount",
      "1 on the broker that leads the metadata quorum.",
      () => quorum.describe().leaderId === identity.brokerId ? 1 : 0,
    ),
    gauge(
      "kafka_server_fetchsessioncache_numincrementalfetchsessions",
      "Incremental fetch sessions that are open.",
      () => broker.fetchSessions.sessionCount,
    ),
    gauge(
      "kafka_server_fetchsessioncache_numincrementalfetchpartitionscached",
      "Partitions that open fetch sessions remember.",
      () => broker.fetchSessions.partitionCount,
    ),
    gauge(
      "kafka_server_delayedoperationpurgatory_fetch_purgatorysize",
      "Fetches that wait for more bytes.",
      () => broker.fetchWaiters.count,
    ),
    gauge(
      "jocko_log_tail_bytes",
      "Memory that holds the newest batches for readers that keep up.",
      () => broker.logs.tailBytes,
    ),
    gauge("jocko_log_open_files", "Files of logs that are open.", () => broker.logs.openFileCount),
  ];
}

function diskGauges({ disk }: Broker): MetricDefinition[] {
  const gauge = (
    name: string,
    help: string,
    bytesOf: (space: NonNullable<ReturnType<typeof disk.space>>) => number,
  ): MetricDefinition => ({
    name,
    help,
    kind: "gauge",
    read(set) {
      const space = disk.space();
      if (space !== undefined) set(bytesOf(space));
    },
  });
  return [
    gauge(
      "jocko_disk_total_bytes",
      "Size of the file system that holds the data; absent where the system doesn't tell.",
      ({ totalBytes }) => totalBytes,
    ),
    gauge(
      "jocko_disk_usable_bytes",
      "Free space for the broker on that file system.",
      ({ usableBytes }) => usableBytes,
    ),
  ];
}
