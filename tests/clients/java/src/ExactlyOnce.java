import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * The parts of the exactly-once test, each a process that may be killed at any time.
 *
 * <ul>
 * <li>{@code fill BOOTSTRAP INPUT OUTPUT COUNT}: makes both topics; number i goes to partition
 *     i modulo {@link #PARTITIONS} of the input.
 * <li>{@code process BOOTSTRAP INPUT OUTPUT WORKER WORKERS FAULT}: copies its share of the input to
 *     the same partitions of the output, offsets and records in one transaction, until all is done
 *     (exit code 0) or it can't go on (exit code 3). FAULT is {@code none} or {@code drop}.
 * <li>{@code check BOOTSTRAP OUTPUT COUNT ISOLATION}: exit code 0 when every number is in its
 *     partition once and in order, else 2 and the first flaw.
 * </ul>
 */
public final class ExactlyOnce {
    static final int PARTITIONS = 4;
    private static final int RECORDS_PER_TRANSACTION = 40;
    /** Some transactions end otherwise, so that there is something not to be seen. */
    private static final int ABORTED_EVERY = 9;
    private static final int CANNOT_GO_ON = 3;
    private static final int FLAWED = 2;

    private ExactlyOnce() {}

    public static void main(String[] args) throws Exception {
        try (Fixture on = new Fixture(args[1])) {
            switch (args[0]) {
                case "fill" -> fill(on, args[2], args[3], Integer.parseInt(args[4]));
                case "process" -> process(on, args[2], args[3], Integer.parseInt(args[4]),
                    Integer.parseInt(args[5]), args[6]);
                case "check" -> check(on, args[2], Integer.parseInt(args[3]), args[4]);
                default -> throw new IllegalArgumentException(args[0]);
            }
        }
        System.exit(0);
    }

    private static void fill(Fixture on, String input, String output, int count) throws Exception {
        for (String topic : List.of(input, output)) {
            Fixture.get(on.admin.createTopics(List.of(new org.apache.kafka.clients.admin.NewTopic(
                topic, PARTITIONS, (short) 1))).all());
        }
        try (KafkaProducer<byte[], byte[]> producer = on.producer("linger.ms", "5")) {
            for (int i = 0; i < count; i++) {
                producer.send(
                    new ProducerRecord<>(input, i % PARTITIONS, null, Fixture.text("" + i)),
                    (sent, fault) -> {
                        if (fault != null) System.exit(CANNOT_GO_ON);
                    });
            }
        }
    }

    private static void process(Fixture on, String input, String output, int worker, int workers,
            String fault) {
        List<TopicPartition> share = new ArrayList<>();
        for (int p = worker; p < PARTITIONS; p += workers) share.add(new TopicPartition(input, p));
        try (KafkaProducer<byte[], byte[]> producer = on.producer(
                "transactional.id", "exactly-once-" + worker, "transaction.timeout.ms", "60000",
                "request.timeout.ms", "5000", "delivery.timeout.ms", "40000",
                "max.block.ms", "60000", "retry.backoff.ms", "20", "reconnect.backoff.ms", "20");
             KafkaConsumer<byte[], byte[]> consumer = on.consumer("group.id", "exactly-once",
                "isolation.level", "read_committed", "default.api.timeout.ms", "60000",
                "max.poll.records", "" + RECORDS_PER_TRANSACTION, "reconnect.backoff.ms", "20")) {
            // From here on an earlier process with the id can't commit any more, so that the
            // offsets which are read next are the last of its doing.
            producer.initTransactions();
            consumer.assign(share);
            seekToCommitted(consumer, share);
            Map<TopicPartition, Long> ends = consumer.endOffsets(share);
            for (int turn = 1; !isDone(consumer, ends); turn++) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
                if (!records.isEmpty()) copy(producer, consumer, records, output, turn, fault);
            }
        } catch (KafkaException e) {
            System.out.println("can't go on: " + e);
            System.exit(CANNOT_GO_ON);
        }
        System.out.println("done");
    }

    private static boolean isDone(KafkaConsumer<?, ?> consumer, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream()
            .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    private static void seekToCommitted(KafkaConsumer<?, ?> consumer, List<TopicPartition> share) {
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(Set.copyOf(share));
        for (TopicPartition partition : share) {
            OffsetAndMetadata offset = committed.get(partition);
            consumer.seek(partition, offset == null ? 0 : offset.offset());
        }
    }

    private static void copy(KafkaProducer<byte[], byte[]> producer,
            KafkaConsumer<byte[], byte[]> consumer, ConsumerRecords<byte[], byte[]> records,
            String output, int turn, String fault) {
        List<TopicPartition> share = List.copyOf(consumer.assignment());
        try {
            producer.beginTransaction();
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (ConsumerRecord<byte[], byte[]> record : records) {
                offsets.put(new TopicPartition(record.topic(), record.partition()),
                    new OffsetAndMetadata(record.offset() + 1));
                boolean dropped = fault.equals("drop") && record.offset() == 100;
                if (dropped) continue;
                producer.send(new ProducerRecord<>(output, record.partition(), null,
                    record.value()));
            }
            producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
            if (turn % ABORTED_EVERY == 0) {
                producer.flush();
                producer.abortTransaction();
                seekToCommitted(consumer, share);
                return;
            }
            producer.commitTransaction();
            System.out.println("committed " + records.count());
        } catch (org.apache.kafka.common.errors.ProducerFencedException
                | org.apache.kafka.common.errors.InvalidProducerEpochException e) {
            throw e;
        } catch (KafkaException e) {
            // Throws as well when the producer can't be used any more.
            producer.abortTransaction();
            seekToCommitted(consumer, share);
        }
    }

    private static void check(Fixture on, String output, int count, String isolation) {
        List<TopicPartition> all = new ArrayList<>();
        for (int p = 0; p < PARTITIONS; p++) all.add(new TopicPartition(output, p));
        int[] next = new int[PARTITIONS];
        for (int p = 0; p < PARTITIONS; p++) next[p] = p;
        try (KafkaConsumer<byte[], byte[]> consumer = on.consumer("isolation.level", isolation)) {
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            while (!isDone(consumer, ends)) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    int p = record.partition();
                    int value = Integer.parseInt(Fixture.text(record.value()));
                    if (value != next[p]) {
                        System.out.println("partition " + p + " offset " + record.offset()
                            + ": " + value + " instead of " + next[p]);
                        System.exit(FLAWED);
                    }
                    next[p] += PARTITIONS;
                }
            }
        }
        for (int p = 0; p < PARTITIONS; p++) {
            if (next[p] >= count && next[p] < count + PARTITIONS) continue;
            System.out.println("partition " + p + " ends before " + next[p]);
            System.exit(FLAWED);
        }
        System.out.println("every number once");
    }
}
