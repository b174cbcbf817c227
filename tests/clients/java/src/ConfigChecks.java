import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Configurations of topics and brokers. */
final class ConfigChecks {
    private final Fixture on;

    private ConfigChecks(Fixture on) {
        this.on = on;
    }

    static void register(Suite suite, Fixture fixture) {
        ConfigChecks checks = new ConfigChecks(fixture);
        suite.check("describe topic configs: values, sources, types", checks::describeTopic);
        suite.check("describe topic configs: synonyms and documentation", checks::synonyms);
        suite.check("describe configs of an unknown topic fails", checks::describeUnknown);
        suite.check("describe broker configs: values and sources", checks::describeBroker);
        suite.check("incremental set and delete", checks::setAndDelete);
        suite.check("incremental append and subtract", checks::appendAndSubtract);
        suite.check("bad values and names are refused, nothing changes", checks::refused);
        suite.check("append to what is no list is refused", checks::appendRefused);
        suite.check("validateOnly changes nothing", checks::validateOnly);
        suite.check("a changed limit counts at once", checks::effective);
        suite.check("broker configs: one broker, all brokers, precedence", checks::dynamicBroker);
        suite.check("broker configs: read-only ones can't be altered", checks::readOnly);
    }

    private static ConfigResource topicResource(String name) {
        return new ConfigResource(ConfigResource.Type.TOPIC, name);
    }

    private ConfigResource brokerResource() throws Exception {
        int id = Fixture.get(on.admin.describeCluster().nodes()).iterator().next().id();
        return new ConfigResource(ConfigResource.Type.BROKER, "" + id);
    }

    private Config describe(ConfigResource resource) throws Exception {
        DescribeConfigsOptions options =
            new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true);
        return Fixture.get(on.admin.describeConfigs(List.of(resource), options).all())
            .get(resource);
    }

    /** {@code operations} are op, name, value in turn. */
    private void alter(ConfigResource resource, boolean validateOnly, String... operations)
            throws Exception {
        Collection<AlterConfigOp> all = new ArrayList<>();
        for (int i = 0; i < operations.length; i += 3) {
            ConfigEntry entry = new ConfigEntry(operations[i + 1], operations[i + 2]);
            all.add(new AlterConfigOp(entry, OpType.valueOf(operations[i])));
        }
        try {
            Fixture.get(on.admin.incrementalAlterConfigs(Map.of(resource, all),
                new AlterConfigsOptions().validateOnly(validateOnly)).all());
        } catch (java.util.concurrent.ExecutionException e) {
            if (e.getCause() instanceof Exception cause) throw cause;
            throw e;
        }
    }

    private void describeTopic() throws Exception {
        String topic = on.topic("configs", 1, "retention.ms", "777");
        Config config = describe(topicResource(topic));
        ConfigEntry set = config.get("retention.ms");
        Fixture.same("777", set.value(), "retention.ms");
        Fixture.same(ConfigSource.DYNAMIC_TOPIC_CONFIG, set.source(), "its source");
        Fixture.same(ConfigEntry.ConfigType.LONG, set.type(), "its type");
        Fixture.holds(!set.isDefault() && !set.isReadOnly() && !set.isSensitive(), "its flags");
        ConfigEntry unset = config.get("cleanup.policy");
        Fixture.same("delete", unset.value(), "cleanup.policy");
        Fixture.same(ConfigSource.DEFAULT_CONFIG, unset.source(), "its source");
        Fixture.same(ConfigEntry.ConfigType.LIST, unset.type(), "its type");
        for (String name : List.of("compression.type", "delete.retention.ms", "file.delete.delay.ms",
                "flush.messages", "flush.ms", "index.interval.bytes", "max.compaction.lag.ms",
                "max.message.bytes", "message.timestamp.type", "min.cleanable.dirty.ratio",
                "min.compaction.lag.ms", "min.insync.replicas", "preallocate", "retention.bytes",
                "segment.bytes", "segment.index.bytes", "segment.jitter.ms", "segment.ms",
                "message.timestamp.after.max.ms", "message.timestamp.before.max.ms",
                "unclean.leader.election.enable")) {
            Fixture.holds(config.get(name) != null, name + " is described");
        }
    }

    private void synonyms() throws Exception {
        String topic = on.topic("synonyms", 1, "max.message.bytes", "555555");
        ConfigEntry entry = describe(topicResource(topic)).get("max.message.bytes");
        Fixture.holds(entry.documentation() != null && entry.documentation().length() > 10, "text");
        ConfigEntry.ConfigSynonym first = entry.synonyms().get(0);
        Fixture.same("max.message.bytes", first.name(), "first synonym");
        Fixture.same("555555", first.value(), "its value");
        Fixture.same(ConfigSource.DYNAMIC_TOPIC_CONFIG, first.source(), "its source");
        ConfigEntry.ConfigSynonym last = entry.synonyms().get(entry.synonyms().size() - 1);
        Fixture.same("message.max.bytes", last.name(), "last synonym");
        Fixture.same(ConfigSource.DEFAULT_CONFIG, last.source(), "its source");
    }

    private void describeUnknown() throws Exception {
        ConfigResource unknown = topicResource(Fixture.uniqueName("none"));
        Fixture.fails(UnknownTopicOrPartitionException.class,
            on.admin.describeConfigs(List.of(unknown)).all());
    }

    private void describeBroker() throws Exception {
        Config config = describe(brokerResource());
        Fixture.same("1048588", config.get("message.max.bytes").value(), "message.max.bytes");
        Fixture.same(ConfigSource.DEFAULT_CONFIG, config.get("message.max.bytes").source(), "source");
        Fixture.holds(!config.get("message.max.bytes").isReadOnly(), "it can be altered");
        Fixture.holds(config.get("num.partitions") != null, "num.partitions is described");
        Fixture.holds(config.get("log.retention.ms") != null, "log.retention.ms is described");
    }

    private void setAndDelete() throws Exception {
        ConfigResource topic = topicResource(on.topic("set", 1));
        alter(topic, false, "SET", "retention.ms", "1000", "SET", "segment.bytes", "2097152");
        awaitValue(topic, "retention.ms", "1000");
        awaitValue(topic, "segment.bytes", "2097152");
        alter(topic, false, "SET", "retention.ms", "2000");
        awaitValue(topic, "retention.ms", "2000");
        awaitValue(topic, "segment.bytes", "2097152");
        alter(topic, false, "DELETE", "retention.ms", null);
        awaitValue(topic, "retention.ms", "604800000");
        ConfigSource source = describe(topic).get("retention.ms").source();
        Fixture.same(ConfigSource.DEFAULT_CONFIG, source, "source");
    }

    private void appendAndSubtract() throws Exception {
        ConfigResource topic = topicResource(on.topic("append", 1));
        alter(topic, false, "APPEND", "cleanup.policy", "compact");
        awaitValue(topic, "cleanup.policy", "delete,compact");
        alter(topic, false, "APPEND", "cleanup.policy", "compact");
        Fixture.same("delete,compact", describe(topic).get("cleanup.policy").value(), "once only");
        alter(topic, false, "SUBTRACT", "cleanup.policy", "delete");
        awaitValue(topic, "cleanup.policy", "compact");
    }

    private void refused() throws Exception {
        ConfigResource topic = topicResource(on.topic("refused", 1));
        Fixture.fails(InvalidConfigurationException.class,
            () -> alter(topic, false, "SET", "retention.ms", "soon"));
        Fixture.fails(InvalidConfigurationException.class,
            () -> alter(topic, false, "SET", "no.such.config", "1"));
        Fixture.fails(InvalidConfigurationException.class,
            () -> alter(topic, false, "SET", "segment.ms", "5", "SET", "min.insync.replicas", "0"));
        Fixture.same("604800000", describe(topic).get("segment.ms").value(), "unchanged");
        Fixture.fails(UnknownTopicOrPartitionException.class, () -> alter(
            topicResource(Fixture.uniqueName("none")), false, "SET", "retention.ms", "1"));
    }

    private void appendRefused() throws Exception {
        ConfigResource topic = topicResource(on.topic("append", 1));
        Fixture.fails(InvalidConfigurationException.class,
            () -> alter(topic, false, "APPEND", "retention.ms", "1"));
    }

    private void validateOnly() throws Exception {
        ConfigResource topic = topicResource(on.topic("validate", 1));
        alter(topic, true, "SET", "retention.ms", "1");
        Fixture.same("604800000", describe(topic).get("retention.ms").value(), "unchanged");
        Fixture.fails(InvalidConfigurationException.class,
            () -> alter(topic, true, "SET", "retention.ms", "soon"));
    }

    private void effective() throws Exception {
        String topic = on.topic("effective", 1);
        alter(topicResource(topic), false, "SET", "max.message.bytes", "500");
        awaitValue(topicResource(topic), "max.message.bytes", "500");
        Fixture.fails(RecordTooLargeException.class, () -> {
            try (var producer = on.producer()) {
                var record = new org.apache.kafka.clients.producer.ProducerRecord<byte[], byte[]>(
                    topic, 0, null, new byte[600]);
                Fixture.get(producer.send(record));
            } catch (java.util.concurrent.ExecutionException e) {
                throw (Exception) e.getCause();
            }
        });
        alter(topicResource(topic), false, "DELETE", "max.message.bytes", null);
        awaitValue(topicResource(topic), "max.message.bytes", "1048588");
        on.sendNumbers(topic, 0, 600, "linger.ms", "5");
        on.expectNumbers(topic, 600);
    }

    private void dynamicBroker() throws Exception {
        ConfigResource broker = brokerResource();
        ConfigResource all = new ConfigResource(ConfigResource.Type.BROKER, "");
        String topic = on.topic("dynamic", 1);
        try {
            alter(all, false, "SET", "message.max.bytes", "1000001");
            Fixture.same(ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG,
                awaitValue(broker, "message.max.bytes", "1000001").source(), "for all brokers");
            alter(broker, false, "SET", "message.max.bytes", "1000002");
            Fixture.same(ConfigSource.DYNAMIC_BROKER_CONFIG,
                awaitValue(broker, "message.max.bytes", "1000002").source(), "for this broker");
            Fixture.same("1000001", describe(all).get("message.max.bytes").value(), "the default");
            Fixture.same(ConfigSource.DYNAMIC_BROKER_CONFIG, awaitValue(
                topicResource(topic), "max.message.bytes", "1000002").source(), "in the topic");
        } finally {
            alter(broker, false, "DELETE", "message.max.bytes", null);
            alter(all, false, "DELETE", "message.max.bytes", null);
        }
        Fixture.same(ConfigSource.DEFAULT_CONFIG,
            awaitValue(broker, "message.max.bytes", "1048588").source(), "source at the end");
    }

    /** Configs are applied after the answer; what is described may take a moment. */
    private ConfigEntry awaitValue(ConfigResource resource, String name, String value)
            throws Exception {
        long deadlineNs = System.nanoTime() + 10_000_000_000L;
        for (;;) {
            ConfigEntry entry = describe(resource).get(name);
            if (value.equals(entry.value())) return entry;
            if (System.nanoTime() > deadlineNs) {
                Fixture.same(value, entry.value(), name);
            }
            Thread.sleep(20);
        }
    }

    private void readOnly() throws Exception {
        ConfigResource broker = brokerResource();
        Fixture.fails(InvalidRequestException.class,
            () -> alter(broker, false, "SET", "log.dirs", "/tmp/elsewhere"));
    }
}
