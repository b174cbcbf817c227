import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.CreatePartitionsOptions;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Topics: create, list, describe, grow, delete. */
final class TopicChecks {
    private final Fixture on;

    private TopicChecks(Fixture on) {
        this.on = on;
    }

    static void register(Suite suite, Fixture fixture) {
        TopicChecks checks = new TopicChecks(fixture);
        suite.check("create answers partitions, replication factor, configs and id", checks::create);
        suite.check("create uses the broker's defaults when not told", checks::createDefaults);
        suite.check("create with validateOnly makes nothing", checks::validateOnly);
        suite.check("create of an existing topic is refused", checks::exists);
        suite.check("create of a bad name is refused", checks::badNames);
        suite.check("create of a colliding name is refused", checks::collision);
        suite.check("create with bad partitions or replication factor is refused", checks::badCounts);
        suite.check("create with bad configs is refused", checks::badConfigs);
        suite.check("create takes an explicit assignment", checks::assignment);
        suite.check("one bad topic does not spoil the others", checks::partial);
        suite.check("list and describe agree, by name and by id", checks::describe);
        suite.check("describe of unknown topics fails", checks::describeUnknown);
        suite.check("describe pages through many partitions", checks::describeMany);
        suite.check("partitions are added", checks::grow);
        suite.check("adding partitions is refused when it makes no sense", checks::growRefused);
        suite.check("delete by name and by id", checks::delete);
        suite.check("delete of unknown topics fails", checks::deleteUnknown);
        suite.check("a topic made again has a new id and no old records", checks::recreate);
        suite.check("a producer goes on when its topic is made again", checks::recreateUnderProducer);
    }

    private Map<String, KafkaFuture<Void>> tryCreate(NewTopic... topics) {
        return on.admin.createTopics(List.of(topics)).values();
    }

    private TopicDescription describe(String name) throws Exception {
        return on.describe(name);
    }

    private void expectPartitions(int expected, String name) throws Exception {
        Fixture.eventually(() -> Fixture.same(expected, describe(name).partitions().size(),
            "partitions"));
    }

    private Set<String> names() throws Exception {
        return Fixture.get(on.admin.listTopics().names());
    }

    private void create() throws Exception {
        String name = Fixture.uniqueName("create");
        NewTopic topic = new NewTopic(name, 3, (short) 1)
            .configs(Map.of("retention.ms", "1234567", "cleanup.policy", "compact"));
        CreateTopicsResult result = on.admin.createTopics(List.of(topic));
        Fixture.same(3, Fixture.get(result.numPartitions(name)), "partitions");
        Fixture.same(1, Fixture.get(result.replicationFactor(name)), "replication factor");
        Fixture.same("1234567", Fixture.get(result.config(name)).get("retention.ms").value(), "set");
        Fixture.same("1048588",
            Fixture.get(result.config(name)).get("max.message.bytes").value(), "default");
        Uuid id = Fixture.get(result.topicId(name));
        Fixture.holds(!Uuid.ZERO_UUID.equals(id), "the id is not zero");
        Fixture.eventually(() -> Fixture.same(id, describe(name).topicId(), "id"));
    }

    private void createDefaults() throws Exception {
        String name = Fixture.uniqueName("defaults");
        NewTopic topic = new NewTopic(name, Optional.empty(), Optional.empty());
        Fixture.get(on.admin.createTopics(List.of(topic)).all());
        expectPartitions(1, name);
    }

    private void validateOnly() throws Exception {
        String name = Fixture.uniqueName("validate");
        CreateTopicsOptions options = new CreateTopicsOptions().validateOnly(true);
        NewTopic good = new NewTopic(name, 2, (short) 1);
        CreateTopicsResult result = on.admin.createTopics(List.of(good), options);
        Fixture.same(2, Fixture.get(result.numPartitions(name)), "partitions");
        Fixture.holds(!names().contains(name), "nothing was made");
        NewTopic bad = new NewTopic("bad name", 2, (short) 1);
        Fixture.fails(InvalidTopicException.class,
            on.admin.createTopics(List.of(bad), options).all());
    }

    private void exists() throws Exception {
        String name = on.topic("exists", 1);
        Fixture.fails(TopicExistsException.class,
            tryCreate(new NewTopic(name, 1, (short) 1)).get(name));
    }

    private void badNames() throws Exception {
        for (String name : List.of("bad/name", "with space", "ümlaut", ".", "..", "x".repeat(250))) {
            Fixture.fails(InvalidTopicException.class,
                tryCreate(new NewTopic(name, 1, (short) 1)).get(name));
        }
        String longest = "y".repeat(240) + Fixture.uniqueName("");
        Fixture.get(tryCreate(new NewTopic(longest, 1, (short) 1)).get(longest));
    }

    private void collision() throws Exception {
        String name = on.topic("collision_", 1);
        String other = name.replace('_', '.');
        Fixture.fails(InvalidTopicException.class,
            tryCreate(new NewTopic(other, 1, (short) 1)).get(other));
    }

    private void badCounts() throws Exception {
        String name = Fixture.uniqueName("counts");
        Fixture.fails(InvalidPartitionsException.class,
            tryCreate(new NewTopic(name, 0, (short) 1)).get(name));
        Fixture.fails(InvalidReplicationFactorException.class,
            tryCreate(new NewTopic(name, 1, (short) 0)).get(name));
        Fixture.fails(InvalidReplicationFactorException.class,
            tryCreate(new NewTopic(name, 1, (short) 100)).get(name));
        Fixture.holds(!names().contains(name), "nothing was made");
    }

    private void badConfigs() throws Exception {
        String name = Fixture.uniqueName("configs");
        for (Map<String, String> configs : List.of(
                Map.of("no.such.config", "1"),
                Map.of("retention.ms", "soon"),
                Map.of("cleanup.policy", "shred"),
                Map.of("min.insync.replicas", "0"))) {
            Fixture.fails(InvalidConfigurationException.class,
                tryCreate(new NewTopic(name, 1, (short) 1).configs(configs)).get(name));
        }
        Fixture.holds(!names().contains(name), "nothing was made");
    }

    private void assignment() throws Exception {
        int broker = Fixture.get(on.admin.describeCluster().nodes()).iterator().next().id();
        String name = Fixture.uniqueName("assigned");
        Map<Integer, List<Integer>> good = Map.of(0, List.of(broker), 1, List.of(broker));
        Fixture.get(tryCreate(new NewTopic(name, good)).get(name));
        expectPartitions(2, name);
        for (Map<Integer, List<Integer>> bad : List.of(
                Map.of(0, List.of(9999)),
                Map.of(1, List.of(broker)),
                Map.of(0, List.of(broker, broker)))) {
            String other = Fixture.uniqueName("assigned");
            Fixture.fails(InvalidReplicaAssignmentException.class,
                tryCreate(new NewTopic(other, bad)).get(other));
        }
    }

    private void partial() throws Exception {
        String good = Fixture.uniqueName("good");
        Map<String, KafkaFuture<Void>> results = tryCreate(
            new NewTopic(good, 1, (short) 1), new NewTopic("no good", 1, (short) 1));
        Fixture.get(results.get(good));
        Fixture.fails(InvalidTopicException.class, results.get("no good"));
        Fixture.eventually(() -> Fixture.contains(names(), good, "topics"));
    }

    private void describe() throws Exception {
        String name = on.topic("describe", 5);
        Fixture.contains(names(), name, "topics");
        TopicDescription byName = Fixture.get(on.admin.describeTopics(List.of(name),
            new DescribeTopicsOptions().includeAuthorizedOperations(true)).allTopicNames())
            .get(name);
        List<Integer> numbers = byName.partitions().stream()
            .map(p -> p.partition()).collect(Collectors.toList());
        Fixture.same(List.of(0, 1, 2, 3, 4), numbers, "partitions");
        int broker = Fixture.get(on.admin.describeCluster().nodes()).iterator().next().id();
        byName.partitions().forEach(partition -> {
            Fixture.same(broker, partition.leader().id(), "leader");
            Fixture.same(1, partition.replicas().size(), "replicas");
            Fixture.same(partition.replicas(), partition.isr(), "in-sync replicas");
        });
        Fixture.holds(!byName.isInternal(), "not internal");
        Fixture.contains(byName.authorizedOperations(), AclOperation.WRITE, "operations");
        Uuid id = byName.topicId();
        TopicDescription byId = Fixture.get(on.admin.describeTopics(
            TopicCollection.ofTopicIds(List.of(id))).allTopicIds()).get(id);
        Fixture.same(name, byId.name(), "name");
        Fixture.same(5, byId.partitions().size(), "partitions by id");
        Fixture.same(id, Fixture.get(on.admin.listTopics().namesToListings()).get(name).topicId(),
            "id in the list");
    }

    private void describeUnknown() throws Exception {
        Fixture.fails(UnknownTopicOrPartitionException.class,
            on.admin.describeTopics(List.of(Fixture.uniqueName("none"))).allTopicNames());
        Fixture.fails(UnknownTopicIdException.class, on.admin.describeTopics(
            TopicCollection.ofTopicIds(List.of(Uuid.randomUuid()))).allTopicIds());
    }

    private void describeMany() throws Exception {
        String name = on.topic("many", 60);
        DescribeTopicsOptions options = new DescribeTopicsOptions().partitionSizeLimitPerResponse(7);
        TopicDescription all = Fixture.get(
            on.admin.describeTopics(List.of(name), options).allTopicNames()).get(name);
        Fixture.same(60, all.partitions().size(), "partitions over pages");
        Fixture.get(on.admin.deleteTopics(List.of(name)).all());
    }

    private void grow() throws Exception {
        String name = on.topic("grow", 1);
        Fixture.get(on.admin.createPartitions(Map.of(name, NewPartitions.increaseTo(4)),
            new CreatePartitionsOptions().validateOnly(true)).all());
        expectPartitions(1, name);
        Fixture.get(on.admin.createPartitions(Map.of(name, NewPartitions.increaseTo(4))).all());
        expectPartitions(4, name);
        int broker = Fixture.get(on.admin.describeCluster().nodes()).iterator().next().id();
        NewPartitions assigned = NewPartitions.increaseTo(5, List.of(List.of(broker)));
        Fixture.get(on.admin.createPartitions(Map.of(name, assigned)).all());
        expectPartitions(5, name);
    }

    private void growRefused() throws Exception {
        String name = on.topic("grow-refused", 3);
        for (int count : List.of(3, 2)) {
            Fixture.fails(InvalidPartitionsException.class, on.admin.createPartitions(
                Map.of(name, NewPartitions.increaseTo(count))).all());
        }
        Fixture.fails(InvalidReplicaAssignmentException.class, on.admin.createPartitions(
            Map.of(name, NewPartitions.increaseTo(4, List.of(List.of(9999))))).all());
        Fixture.fails(UnknownTopicOrPartitionException.class, on.admin.createPartitions(
            Map.of(Fixture.uniqueName("none"), NewPartitions.increaseTo(4))).all());
    }

    private void delete() throws Exception {
        String byName = on.topic("delete", 1);
        String byId = on.topic("delete", 1);
        Uuid id = describe(byId).topicId();
        Fixture.get(on.admin.deleteTopics(List.of(byName)).all());
        Fixture.get(on.admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all());
        Fixture.eventually(() -> {
            Fixture.holds(!names().contains(byName), byName + " is gone");
            Fixture.holds(!names().contains(byId), byId + " is gone");
        });
    }

    private void deleteUnknown() throws Exception {
        Fixture.fails(UnknownTopicOrPartitionException.class,
            on.admin.deleteTopics(List.of(Fixture.uniqueName("none"))).all());
        Fixture.fails(UnknownTopicIdException.class, on.admin.deleteTopics(
            TopicCollection.ofTopicIds(List.of(Uuid.randomUuid()))).all());
    }

    private void recreate() throws Exception {
        String name = on.topic("again", 1);
        on.sendNumbers(name, 0, 50);
        Uuid oldId = describe(name).topicId();
        Fixture.get(on.admin.deleteTopics(List.of(name)).all());
        Fixture.get(tryCreate(new NewTopic(name, 1, (short) 1)).get(name));
        Fixture.eventually(() -> Fixture.holds(!oldId.equals(describe(name).topicId()), "new id"));
        Fixture.same(0, on.readAll(name).size(), "records");
        on.sendNumbers(name, 0, 3);
        on.expectNumbers(name, 3);
        Fixture.fails(UnknownTopicIdException.class, on.admin.describeTopics(
            TopicCollection.ofTopicIds(List.of(oldId))).allTopicIds());
    }

    private void recreateUnderProducer() throws Exception {
        String name = on.topic("again", 1);
        // Only retries within this time make it across; a metadata refresh every second helps.
        try (KafkaProducer<byte[], byte[]> producer = on.producer("metadata.max.age.ms", "1000")) {
            Fixture.sendNumbers(producer, name, 0, 10);
            Fixture.get(on.admin.deleteTopics(List.of(name)).all());
            Fixture.get(tryCreate(new NewTopic(name, 1, (short) 1)).get(name));
            Fixture.sendNumbers(producer, name, 0, 10);
        }
        on.expectNumbers(name, 10);
    }
}
