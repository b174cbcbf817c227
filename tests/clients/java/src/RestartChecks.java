import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;

/** What must survive the end of the broker, in order or by a crash. */
final class RestartChecks {
    private final Suite suite;
    private final Fixture on;

    private RestartChecks(Suite suite, Fixture on) {
        this.suite = suite;
        this.on = on;
    }

    static void register(Suite suite, Fixture fixture) {
        RestartChecks checks = new RestartChecks(suite, fixture);
        for (String how : List.of("restart", "crash")) {
            suite.check(how + ": records, configs, ids and offsets persist, a consumer goes on",
                () -> checks.consumerGoesOn(how));
            suite.check(how + ": an idempotent producer goes on, each record once, in order",
                () -> checks.producerGoesOn(how));
        }
    }

    private Uuid topicId(String topic) throws Exception {
        return Fixture.get(on.admin.describeTopics(List.of(topic)).allTopicNames())
            .get(topic).topicId();
    }

    private void consumerGoesOn(String how) throws Exception {
        String topic = on.topic("persist", 2, "retention.ms", "123456789");
        TopicPartition second = new TopicPartition(topic, 1);
        try (KafkaConsumer<byte[], byte[]> consumer = on.consumer()) {
            consumer.assign(List.of(second));
            consumer.seekToBeginning(List.of(second));
            sendToSecond(topic, "before");
            Fixture.same("before", Fixture.text(Fixture.poll(consumer, 1).get(0).value()), "value");
            persistence(topic, how);
            sendToSecond(topic, "after");
            var rest = Fixture.poll(consumer, 1);
            Fixture.same(1, rest.size(), "records after the restart");
            Fixture.same("after", Fixture.text(rest.get(0).value()), "value after the restart");
        }
    }

    private void sendToSecond(String topic, String text) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = on.producer()) {
            Fixture.get(producer.send(new ProducerRecord<>(topic, 1, null, Fixture.text(text))));
        }
    }

    private void persistence(String topic, String how) throws Exception {
        String deleted = on.topic("deleted", 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        on.sendNumbers(topic, 0, 1000, "compression.type", "zstd");
        Fixture.get(on.admin.incrementalAlterConfigs(Map.of(resource, List.of(new AlterConfigOp(
            new ConfigEntry("max.message.bytes", "999999"), AlterConfigOp.OpType.SET)))).all());
        Fixture.get(on.admin.deleteRecords(
            Map.of(partition, RecordsToDelete.beforeOffset(100))).all());
        Fixture.get(on.admin.deleteTopics(List.of(deleted)).all());
        Uuid topicId = topicId(topic);
        String clusterId = Fixture.get(on.admin.describeCluster().clusterId());
        int nodeId = Fixture.get(on.admin.describeCluster().nodes()).iterator().next().id();
        int epoch = on.readAll(topic).get(0).leaderEpoch().orElseThrow();

        suite.ask(how);

        Fixture.same(clusterId, Fixture.get(on.admin.describeCluster().clusterId()), "cluster id");
        Fixture.same(nodeId,
            Fixture.get(on.admin.describeCluster().nodes()).iterator().next().id(), "node id");
        Fixture.same(topicId, topicId(topic), "topic id");
        Fixture.holds(!Fixture.get(on.admin.listTopics().names()).contains(deleted), "still gone");
        var config = Fixture.get(on.admin.describeConfigs(List.of(resource)).all()).get(resource);
        Fixture.same("123456789", config.get("retention.ms").value(), "retention.ms");
        Fixture.same("999999", config.get("max.message.bytes").value(), "max.message.bytes");
        var records = on.readAll(topic);
        Fixture.same(900, records.size(), "records");
        Fixture.same("100", Fixture.text(records.get(0).value()), "first record");
        Fixture.same("999", Fixture.text(records.get(899).value()), "last record");
        Fixture.same(epoch, records.get(0).leaderEpoch().orElseThrow(), "epoch of old records");
        Fixture.same(100L, Fixture.get(on.admin.listOffsets(
            Map.of(partition, OffsetSpec.earliest())).partitionResult(partition)).offset(), "start");
        Fixture.same(1000L, on.sendNumbers(topic, 0, 1).get(0).offset(), "next offset");
    }

    /** Sends all the while; the restart falls somewhere in the middle. */
    private void producerGoesOn(String how) throws Exception {
        String topic = on.topic("goes-on", 1);
        int count = 30_000;
        List<Future<RecordMetadata>> answers = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = on.producer("delivery.timeout.ms", "55000",
                "request.timeout.ms", "5000", "max.block.ms", "40000", "batch.size", "2000",
                "retry.backoff.ms", "50", "compression.type", "lz4")) {
            for (int i = 0; i < count; i++) {
                answers.add(producer.send(
                    new ProducerRecord<>(topic, 0, null, Fixture.text("" + i))));
                // The first half is partly under way, partly acknowledged when the broker ends.
                if (i == count / 2) suite.ask(how);
            }
        }
        for (int i = 0; i < count; i++) {
            Fixture.same((long) i, answers.get(i).get().offset(), "acknowledged offset");
        }
        on.expectNumbers(topic, count);
    }
}
