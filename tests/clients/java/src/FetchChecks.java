import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTopicException;

/** Consuming assigned partitions: positions, limits, following live. */
final class FetchChecks {
    private final Fixture on;

    private FetchChecks(Fixture on) {
        this.on = on;
    }

    static void register(Suite suite, Fixture fixture) {
        FetchChecks checks = new FetchChecks(fixture);
        suite.check("fetch starts at the beginning, the end, any offset", checks::positions);
        suite.check("fetch starts within a compressed batch", checks::withinBatch);
        suite.check("fetch follows what is written", checks::live);
        suite.check("a long poll waits for min bytes", checks::minBytes);
        suite.check("fetch out of range fails or resets", checks::outOfRange);
        suite.check("fetch of many partitions", checks::manyPartitions);
        suite.check("a tiny byte limit still makes progress", checks::tinyLimits);
        suite.check("byte limits share a response among partitions", checks::sharedLimits);
        suite.check("max.poll.records pages through", checks::maxPollRecords);
        suite.check("pause and resume", checks::pauseResume);
        suite.check("seek with a leader epoch is validated", checks::leaderEpoch);
        suite.check("read_committed reads what has no transaction", checks::readCommitted);
        suite.check("the consumer lists topics and partitions", checks::metadata);
        suite.check("unknown topics are not made by a consumer that may not", checks::unknownTopic);
        suite.check("a bad topic name fails", checks::badName);
    }

    private static String value(ConsumerRecord<byte[], byte[]> record) {
        return Fixture.text(record.value());
    }

    private void positions() throws Exception {
        String topic = on.topic("positions", 1);
        on.sendNumbers(topic, 0, 100);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = on.consumer()) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            Fixture.same(0L, consumer.position(partition), "beginning");
            Fixture.same("0", value(Fixture.poll(consumer, 1).get(0)), "first");
            consumer.seek(partition, 42);
            List<ConsumerRecord<byte[], byte[]>> rest = Fixture.poll(consumer, 58);
            Fixture.same("42", value(rest.get(0)), "at 42");
            Fixture.same("99", value(rest.get(57)), "last");
            consumer.seekToEnd(List.of(partition));
            Fixture.same(100L, consumer.position(partition), "end");
            Fixture.same(0, consumer.poll(Duration.ofMillis(100)).count(), "records at the end");
        }
    }

    private void withinBatch() throws Exception {
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            String topic = on.topic("within", 1);
            on.sendNumbers(topic, 0, 300, "compression.type", codec, "linger.ms", "100",
                "batch.size", "100000");
            TopicPartition partition = new TopicPartition(topic, 0);
            try (KafkaConsumer<byte[], byte[]> consumer = on.consumer()) {
                consumer.assign(List.of(partition));
                consumer.seek(partition, 123);
                List<ConsumerRecord<byte[], byte[]>> rest = Fixture.poll(consumer, 177);
                Fixture.same("123", value(rest.get(0)), "first, " + codec);
                Fixture.same(177, rest.size(), "records, " + codec);
            }
        }
    }

    private void live() throws Exception {
        String topic = on.topic("live", 1);
        on.sendNumbers(topic, 0, 10);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = on.consumer();
                KafkaProducer<byte[], byte[]> producer = on.producer()) {
            consumer.assign(List.of(partition));
            consumer.seekToEnd(List.of(partition));
            consumer.position(partition);
            for (int round = 0; round < 20; round++) {
                Fixture.sendNumbers(producer, topic, round * 5, round * 5 + 5);
                List<ConsumerRecord<byte[], byte[]>> got = Fixture.poll(consumer, 5);
                Fixture.same(5, got.size(), "records of a round");
                Fixture.same("" + round * 5, value(got.get(0)), "first of a round");
            }
        }
    }

    private void minBytes() throws Exception {
        String topic = on.topic("min-bytes", 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        KafkaConsumer<byte[], byte[]> consumer =
            on.consumer("fetch.min.bytes", "20000", "fetch.max.wait.ms", "15000");
        try (KafkaProducer<byte[], byte[]> producer = on.producer()) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 0);
            Fixture.get(producer.send(new ProducerRecord<>(topic, 0, null, new byte[100])));
            // 100 bytes are too few to end the wait of this poll, which is shorter than the fetch.
            Fixture.same(0, consumer.poll(Duration.ofMillis(300)).count(), "records too early");
            Fixture.get(producer.send(new ProducerRecord<>(topic, 0, null, new byte[30_000])));
            Fixture.same(2, Fixture.poll(consumer, 2).size(), "records");
        } finally {
            // In good order the close would wait for the end of the fetch that is parked by now.
            consumer.close(CloseOptions.timeout(Duration.ZERO));
        }
    }

    private void outOfRange() throws Exception {
        String topic = on.topic("range", 1);
        on.sendNumbers(topic, 0, 10);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = on.consumer()) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 11);
            OffsetOutOfRangeException e =
                Fixture.fails(OffsetOutOfRangeException.class, () -> Fixture.poll(consumer, 1));
            Fixture.same(Map.of(partition, 11L), e.offsetOutOfRangePartitions(), "partitions");
        }
        try (KafkaConsumer<byte[], byte[]> consumer =
                on.consumer("auto.offset.reset", "earliest")) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 5000);
            Fixture.same("0", value(Fixture.poll(consumer, 10).get(0)), "first after the reset");
        }
        try (KafkaConsumer<byte[], byte[]> consumer = on.consumer("auto.offset.reset", "latest")) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 5000);
            consumer.poll(Duration.ofMillis(500));
            Fixture.same(10L, consumer.position(partition), "position after the reset");
        }
    }

    private void manyPartitions() throws Exception {
        int partitionCount = 40;
        String topic = on.topic("many", partitionCount);
        try (KafkaProducer<byte[], byte[]> producer = on.producer("linger.ms", "20")) {
            for (int i = 0; i < partitionCount * 50; i++) {
                producer.send(new ProducerRecord<>(
                    topic, i % partitionCount, null, Fixture.text("" + i)));
            }
            producer.flush();
        }
        List<TopicPartition> partitions = new ArrayList<>();
        for (int p = 0; p < partitionCount; p++) partitions.add(new TopicPartition(topic, p));
        try (KafkaConsumer<byte[], byte[]> consumer = on.consumer()) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<Integer, Integer> counts = new HashMap<>();
            for (var record : Fixture.poll(consumer, partitionCount * 50)) {
                int seen = counts.merge(record.partition(), 1, Integer::sum) - 1;
                Fixture.same((long) seen, record.offset(), "offset");
                Fixture.same("" + (seen * partitionCount + record.partition()), value(record),
                    "value");
            }
            Fixture.same(partitionCount, counts.size(), "partitions read");
        }
        Fixture.get(on.admin.deleteTopics(List.of(topic)).all());
    }

    private void tinyLimits() throws Exception {
        String topic = on.topic("tiny", 1);
        try (KafkaProducer<byte[], byte[]> producer = on.producer()) {
            for (int i = 0; i < 5; i++) {
                Fixture.get(producer.send(new ProducerRecord<>(topic, 0, null, new byte[50_000])));
            }
        }
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer =
                on.consumer("fetch.max.bytes", "1", "max.partition.fetch.bytes", "1")) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 0);
            Fixture.same(5, Fixture.poll(consumer, 5).size(), "records");
        }
    }

    private void sharedLimits() throws Exception {
        String topic = on.topic("shared", 4);
        try (KafkaProducer<byte[], byte[]> producer = on.producer()) {
            for (int i = 0; i < 40; i++) {
                Fixture.get(producer.send(new ProducerRecord<>(topic, i % 4, null, new byte[9_000])));
            }
        }
        List<TopicPartition> partitions = new ArrayList<>();
        for (int p = 0; p < 4; p++) partitions.add(new TopicPartition(topic, p));
        try (KafkaConsumer<byte[], byte[]> consumer =
                on.consumer("fetch.max.bytes", "20000", "max.partition.fetch.bytes", "10000")) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Fixture.same(40, Fixture.poll(consumer, 40).size(), "records");
        }
    }

    private void maxPollRecords() throws Exception {
        String topic = on.topic("pages", 1);
        on.sendNumbers(topic, 0, 100);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = on.consumer("max.poll.records", "7")) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 0);
            int total = 0;
            for (int polls = 0; total < 100 && polls < 200; polls++) {
                ConsumerRecords<byte[], byte[]> page = consumer.poll(Duration.ofMillis(200));
                Fixture.holds(page.count() <= 7, "a page of " + page.count());
                total += page.count();
            }
            Fixture.same(100, total, "records");
        }
    }

    private void pauseResume() throws Exception {
        String topic = on.topic("pause", 2);
        try (KafkaProducer<byte[], byte[]> producer = on.producer()) {
            for (int p = 0; p < 2; p++) {
                Fixture.get(producer.send(new ProducerRecord<>(topic, p, null, new byte[1])));
            }
        }
        TopicPartition paused = new TopicPartition(topic, 0);
        TopicPartition read = new TopicPartition(topic, 1);
        try (KafkaConsumer<byte[], byte[]> consumer = on.consumer()) {
            consumer.assign(List.of(paused, read));
            consumer.seekToBeginning(List.of(paused, read));
            consumer.pause(List.of(paused));
            Fixture.same(1, Fixture.poll(consumer, 1).get(0).partition(), "partition read");
            consumer.resume(List.of(paused));
            Fixture.same(0, Fixture.poll(consumer, 1).get(0).partition(), "partition resumed");
        }
    }

    private void leaderEpoch() throws Exception {
        String topic = on.topic("epoch", 1);
        on.sendNumbers(topic, 0, 10);
        TopicPartition partition = new TopicPartition(topic, 0);
        Optional<Integer> epoch = on.readAll(topic).get(0).leaderEpoch();
        Fixture.holds(epoch.isPresent(), "records carry a leader epoch");
        try (KafkaConsumer<byte[], byte[]> consumer = on.consumer()) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, new OffsetAndMetadata(5, epoch, ""));
            Fixture.same("5", value(Fixture.poll(consumer, 5).get(0)), "first");
        }
    }

    private void readCommitted() throws Exception {
        String topic = on.topic("committed", 1);
        on.sendNumbers(topic, 0, 100);
        Fixture.same(100, on.readAll(topic, "isolation.level", "read_committed").size(), "records");
    }

    private void metadata() throws Exception {
        String topic = on.topic("metadata", 3);
        try (KafkaConsumer<byte[], byte[]> consumer = on.consumer()) {
            Fixture.same(3, consumer.partitionsFor(topic).size(), "partitions");
            Fixture.same(3, consumer.listTopics().get(topic).size(), "partitions in the list");
        }
    }

    private void unknownTopic() throws Exception {
        String topic = Fixture.uniqueName("none");
        try (KafkaConsumer<byte[], byte[]> consumer =
                on.consumer("default.api.timeout.ms", "2000")) {
            Fixture.holds(consumer.partitionsFor(topic).isEmpty(), "no partitions");
            Fixture.holds(!consumer.listTopics().containsKey(topic), "not made");
        }
    }

    private void badName() throws Exception {
        try (KafkaConsumer<byte[], byte[]> consumer = on.consumer()) {
            Fixture.fails(InvalidTopicException.class, () -> consumer.partitionsFor("bad/name"));
        }
    }
}
