import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Clients of one broker, and the assertions that the checks share. */
final class Fixture implements AutoCloseable {
    /** Bounds every wait for a result, well below the time a check has. */
    static final int WAIT_SECONDS = 25;

    final String bootstrap;
    final Admin admin;

    Fixture(String bootstrap) {
        this.bootstrap = bootstrap;
        this.admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(5));
    }

    static String uniqueName(String stem) {
        return stem + "-" + UUID.randomUUID().toString().substring(0, 8);
    }

    /** A new topic; {@code configs} are names and values in turn. */
    String topic(String stem, int partitions, String... configs) throws Exception {
        String name = uniqueName(stem);
        NewTopic topic = new NewTopic(name, partitions, (short) 1).configs(pairs(configs));
        get(admin.createTopics(List.of(topic)).all());
        eventually(() -> describe(name));
        return name;
    }

    TopicDescription describe(String topic) throws Exception {
        return get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic);
    }

    /**
     * Repeats {@code body} until it passes. Kafka answers a change of metadata before every broker
     * has seen it, so what was changed may be read a moment later; that is within the contract.
     */
    static void eventually(Suite.Body body) throws Exception {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        for (;;) {
            try {
                body.run();
                return;
            } catch (AssertionError | Exception e) {
                if (System.nanoTime() > deadlineNs) throw e;
            }
            Thread.sleep(10);
        }
    }

    KafkaProducer<byte[], byte[]> producer(String... configs) {
        Map<String, Object> all = new HashMap<>();
        all.put("bootstrap.servers", bootstrap);
        all.put("max.block.ms", "20000");
        all.put("delivery.timeout.ms", "25000");
        all.put("request.timeout.ms", "15000");
        all.put("linger.ms", "0");
        all.putAll(pairs(configs));
        return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
    }

    KafkaConsumer<byte[], byte[]> consumer(String... configs) {
        Map<String, Object> all = new HashMap<>();
        all.put("bootstrap.servers", bootstrap);
        all.put("auto.offset.reset", "none");
        all.put("enable.auto.commit", "false");
        all.put("allow.auto.create.topics", "false");
        all.put("default.api.timeout.ms", "20000");
        all.putAll(pairs(configs));
        return new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    static Map<String, String> pairs(String... namesAndValues) {
        Map<String, String> map = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return map;
    }

    /** Sends texts "0", "1", ... to partition 0 and waits for the acknowledgements. */
    List<RecordMetadata> sendNumbers(String topic, int from, int to, String... configs)
            throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer(configs)) {
            return sendNumbers(producer, topic, from, to);
        }
    }

    static List<RecordMetadata> sendNumbers(
            KafkaProducer<byte[], byte[]> producer, String topic, int from, int to)
            throws Exception {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (int i = from; i < to; i++) {
            sent.add(producer.send(new ProducerRecord<>(topic, 0, null, text("" + i))));
        }
        List<RecordMetadata> acknowledged = new ArrayList<>();
        for (Future<RecordMetadata> future : sent) acknowledged.add(get(future));
        return acknowledged;
    }

    /** Polls until {@code count} records have come. */
    static List<ConsumerRecord<byte[], byte[]>> poll(
            KafkaConsumer<byte[], byte[]> consumer, int count) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (records.size() < count) {
            consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            if (System.nanoTime() > deadlineNs) {
                throw new AssertionError(records.size() + " records came instead of " + count);
            }
        }
        return records;
    }

    /** Everything in partition 0, from the beginning to the end as it is now. */
    List<ConsumerRecord<byte[], byte[]>> readAll(String topic, String... configs) {
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(configs)) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
                if (System.nanoTime() > deadlineNs) {
                    throw new AssertionError("position " + consumer.position(partition)
                        + " instead of " + end);
                }
            }
            return records;
        }
    }

    /** Fails unless partition 0 holds the texts of 0..count-1, in order, at those offsets. */
    void expectNumbers(String topic, int count) {
        List<ConsumerRecord<byte[], byte[]>> records = readAll(topic);
        for (int i = 0; i < Math.min(count, records.size()); i++) {
            same("" + i, text(records.get(i).value()), "value at offset " + i);
            same((long) i, records.get(i).offset(), "offset");
        }
        same(count, records.size(), "number of records");
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    static <T> T get(Future<T> future) throws Exception {
        return future.get(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    /** Fails unless {@code future} fails with {@code type}, and gives what it failed with. */
    static <E extends Throwable> E fails(Class<E> type, Future<?> future) throws Exception {
        try {
            Object result = get(future);
            throw new AssertionError("no " + type.getSimpleName() + " but " + result);
        } catch (ExecutionException e) {
            if (type.isInstance(e.getCause())) return type.cast(e.getCause());
            throw new AssertionError("another error than " + type.getSimpleName(), e.getCause());
        }
    }

    static <E extends Throwable> E fails(Class<E> type, Suite.Body body) throws Exception {
        try {
            body.run();
        } catch (Throwable e) {
            if (type.isInstance(e)) return type.cast(e);
            throw new AssertionError("another error than " + type.getSimpleName(), e);
        }
        throw new AssertionError("no " + type.getSimpleName());
    }

    static void same(Object expected, Object actual, String what) {
        if (Objects.equals(expected, actual)) return;
        throw new AssertionError(what + ": expected <" + expected + ">, was <" + actual + ">");
    }

    static void holds(boolean condition, String what) {
        if (!condition) throw new AssertionError(what);
    }

    static void contains(Collection<?> all, Object one, String what) {
        holds(all.contains(one), what + ": no " + one + " in " + all);
    }
}
