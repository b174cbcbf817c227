import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;

/** Transactions, with clients of both generations: the finalised transaction.version chooses. */
final class TransactionChecks {
    private static final String COMMITTED = "read_committed";

    private final Suite suite;
    private final Fixture on;

    private TransactionChecks(Suite suite, Fixture on) {
        this.suite = suite;
        this.on = on;
    }

    static void register(Suite suite, Fixture fixture) {
        TransactionChecks checks = new TransactionChecks(suite, fixture);
        for (short level : new short[] {0, 2}) {
            String how = "transactions at transaction.version " + level + ": ";
            suite.check(how + "the level is finalised", () -> checks.finalise(level));
            suite.check(how + "committed records are seen, aborted ones never", checks::visibility);
            suite.check(how + "the last stable offset waits for the open transaction",
                checks::lastStableOffset);
            suite.check(how + "a second producer with the id fences the first", checks::fencing);
            suite.check(how + "offsets are committed with the transaction", checks::offsets);
            suite.check(how + "an aborted producer goes on", checks::goesOnAfterAbort);
            suite.check(how + "many small transactions over many partitions", checks::many);
            suite.check(how + "administrators list and describe", checks::administration);
            for (String what : List.of("restart", "crash")) {
                suite.check(how + "a transaction goes on after a " + what,
                    () -> checks.survives(what));
            }
        }
        suite.check("transactions: one that runs out of time is aborted", checks::timeout);
    }

    private void finalise(short level) throws Exception {
        short now = Fixture.get(on.admin.describeFeatures().featureMetadata())
            .finalizedFeatures().containsKey("transaction.version")
            ? Fixture.get(on.admin.describeFeatures().featureMetadata())
                .finalizedFeatures().get("transaction.version").maxVersionLevel()
            : 0;
        if (now == level) return;
        FeatureUpdate.UpgradeType type = level > now
            ? FeatureUpdate.UpgradeType.UPGRADE : FeatureUpdate.UpgradeType.UNSAFE_DOWNGRADE;
        Fixture.get(on.admin.updateFeatures(
            Map.of("transaction.version", new FeatureUpdate(level, type)),
            new UpdateFeaturesOptions()).all());
    }

    private KafkaProducer<byte[], byte[]> transactional(String id, String... configs) {
        String[] all = new String[configs.length + 2];
        System.arraycopy(configs, 0, all, 0, configs.length);
        all[configs.length] = "transactional.id";
        all[configs.length + 1] = id;
        KafkaProducer<byte[], byte[]> producer = on.producer(all);
        producer.initTransactions();
        return producer;
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, String topic, int partition,
            String value) throws Exception {
        Fixture.get(producer.send(
            new ProducerRecord<>(topic, partition, null, Fixture.text(value))));
    }

    private static List<String> values(List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream().map(record -> Fixture.text(record.value())).toList();
    }

    private void visibility() throws Exception {
        String topic = on.topic("txn", 1);
        try (var producer = transactional(Fixture.uniqueName("id"))) {
            for (int i = 0; i < 10; i++) {
                producer.beginTransaction();
                send(producer, topic, 0, "a" + i);
                send(producer, topic, 0, "b" + i);
                if (i % 3 == 1) producer.abortTransaction();
                else producer.commitTransaction();
            }
        }
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            if (i % 3 != 1) expected.addAll(List.of("a" + i, "b" + i));
        }
        Fixture.same(expected, values(on.readAll(topic, "isolation.level", COMMITTED)),
            "committed records");
        Fixture.same(20, on.readAll(topic).size(), "all records");
    }

    private void lastStableOffset() throws Exception {
        String topic = on.topic("txn", 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        on.sendNumbers(topic, 0, 3);
        try (var producer = transactional(Fixture.uniqueName("id"));
                var consumer = on.consumer("isolation.level", COMMITTED)) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 0);
            Fixture.same(3, Fixture.poll(consumer, 3).size(), "records before");
            producer.beginTransaction();
            send(producer, topic, 0, "x");
            on.sendNumbers(topic, 10, 11);
            Fixture.same(3L, latest(partition, IsolationLevel.READ_COMMITTED), "stable");
            Fixture.same(5L, latest(partition, IsolationLevel.READ_UNCOMMITTED), "end");
            Fixture.holds(consumer.poll(Duration.ofMillis(300)).isEmpty(), "nothing is stable yet");
            producer.commitTransaction();
            Fixture.same(List.of("x", "10"), values(Fixture.poll(consumer, 2)), "woken by the end");
            Fixture.eventually(() ->
                Fixture.same(6L, latest(partition, IsolationLevel.READ_COMMITTED), "stable"));
        }
    }

    private long latest(TopicPartition partition, IsolationLevel isolation) throws Exception {
        return Fixture.get(on.admin.listOffsets(Map.of(partition, OffsetSpec.latest()),
            new ListOffsetsOptions(isolation)).partitionResult(partition)).offset();
    }

    private void fencing() throws Exception {
        String topic = on.topic("txn", 2);
        String id = Fixture.uniqueName("id");
        try (var first = transactional(id)) {
            first.beginTransaction();
            send(first, topic, 0, "lost");
            try (var second = transactional(id)) {
                second.beginTransaction();
                send(second, topic, 0, "kept");
                Throwable fault = Fixture.fails(KafkaException.class, () -> {
                    try {
                        send(first, topic, 1, "late");
                    } catch (java.util.concurrent.ExecutionException e) {
                        throw (Exception) e.getCause();
                    }
                    first.commitTransaction();
                });
                Fixture.holds(fault instanceof ProducerFencedException
                    || fault instanceof InvalidProducerEpochException
                    || fault.getCause() instanceof ProducerFencedException
                    || fault.getCause() instanceof InvalidProducerEpochException,
                    "fenced: " + fault);
                second.commitTransaction();
            }
        }
        Fixture.same(List.of("kept"), values(on.readAll(topic, "isolation.level", COMMITTED)),
            "records");
    }

    private void offsets() throws Exception {
        String topic = on.topic("txn", 1);
        String group = Fixture.uniqueName("group");
        TopicPartition partition = new TopicPartition(topic, 0);
        ConsumerGroupMetadata metadata = simpleGroup(group);
        try (var producer = transactional(Fixture.uniqueName("id"));
                var consumer = on.consumer("group.id", group)) {
            producer.beginTransaction();
            send(producer, topic, 0, "x");
            producer.sendOffsetsToTransaction(
                Map.of(partition, new OffsetAndMetadata(7, "seven")), metadata);
            producer.commitTransaction();
            Fixture.same(new OffsetAndMetadata(7, "seven"),
                consumer.committed(Set.of(partition)).get(partition), "committed");
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(
                Map.of(partition, new OffsetAndMetadata(9)), metadata);
            producer.abortTransaction();
            Fixture.same(7L, consumer.committed(Set.of(partition)).get(partition).offset(),
                "after the abort");
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(
                Map.of(partition, new OffsetAndMetadata(11)), metadata);
            producer.commitTransaction();
            Fixture.same(11L, consumer.committed(Set.of(partition)).get(partition).offset(),
                "after offsets alone");
        }
        Fixture.same(11L, Fixture.get(on.admin.listConsumerGroupOffsets(group)
            .partitionsToOffsetAndMetadata()).get(partition).offset(), "as administrators see it");
    }

    /** What a consumer without a subscription tells of its group. */
    private ConsumerGroupMetadata simpleGroup(String group) {
        try (var consumer = on.consumer("group.id", group)) {
            return consumer.groupMetadata();
        }
    }

    private void goesOnAfterAbort() throws Exception {
        String topic = on.topic("txn", 3);
        try (var producer = transactional(Fixture.uniqueName("id"))) {
            producer.beginTransaction();
            producer.abortTransaction();
            producer.beginTransaction();
            producer.commitTransaction();
            for (int i = 0; i < 5; i++) {
                producer.beginTransaction();
                for (int p = 0; p < 3; p++) send(producer, topic, p, "lost");
                producer.abortTransaction();
                producer.beginTransaction();
                send(producer, topic, 0, "" + i);
                producer.commitTransaction();
            }
        }
        Fixture.same(List.of("0", "1", "2", "3", "4"),
            values(on.readAll(topic, "isolation.level", COMMITTED)), "records");
    }

    private void many() throws Exception {
        int partitions = 10;
        String topic = on.topic("txn", partitions);
        int count = 300;
        try (var producer = transactional(Fixture.uniqueName("id"))) {
            for (int i = 0; i < count; i++) {
                producer.beginTransaction();
                for (int p = 0; p < partitions; p++) {
                    producer.send(new ProducerRecord<>(topic, p, null, Fixture.text("" + i)));
                }
                producer.commitTransaction();
            }
        }
        List<ConsumerRecord<byte[], byte[]>> records =
            on.readAll(topic, "isolation.level", COMMITTED);
        Fixture.same(count, records.size(), "records of partition 0");
        for (int i = 0; i < count; i++) {
            Fixture.same("" + i, Fixture.text(records.get(i).value()), "order");
        }
    }

    private void administration() throws Exception {
        String topic = on.topic("txn", 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        String id = Fixture.uniqueName("id");
        try (var producer = transactional(id)) {
            producer.beginTransaction();
            send(producer, topic, 0, "x");
            TransactionDescription open = Fixture.get(
                on.admin.describeTransactions(List.of(id)).description(id));
            Fixture.same(TransactionState.ONGOING, open.state(), "state");
            Fixture.same(Set.of(partition), open.topicPartitions(), "partitions");
            var listings = Fixture.get(on.admin.listTransactions(new ListTransactionsOptions()
                .filterStates(Set.of(TransactionState.ONGOING))
                .filterProducerIds(Set.of(open.producerId()))).all());
            Fixture.same(List.of(id),
                listings.stream().map(TransactionListing::transactionalId).toList(), "listed");
            ProducerState state = Fixture.get(on.admin.describeProducers(List.of(partition))
                .partitionResult(partition)).activeProducers().get(0);
            Fixture.same(open.producerId(), state.producerId(), "producer id");
            Fixture.same(0L, state.currentTransactionStartOffset().orElseThrow(), "start");
            // As an administrator ends a transaction that hangs.
            Fixture.get(on.admin.abortTransaction(new AbortTransactionSpec(partition,
                state.producerId(), (short) state.producerEpoch(),
                state.coordinatorEpoch().orElse(0))).all());
            Fixture.holds(Fixture.get(on.admin.describeProducers(List.of(partition))
                .partitionResult(partition)).activeProducers().get(0)
                .currentTransactionStartOffset().isEmpty(), "ended by hand");
            producer.abortTransaction();
        }
        Fixture.eventually(() -> Fixture.same(TransactionState.COMPLETE_ABORT, Fixture.get(
            on.admin.describeTransactions(List.of(id)).description(id)).state(), "state"));
        Fixture.same(List.of(id), Fixture.get(on.admin.listTransactions(
            new ListTransactionsOptions().filterOnTransactionalIdPattern(id.substring(0, 5) + ".*"
                + id.substring(8))).all()).stream().map(TransactionListing::transactionalId)
            .toList(), "found by pattern");
        Fixture.fails(TransactionalIdNotFoundException.class,
            on.admin.describeTransactions(List.of("nobody")).description("nobody"));
        Fixture.same(0, on.readAll(topic, "isolation.level", COMMITTED).size(), "records");
    }

    private void survives(String what) throws Exception {
        String topic = on.topic("txn", 2);
        String group = Fixture.uniqueName("group");
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var producer = transactional(Fixture.uniqueName("id"), "max.block.ms", "40000",
                "delivery.timeout.ms", "50000", "request.timeout.ms", "5000")) {
            producer.beginTransaction();
            send(producer, topic, 0, "lost");
            producer.abortTransaction();
            producer.beginTransaction();
            send(producer, topic, 0, "before");
            producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(5)),
                simpleGroup(group));
            suite.ask(what);
            send(producer, topic, 0, "after");
            send(producer, topic, 1, "other");
            producer.commitTransaction();
        }
        Fixture.same(List.of("before", "after"),
            values(on.readAll(topic, "isolation.level", COMMITTED)), "records");
        Fixture.same(5L, Fixture.get(on.admin.listConsumerGroupOffsets(group)
            .partitionsToOffsetAndMetadata()).get(partition).offset(), "offset");
    }

    private void timeout() throws Exception {
        String topic = on.topic("txn", 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        String id = Fixture.uniqueName("id");
        try (var producer = transactional(id, "transaction.timeout.ms", "1000")) {
            producer.beginTransaction();
            send(producer, topic, 0, "lost");
            long deadlineNs = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (latest(partition, IsolationLevel.READ_COMMITTED) < 2) {
                Fixture.holds(System.nanoTime() < deadlineNs, "aborted within 30 s");
                Thread.sleep(50);
            }
            Throwable fault = Fixture.fails(Exception.class,
                () -> send(producer, topic, 0, "late")).getCause();
            Fixture.holds(fault instanceof InvalidProducerEpochException
                || fault instanceof ProducerFencedException, "fenced: " + fault);
        }
        Fixture.same(0, on.readAll(topic, "isolation.level", COMMITTED).size(), "records");
    }
}
