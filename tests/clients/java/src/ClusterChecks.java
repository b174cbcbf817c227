import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.DescribeProducersOptions;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.NoReassignmentInProgressException;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** The cluster as the admin client sees it: nodes, log directories, quorum, features, producers. */
final class ClusterChecks {
    private final Fixture on;

    private ClusterChecks(Fixture on) {
        this.on = on;
    }

    static void register(Suite suite, Fixture fixture) {
        ClusterChecks checks = new ClusterChecks(fixture);
        suite.check("describe cluster names id, controller and nodes", checks::cluster);
        suite.check("describe log dirs gives the size of a partition", checks::logDirs);
        suite.check("describe replica log dirs finds a replica", checks::replicaLogDirs);
        suite.check("describe metadata quorum has a leader that votes", checks::quorum);
        suite.check("describe features answers", checks::features);
        suite.check("describe producers shows an idempotent producer", checks::producers);
        suite.check("describe producers of an unknown partition fails", checks::producersUnknown);
        suite.check("leader election is not needed", checks::election);
        suite.check("reassignment: none is going on, bad ones are refused", checks::reassignment);
        suite.check("ACLs are off", checks::acls);
    }

    private Node onlyNode() throws Exception {
        Collection<Node> nodes = Fixture.get(on.admin.describeCluster().nodes());
        Fixture.same(1, nodes.size(), "nodes");
        return nodes.iterator().next();
    }

    private void cluster() throws Exception {
        DescribeClusterResult result = on.admin.describeCluster(
            new DescribeClusterOptions().includeAuthorizedOperations(true));
        Fixture.holds(Fixture.get(result.clusterId()).length() > 10, "a cluster id");
        Fixture.same(onlyNode().id(), Fixture.get(result.controller()).id(), "controller");
        Fixture.same(on.bootstrap, onlyNode().host() + ":" + onlyNode().port(), "endpoint");
        Fixture.contains(Fixture.get(result.authorizedOperations()), AclOperation.CREATE, "allowed");
    }

    private void logDirs() throws Exception {
        String topic = on.topic("log-dirs", 2);
        on.sendNumbers(topic, 0, 100);
        int broker = onlyNode().id();
        Map<String, LogDirDescription> directories =
            Fixture.get(on.admin.describeLogDirs(List.of(broker)).allDescriptions()).get(broker);
        TopicPartition partition = new TopicPartition(topic, 0);
        long found = directories.values().stream()
            .filter(d -> d.replicaInfos().containsKey(partition)).count();
        Fixture.same(1L, found, "directories with the partition");
        directories.forEach((path, directory) -> {
            Fixture.same(null, directory.error(), "error");
            Fixture.holds(path.startsWith("/"), "absolute path " + path);
            Fixture.holds(directory.totalBytes().orElse(1) > 0, "total bytes");
            if (!directory.replicaInfos().containsKey(partition)) return;
            Fixture.holds(directory.replicaInfos().get(partition).size() > 100, "size in bytes");
            Fixture.same(0L, directory.replicaInfos().get(partition).offsetLag(), "lag");
            Fixture.holds(!directory.replicaInfos().get(partition).isFuture(), "current replica");
        });
    }

    private void replicaLogDirs() throws Exception {
        String topic = on.topic("replica-dirs", 1);
        TopicPartitionReplica replica = new TopicPartitionReplica(topic, 0, onlyNode().id());
        String path = Fixture.get(on.admin.describeReplicaLogDirs(List.of(replica)).all())
            .get(replica).getCurrentReplicaLogDir();
        Fixture.holds(path.startsWith("/"), "absolute path " + path);
    }

    private void quorum() throws Exception {
        QuorumInfo quorum = Fixture.get(on.admin.describeMetadataQuorum().quorumInfo());
        Fixture.holds(quorum.voters().stream().anyMatch(v -> v.replicaId() == quorum.leaderId()),
            "the leader votes: " + quorum);
        Fixture.holds(quorum.leaderEpoch() >= 0, "epoch");
        Fixture.holds(quorum.highWatermark() >= 0, "high watermark");
    }

    private void features() throws Exception {
        FeatureMetadata features = Fixture.get(on.admin.describeFeatures().featureMetadata());
        features.finalizedFeatures().forEach((name, range) -> {
            Fixture.holds(features.supportedFeatures().containsKey(name), name + " is supported");
            Fixture.holds(
                range.maxVersionLevel() <= features.supportedFeatures().get(name).maxVersion(),
                name + " is within what is supported");
        });
    }

    private void producers() throws Exception {
        String topic = on.topic("producers", 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaProducer<byte[], byte[]> producer = on.producer()) {
            Fixture.sendNumbers(producer, topic, 0, 25);
        }
        List<ProducerState> states = Fixture.get(
            on.admin.describeProducers(List.of(partition)).all()).get(partition).activeProducers();
        Fixture.same(1, states.size(), "producers");
        ProducerState state = states.get(0);
        Fixture.holds(state.producerId() >= 0, "producer id");
        Fixture.same(0, state.producerEpoch(), "epoch");
        Fixture.same(24, state.lastSequence(), "last sequence");
        Fixture.holds(state.lastTimestamp() > 1_700_000_000_000L, "last timestamp");
        Fixture.holds(state.currentTransactionStartOffset().isEmpty(), "no transaction");
    }

    private void producersUnknown() throws Exception {
        TopicPartition missing = new TopicPartition(on.topic("producers", 1), 7);
        // The client asks again until its time is up: partitions may yet be made.
        DescribeProducersOptions options = new DescribeProducersOptions().timeoutMs(1000);
        Fixture.fails(TimeoutException.class,
            on.admin.describeProducers(List.of(missing), options).partitionResult(missing));
    }

    private void election() throws Exception {
        TopicPartition partition = new TopicPartition(on.topic("election", 1), 0);
        Map<TopicPartition, Optional<Throwable>> results = Fixture.get(
            on.admin.electLeaders(ElectionType.PREFERRED, Set.of(partition)).partitions());
        Fixture.holds(results.get(partition).orElse(null) instanceof ElectionNotNeededException,
            "not needed: " + results);
        TopicPartition missing = new TopicPartition(Fixture.uniqueName("none"), 0);
        results = Fixture.get(
            on.admin.electLeaders(ElectionType.PREFERRED, Set.of(missing)).partitions());
        Fixture.holds(
            results.get(missing).orElse(null) instanceof UnknownTopicOrPartitionException,
            "unknown: " + results);
        // All partitions: those that are led as preferred are left out of the answer.
        Fixture.get(on.admin.electLeaders(ElectionType.PREFERRED, null).partitions());
    }

    private void reassignment() throws Exception {
        Fixture.same(Map.of(), Fixture.get(
            on.admin.listPartitionReassignments().reassignments()), "reassignments");
        TopicPartition partition = new TopicPartition(on.topic("reassign", 1), 0);
        Fixture.fails(NoReassignmentInProgressException.class,
            on.admin.alterPartitionReassignments(Map.of(partition, Optional.empty())).all());
        NewPartitionReassignment unknown = new NewPartitionReassignment(List.of(9999));
        Fixture.fails(InvalidReplicaAssignmentException.class,
            on.admin.alterPartitionReassignments(Map.of(partition, Optional.of(unknown))).all());
    }

    private void acls() throws Exception {
        Fixture.fails(SecurityDisabledException.class,
            on.admin.describeAcls(AclBindingFilter.ANY).values());
    }
}
