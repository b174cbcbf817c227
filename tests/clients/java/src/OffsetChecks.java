import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.PolicyViolationException;

/** Offsets by name and by time, and the deletion of records. */
final class OffsetChecks {
    private static final long BASE_TIMESTAMP_MS = 1_767_225_600_000L;

    private final Fixture on;

    private OffsetChecks(Fixture on) {
        this.on = on;
    }

    static void register(Suite suite, Fixture fixture) {
        OffsetChecks checks = new OffsetChecks(fixture);
        suite.check("list offsets of an empty partition", checks::empty);
        suite.check("list offsets: earliest, latest, local, tiered", checks::named);
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            suite.check("list offsets by time looks into batches, " + codec,
                () -> checks.byTime(codec));
        }
        suite.check("list offsets of max timestamp", checks::maxTimestamp);
        suite.check("the consumer's offset queries agree", checks::consumerQueries);
        suite.check("delete records moves the start", checks::deleteRecords);
        suite.check("delete records to the high watermark empties", checks::deleteAll);
        suite.check("delete records beyond the end or of nothing fails", checks::deleteRefused);
    }

    private ListOffsetsResultInfo offset(String topic, OffsetSpec spec) throws Exception {
        TopicPartition partition = new TopicPartition(topic, 0);
        return Fixture.get(on.admin.listOffsets(Map.of(partition, spec)).partitionResult(partition));
    }

    private void expectOffset(long expected, String topic, OffsetSpec spec) throws Exception {
        Fixture.same(expected, offset(topic, spec).offset(), spec.getClass().getSimpleName());
    }

    private void empty() throws Exception {
        String topic = on.topic("empty", 1);
        expectOffset(0, topic, OffsetSpec.earliest());
        expectOffset(0, topic, OffsetSpec.latest());
        expectOffset(-1, topic, OffsetSpec.maxTimestamp());
        expectOffset(-1, topic, OffsetSpec.forTimestamp(0));
    }

    private void named() throws Exception {
        String topic = on.topic("named", 1);
        on.sendNumbers(topic, 0, 10);
        expectOffset(0, topic, OffsetSpec.earliest());
        expectOffset(10, topic, OffsetSpec.latest());
        expectOffset(0, topic, OffsetSpec.earliestLocal());
        expectOffset(-1, topic, OffsetSpec.latestTiered());
        Fixture.same(-1L, offset(topic, OffsetSpec.latest()).timestamp(), "timestamp of latest");
        Fixture.holds(offset(topic, OffsetSpec.latest()).leaderEpoch().isPresent(), "leader epoch");
    }

    /** One batch of 100 records, a second apart. */
    private String timed(String codec) throws Exception {
        String topic = on.topic("timed", 1);
        try (KafkaProducer<byte[], byte[]> producer = on.producer("compression.type", codec,
                "linger.ms", "100", "batch.size", "100000")) {
            for (int i = 0; i < 100; i++) {
                producer.send(new ProducerRecord<>(topic, 0, BASE_TIMESTAMP_MS + i * 1000L, null,
                    Fixture.text("" + i)));
            }
        }
        return topic;
    }

    private void byTime(String codec) throws Exception {
        String topic = timed(codec);
        for (int i : List.of(0, 1, 50, 99)) {
            long atMs = BASE_TIMESTAMP_MS + i * 1000L;
            expectOffset(i, topic, OffsetSpec.forTimestamp(atMs));
            Fixture.same(atMs, offset(topic, OffsetSpec.forTimestamp(atMs - 999)).timestamp(),
                "timestamp of the record found");
        }
        expectOffset(51, topic, OffsetSpec.forTimestamp(BASE_TIMESTAMP_MS + 50_001));
        expectOffset(0, topic, OffsetSpec.forTimestamp(0));
        expectOffset(-1, topic, OffsetSpec.forTimestamp(BASE_TIMESTAMP_MS + 99_001));
    }

    private void maxTimestamp() throws Exception {
        for (String codec : List.of("none", "zstd")) {
            String topic = on.topic("max", 1);
            long[] seconds = {5, 9, 3, 9, 7};
            try (KafkaProducer<byte[], byte[]> producer =
                    on.producer("compression.type", codec, "linger.ms", "100")) {
                for (long second : seconds) {
                    producer.send(new ProducerRecord<>(topic, 0,
                        BASE_TIMESTAMP_MS + second * 1000, null, Fixture.text("x")));
                }
            }
            ListOffsetsResultInfo max = offset(topic, OffsetSpec.maxTimestamp());
            Fixture.same(1L, max.offset(), "first record with the largest timestamp");
            Fixture.same(BASE_TIMESTAMP_MS + 9000, max.timestamp(), "its timestamp");
        }
    }

    private void consumerQueries() throws Exception {
        String topic = timed("lz4");
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = on.consumer()) {
            Fixture.same(Map.of(partition, 0L),
                consumer.beginningOffsets(List.of(partition)), "beginning");
            Fixture.same(Map.of(partition, 100L), consumer.endOffsets(List.of(partition)), "end");
            OffsetAndTimestamp found = consumer.offsetsForTimes(
                Map.of(partition, BASE_TIMESTAMP_MS + 20_500)).get(partition);
            Fixture.same(21L, found.offset(), "offset for a time");
            Fixture.same(BASE_TIMESTAMP_MS + 21_000, found.timestamp(), "its timestamp");
            Fixture.same(null, consumer.offsetsForTimes(
                Map.of(partition, BASE_TIMESTAMP_MS + 1_000_000)).get(partition), "after all");
        }
    }

    private long deleteBefore(String topic, long offset) throws Exception {
        TopicPartition partition = new TopicPartition(topic, 0);
        try {
            return Fixture.get(on.admin.deleteRecords(
                Map.of(partition, RecordsToDelete.beforeOffset(offset)))
                .lowWatermarks().get(partition)).lowWatermark();
        } catch (ExecutionException e) {
            throw (Exception) e.getCause();
        }
    }

    private void deleteRecords() throws Exception {
        String topic = on.topic("delete", 1);
        on.sendNumbers(topic, 0, 100);
        Fixture.same(30L, deleteBefore(topic, 30), "low watermark");
        Fixture.same(30L, deleteBefore(topic, 10), "low watermark of what is gone");
        expectOffset(30, topic, OffsetSpec.earliest());
        Fixture.same("30", Fixture.text(on.readAll(topic).get(0).value()), "first record");
        Fixture.same(70, on.readAll(topic).size(), "records");
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = on.consumer()) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 29);
            Fixture.fails(OffsetOutOfRangeException.class, () -> Fixture.poll(consumer, 1));
        }
    }

    private void deleteAll() throws Exception {
        String topic = on.topic("delete", 1);
        on.sendNumbers(topic, 0, 50);
        Fixture.same(50L, deleteBefore(topic, -1), "low watermark");
        expectOffset(50, topic, OffsetSpec.earliest());
        expectOffset(50, topic, OffsetSpec.latest());
        Fixture.same(0, on.readAll(topic).size(), "records");
        Fixture.same(50L, on.sendNumbers(topic, 0, 1).get(0).offset(), "next offset");
    }

    private void deleteRefused() throws Exception {
        String topic = on.topic("delete", 1);
        on.sendNumbers(topic, 0, 10);
        Fixture.fails(org.apache.kafka.common.errors.OffsetOutOfRangeException.class,
            () -> deleteBefore(topic, 11));
        String compacted = Fixture.uniqueName("compacted");
        Fixture.get(on.admin.createTopics(List.of(new NewTopic(compacted, 1, (short) 1)
            .configs(Map.of("cleanup.policy", "compact")))).all());
        Fixture.fails(PolicyViolationException.class, () -> deleteBefore(compacted, 0));
    }
}
