import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;

/** Producing: codecs, acknowledgements, contents, limits. */
final class ProduceChecks {
    private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
    private static final long BASE_TIMESTAMP_MS = 1_767_225_600_000L;

    private final Fixture on;

    private ProduceChecks(Fixture on) {
        this.on = on;
    }

    static void register(Suite suite, Fixture fixture) {
        ProduceChecks checks = new ProduceChecks(fixture);
        for (String codec : CODECS) {
            suite.check("edge records keep every byte, idempotent, " + codec,
                () -> checks.edgeRecords(codec, "true", "all"));
            suite.check("edge records keep every byte, acks=1, " + codec,
                () -> checks.edgeRecords(codec, "false", "1"));
        }
        suite.check("acks=0 is written without an answer", checks::acksNone);
        suite.check("offsets of acknowledged records are those read", checks::order);
        suite.check("explicit partitions and keys find their partition", checks::partitions);
        suite.check("a large record fits", checks::large);
        suite.check("a record over max.message.bytes is refused", checks::tooLarge);
        suite.check("LogAppendTime stamps the broker's time", checks::logAppendTime);
        suite.check("a timestamp too far ahead is refused", checks::badTimestamp);
        suite.check("a compacted topic refuses a null key", checks::nullKeyCompacted);
        suite.check("min.insync.replicas counts up to the replication factor only", checks::minInSync);
        suite.check("a topic with its own codec keeps contents", checks::topicCodec);
        suite.check("producing makes the topic", checks::autoCreate);
        suite.check("producing to a bad name fails", checks::badName);
    }

    /** Null, empty, binary and non-ASCII keys, values and headers, each with its own timestamp. */
    private static List<ProducerRecord<byte[], byte[]>> edges(String topic) {
        byte[] everyByte = new byte[256];
        for (int i = 0; i < 256; i++) everyByte[i] = (byte) i;
        byte[] noise = new byte[5000];
        new Random(1).nextBytes(noise);
        byte[] longText = Fixture.text("long line ".repeat(20_000));
        byte[] empty = new byte[0];
        List<byte[][]> contents = List.of(
            new byte[][] {Fixture.text("key"), Fixture.text("value")},
            new byte[][] {null, Fixture.text("null key")},
            new byte[][] {Fixture.text("tombstone"), null},
            new byte[][] {null, null},
            new byte[][] {empty, empty},
            new byte[][] {everyByte, everyByte},
            new byte[][] {Fixture.text("ключ"), Fixture.text("значение 値 🙂")},
            new byte[][] {noise, noise},
            new byte[][] {Fixture.text("long"), longText});
        List<Header> headers = List.of(
            new RecordHeader("größe", Fixture.text("groß")),
            new RecordHeader("twice", Fixture.text("1")),
            new RecordHeader("twice", Fixture.text("2")),
            new RecordHeader("null", (byte[]) null),
            new RecordHeader("empty", empty),
            new RecordHeader("", everyByte));
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < contents.size(); i++) {
            byte[][] content = contents.get(i);
            records.add(new ProducerRecord<>(topic, 0, BASE_TIMESTAMP_MS + i * 1000L, content[0],
                content[1], i % 2 == 0 ? headers : List.of()));
        }
        return records;
    }

    private void edgeRecords(String codec, String idempotence, String acks) throws Exception {
        String topic = on.topic("edges", 1);
        List<ProducerRecord<byte[], byte[]>> sent = edges(topic);
        List<Future<RecordMetadata>> answers = new ArrayList<>();
        // A linger that gathers all of them in one batch, where compression has effect.
        try (KafkaProducer<byte[], byte[]> producer = on.producer("compression.type", codec,
                "enable.idempotence", idempotence, "acks", acks, "linger.ms", "50",
                "batch.size", "500000")) {
            for (ProducerRecord<byte[], byte[]> record : sent) answers.add(producer.send(record));
        }
        for (int i = 0; i < sent.size(); i++) {
            RecordMetadata metadata = Fixture.get(answers.get(i));
            Fixture.same((long) i, metadata.offset(), "acknowledged offset");
            Fixture.same(sent.get(i).timestamp(), metadata.timestamp(), "acknowledged timestamp");
        }
        expectSame(sent, on.readAll(topic));
    }

    private static void expectSame(List<ProducerRecord<byte[], byte[]>> sent,
            List<ConsumerRecord<byte[], byte[]>> read) {
        Fixture.same(sent.size(), read.size(), "records");
        for (int i = 0; i < sent.size(); i++) {
            ProducerRecord<byte[], byte[]> expected = sent.get(i);
            ConsumerRecord<byte[], byte[]> actual = read.get(i);
            Fixture.same((long) i, actual.offset(), "offset");
            Fixture.holds(Arrays.equals(expected.key(), actual.key()), "key " + i);
            Fixture.holds(Arrays.equals(expected.value(), actual.value()), "value " + i);
            Fixture.same(expected.timestamp(), actual.timestamp(), "timestamp " + i);
            Fixture.same(TimestampType.CREATE_TIME, actual.timestampType(), "type " + i);
            Fixture.same(Arrays.toString(expected.headers().toArray()),
                Arrays.toString(actual.headers().toArray()), "headers " + i);
        }
    }

    private void acksNone() throws Exception {
        String topic = on.topic("acks-none", 1);
        List<RecordMetadata> answers =
            on.sendNumbers(topic, 0, 500, "acks", "0", "enable.idempotence", "false");
        Fixture.same(-1L, answers.get(0).offset(), "no offset is known");
        // No answer tells when they are written; the end offset does.
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var consumer = on.consumer()) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 0);
            Fixture.poll(consumer, 500);
        }
        on.expectNumbers(topic, 500);
    }

    private void order() throws Exception {
        String topic = on.topic("order", 1);
        List<RecordMetadata> answers = on.sendNumbers(topic, 0, 20_000, "batch.size", "1000",
            "max.in.flight.requests.per.connection", "5");
        for (int i = 0; i < answers.size(); i++) {
            Fixture.same((long) i, answers.get(i).offset(), "acknowledged offset");
        }
        on.expectNumbers(topic, 20_000);
    }

    private void partitions() throws Exception {
        String topic = on.topic("partitions", 6);
        try (KafkaProducer<byte[], byte[]> producer = on.producer()) {
            for (int p = 0; p < 6; p++) {
                RecordMetadata answer = Fixture.get(producer.send(
                    new ProducerRecord<>(topic, p, null, Fixture.text("to " + p))));
                Fixture.same(p, answer.partition(), "partition");
                Fixture.same(0L, answer.offset(), "offset");
            }
            int first = Fixture.get(producer.send(new ProducerRecord<>(topic,
                Fixture.text("same key"), Fixture.text("1")))).partition();
            int second = Fixture.get(producer.send(new ProducerRecord<>(topic,
                Fixture.text("same key"), Fixture.text("2")))).partition();
            Fixture.same(first, second, "partition of a key");
            Fixture.same(6, producer.partitionsFor(topic).size(), "partitions");
        }
    }

    private static byte[] noise(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private void large() throws Exception {
        String topic = on.topic("large", 1);
        byte[] large = noise(900_000);
        try (KafkaProducer<byte[], byte[]> producer = on.producer()) {
            for (int i = 0; i < 5; i++) {
                Fixture.get(producer.send(new ProducerRecord<>(topic, 0, null, large)));
            }
        }
        List<ConsumerRecord<byte[], byte[]>> read = on.readAll(topic);
        Fixture.same(5, read.size(), "records");
        read.forEach(r -> Fixture.holds(Arrays.equals(large, r.value()), "value"));
    }

    private void tooLarge() throws Exception {
        String topic = on.topic("too-large", 1);
        try (KafkaProducer<byte[], byte[]> producer =
                on.producer("max.request.size", "5000000", "buffer.memory", "50000000")) {
            Fixture.fails(RecordTooLargeException.class,
                producer.send(new ProducerRecord<>(topic, 0, null, noise(1_300_000))));
            Fixture.get(producer.send(new ProducerRecord<>(topic, 0, null, Fixture.text("0"))));
        }
        on.expectNumbers(topic, 1);
    }

    private void logAppendTime() throws Exception {
        String topic = on.topic("append-time", 1, "message.timestamp.type", "LogAppendTime");
        long beforeMs = System.currentTimeMillis();
        RecordMetadata answer;
        try (KafkaProducer<byte[], byte[]> producer = on.producer("compression.type", "lz4")) {
            answer = Fixture.get(producer.send(
                new ProducerRecord<>(topic, 0, BASE_TIMESTAMP_MS, null, Fixture.text("x"))));
        }
        long afterMs = System.currentTimeMillis();
        ConsumerRecord<byte[], byte[]> read = on.readAll(topic).get(0);
        Fixture.same(TimestampType.LOG_APPEND_TIME, read.timestampType(), "type");
        Fixture.same(answer.timestamp(), read.timestamp(), "the acknowledged time");
        Fixture.holds(beforeMs <= read.timestamp() && read.timestamp() <= afterMs, "broker's time");
    }

    private void badTimestamp() throws Exception {
        String topic = on.topic("ahead", 1, "message.timestamp.after.max.ms", "60000");
        try (KafkaProducer<byte[], byte[]> producer = on.producer()) {
            long aheadMs = System.currentTimeMillis() + 3_600_000;
            Fixture.fails(InvalidTimestampException.class, producer.send(
                new ProducerRecord<>(topic, 0, aheadMs, null, Fixture.text("x"))));
            Fixture.get(producer.send(new ProducerRecord<>(topic, 0, null, Fixture.text("0"))));
        }
        on.expectNumbers(topic, 1);
    }

    private void nullKeyCompacted() throws Exception {
        String topic = on.topic("compacted", 1, "cleanup.policy", "compact");
        for (String codec : CODECS) {
            try (KafkaProducer<byte[], byte[]> producer =
                    on.producer("compression.type", codec)) {
                Fixture.fails(InvalidRecordException.class, producer.send(
                    new ProducerRecord<>(topic, 0, null, Fixture.text("no key"))));
                Fixture.get(producer.send(new ProducerRecord<>(topic, 0, Fixture.text("key"), null)));
            }
        }
        Fixture.same(CODECS.size(), on.readAll(topic).size(), "records");
    }

    /** KIP-966: what a partition asks for is never more than the replicas it has. */
    private void minInSync() throws Exception {
        String topic = on.topic("min-isr", 1, "min.insync.replicas", "2");
        on.sendNumbers(topic, 0, 3, "acks", "all");
        on.expectNumbers(topic, 3);
    }

    private void topicCodec() throws Exception {
        for (String codec : List.of("uncompressed", "gzip", "snappy", "lz4", "zstd")) {
            String topic = on.topic("recompress", 1, "compression.type", codec);
            List<ProducerRecord<byte[], byte[]>> sent = edges(topic);
            try (KafkaProducer<byte[], byte[]> producer = on.producer("compression.type", "gzip",
                    "linger.ms", "50", "batch.size", "500000")) {
                List<Future<RecordMetadata>> answers = new ArrayList<>();
                for (ProducerRecord<byte[], byte[]> record : sent) {
                    answers.add(producer.send(record));
                }
                for (Future<RecordMetadata> answer : answers) Fixture.get(answer);
            }
            expectSame(sent, on.readAll(topic));
        }
    }

    private void autoCreate() throws Exception {
        String topic = Fixture.uniqueName("auto");
        on.sendNumbers(topic, 0, 3);
        on.expectNumbers(topic, 3);
    }

    private void badName() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = on.producer()) {
            Fixture.fails(InvalidTopicException.class, () -> {
                try {
                    Fixture.get(producer.send(
                        new ProducerRecord<>("bad/name", 0, null, Fixture.text("x"))));
                } catch (ExecutionException e) {
                    throw (Exception) e.getCause();
                }
            });
        }
    }
}
