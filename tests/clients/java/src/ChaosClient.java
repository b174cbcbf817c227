import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * {@code ChaosClient BOOTSTRAP TOPIC TRANSACTIONAL_TOPIC}: three clients at work until standard
 * input ends, whatever happens to the brokers. Topics have {@link #PARTITIONS} partitions.
 *
 * <ul>
 * <li>An idempotent producer: number n goes to partition n modulo {@link #PARTITIONS} of TOPIC, so
 *     that the value at offset o of partition p must be o * PARTITIONS + p.
 * <li>A consumer of TOPIC in a group, which commits what it has read and watches that no commit
 *     which was acknowledged is ever forgotten.
 * <li>A transactional producer: transaction t writes {@code t} to every partition of the other
 *     topic; some transactions are aborted.
 * </ul>
 *
 * <p>Prints one JSON object at the end. {@code aborted} and {@code unknown} are the transactions
 * that were not, and that may or may not have been committed.
 */
public final class ChaosClient {
    static final int PARTITIONS = 3;
    private static final int RECORDS_PER_SECOND = 200;
    private static final int TRANSACTION_REST_MS = 50;
    private static final int ABORTED_EVERY = 7;
    private static final Duration CATCH_UP = Duration.ofSeconds(90);

    private final Fixture on;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong commits = new AtomicLong();
    private final AtomicReference<String> flaw = new AtomicReference<>();
    private final List<Long> aborted = new ArrayList<>();
    private final List<Long> unknown = new ArrayList<>();
    private long transactions;
    private volatile boolean isStopping;
    private volatile boolean isProduced;

    private ChaosClient(Fixture on) {
        this.on = on;
    }

    public static void main(String[] args) throws Exception {
        try (Fixture on = new Fixture(args[0])) {
            System.out.println(new ChaosClient(on).run(args[1], args[2]));
        }
        System.exit(0);
    }

    private String run(String topic, String transactionalTopic) throws Exception {
        Thread producer = start(() -> produce(topic));
        Thread consumer = start(() -> consume(topic));
        Thread transactor = start(() -> transact(transactionalTopic));
        awaitEndOfInput();
        isStopping = true;
        producer.join();
        isProduced = true;
        transactor.join();
        consumer.join();
        String text = flaw.get() == null ? "null" : '"' + flaw.get().replaceAll("[\"\\\\\n]", " ") + '"';
        return "{\"sent\":" + sent + ",\"acknowledged\":" + acknowledged + ",\"commits\":" + commits
            + ",\"transactions\":" + transactions + ",\"aborted\":" + aborted
            + ",\"unknown\":" + unknown + ",\"flaw\":" + text + "}";
    }

    private interface Work {
        void run() throws Exception;
    }

    private Thread start(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (Exception e) {
                flaw(Thread.currentThread().getName() + ": " + e);
            }
        });
        thread.start();
        return thread;
    }

    private void flaw(String text) {
        flaw.compareAndSet(null, text);
    }

    private static void awaitEndOfInput() throws IOException {
        while (System.in.read() >= 0) {
            // Only the end matters.
        }
    }

    private void produce(String topic) throws InterruptedException {
        try (KafkaProducer<byte[], byte[]> producer = on.producer("acks", "all", "linger.ms", "2",
                "delivery.timeout.ms", "120000", "request.timeout.ms", "5000",
                "max.block.ms", "120000", "retry.backoff.ms", "20",
                "reconnect.backoff.max.ms", "500")) {
            long startNs = System.nanoTime();
            while (!isStopping) {
                long due = (System.nanoTime() - startNs) * RECORDS_PER_SECOND / 1_000_000_000L;
                while (sent.get() < due && !isStopping) {
                    long n = sent.getAndIncrement();
                    producer.send(new ProducerRecord<>(topic, (int) (n % PARTITIONS), null,
                        Fixture.text("" + n)), (metadata, fault) -> {
                            if (fault == null) acknowledged.incrementAndGet();
                            else flaw("record " + n + ": " + fault);
                        });
                }
                Thread.sleep(5);
            }
        }
    }

    private void consume(String topic) {
        Map<TopicPartition, Long> next = new HashMap<>();
        Map<TopicPartition, Long> kept = new HashMap<>();
        try (KafkaConsumer<byte[], byte[]> consumer = on.consumer("group.id", topic + "-java",
                "auto.offset.reset", "earliest", "enable.auto.commit", "false",
                "default.api.timeout.ms", "60000", "request.timeout.ms", "5000",
                "reconnect.backoff.max.ms", "500")) {
            consumer.subscribe(List.of(topic), new CommitWatch(consumer, next, kept));
            long deadlineNs = Long.MAX_VALUE;
            while (flaw.get() == null) {
                for (ConsumerRecord<byte[], byte[]> record : poll(consumer)) look(record, next);
                if (!next.isEmpty()) commit(consumer, next, kept);
                if (!isProduced) continue;
                if (deadlineNs == Long.MAX_VALUE) deadlineNs = System.nanoTime() + CATCH_UP.toNanos();
                long read = kept.values().stream().mapToLong(Long::longValue).sum();
                if (read == sent.get()) return;
                if (System.nanoTime() > deadlineNs) {
                    flaw("the group has committed " + read + " of " + sent + ": " + kept);
                }
            }
        }
    }

    private static ConsumerRecords<byte[], byte[]> poll(KafkaConsumer<byte[], byte[]> consumer) {
        return consumer.poll(Duration.ofMillis(100));
    }

    private void look(ConsumerRecord<byte[], byte[]> record, Map<TopicPartition, Long> next) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        long expected = next.getOrDefault(partition, 0L);
        long value = Long.parseLong(Fixture.text(record.value()));
        if (record.offset() != expected) {
            flaw(partition + ": offset " + record.offset() + " came instead of " + expected);
        }
        if (value != record.offset() * PARTITIONS + record.partition()) {
            flaw(partition + " offset " + record.offset() + " holds " + value);
        }
        next.put(partition, record.offset() + 1);
    }

    private void commit(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> next,
            Map<TopicPartition, Long> kept) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        next.forEach((partition, offset) -> {
            if (!offset.equals(kept.get(partition))) offsets.put(partition, new OffsetAndMetadata(offset));
        });
        if (offsets.isEmpty()) return;
        try {
            consumer.commitSync(offsets);
            offsets.forEach((partition, offset) -> kept.put(partition, offset.offset()));
            commits.incrementAndGet();
        } catch (KafkaException e) {
            // Not acknowledged, so nothing is promised; the next turn commits it anew.
        }
    }

    /** On each assignment the group must still know what it acknowledged. */
    private final class CommitWatch implements ConsumerRebalanceListener {
        private final KafkaConsumer<byte[], byte[]> consumer;
        private final Map<TopicPartition, Long> next;
        private final Map<TopicPartition, Long> kept;

        CommitWatch(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> next,
                Map<TopicPartition, Long> kept) {
            this.consumer = consumer;
            this.next = next;
            this.kept = kept;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            partitions.forEach(next::remove);
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            Map<TopicPartition, OffsetAndMetadata> known = consumer.committed(Set.copyOf(partitions));
            for (TopicPartition partition : partitions) {
                OffsetAndMetadata offset = known.get(partition);
                long committed = offset == null ? 0 : offset.offset();
                long promised = kept.getOrDefault(partition, 0L);
                if (committed < promised) {
                    flaw(partition + ": " + promised + " was committed, " + committed + " is known");
                }
                next.put(partition, consumer.position(partition));
            }
        }
    }

    private void transact(String topic) throws InterruptedException {
        while (!isStopping) {
            try (KafkaProducer<byte[], byte[]> producer = on.producer(
                    "transactional.id", topic + "-java", "transaction.timeout.ms", "30000",
                    "delivery.timeout.ms", "40000", "request.timeout.ms", "5000",
                    "max.block.ms", "60000", "retry.backoff.ms", "20",
                    "reconnect.backoff.max.ms", "500")) {
                producer.initTransactions();
                while (!isStopping) {
                    transaction(producer, topic, transactions++);
                    Thread.sleep(TRANSACTION_REST_MS);
                }
            } catch (KafkaException e) {
                // The producer can't be used any more; a new one takes its place.
            }
        }
        // Fences and ends whatever the last producer may have left open.
        try (KafkaProducer<byte[], byte[]> producer = on.producer(
                "transactional.id", topic + "-java", "max.block.ms", "60000")) {
            producer.initTransactions();
        }
    }

    private void transaction(KafkaProducer<byte[], byte[]> producer, String topic, long number) {
        unknown.add(number);
        try {
            producer.beginTransaction();
            for (int p = 0; p < PARTITIONS; p++) {
                producer.send(new ProducerRecord<>(topic, p, null, Fixture.text("" + number)));
            }
            if (number % ABORTED_EVERY == ABORTED_EVERY - 1) {
                producer.flush();
                producer.abortTransaction();
                aborted.add(number);
            } else {
                producer.commitTransaction();
            }
            unknown.remove(number);
        } catch (org.apache.kafka.common.errors.TimeoutException e) {
            throw e;
        } catch (KafkaException e) {
            // Throws as well when the producer can't be used any more.
            producer.abortTransaction();
            unknown.remove(number);
            aborted.add(number);
        }
    }
}
