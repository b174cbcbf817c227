import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterClientQuotasOptions;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.admin.UserScramCredentialsDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.DuplicateResourceException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.ResourceNotFoundException;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.errors.UnacceptableCredentialException;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.quota.ClientQuotaFilterComponent;

/** Quotas of clients, stored and kept, and SCRAM credentials, stored. */
final class QuotaChecks {
    private static final int RECORD_BYTES = 20_000;

    private final Fixture on;

    private QuotaChecks(Fixture on) {
        this.on = on;
    }

    static void register(Suite suite, Fixture fixture) {
        QuotaChecks checks = new QuotaChecks(fixture);
        suite.check("quotas: altered, described, removed", checks::stored);
        suite.check("quotas: bad ones are refused", checks::refused);
        suite.check("quotas: a producer is throttled", checks::producer);
        suite.check("quotas: a consumer is throttled and gets all", checks::consumer);
        suite.check("quotas: topics are refused above the mutation rate", checks::mutations);
        suite.check("SCRAM credentials: altered, described, deleted", checks::scram);
    }

    private static ClientQuotaEntity client(String id) {
        return new ClientQuotaEntity(Map.of(ClientQuotaEntity.CLIENT_ID, id));
    }

    /** A null value removes the key. */
    private void set(ClientQuotaEntity entity, String key, Double value) throws Exception {
        ClientQuotaAlteration.Op op = new ClientQuotaAlteration.Op(key, value);
        Fixture.get(on.admin.alterClientQuotas(
            List.of(new ClientQuotaAlteration(entity, List.of(op)))).all());
    }

    private Map<ClientQuotaEntity, Map<String, Double>> describe(
            ClientQuotaFilterComponent component) throws Exception {
        return Fixture.get(on.admin.describeClientQuotas(
            ClientQuotaFilter.containsOnly(List.of(component))).entities());
    }

    private void stored() throws Exception {
        String id = Fixture.uniqueName("client");
        ClientQuotaEntity entity = client(id);
        ClientQuotaFilterComponent filter =
            ClientQuotaFilterComponent.ofEntity(ClientQuotaEntity.CLIENT_ID, id);
        set(entity, "producer_byte_rate", 1_000_000.0);
        set(entity, "request_percentage", 12.5);
        Fixture.eventually(() -> Fixture.same(
            Map.of(entity, Map.of("producer_byte_rate", 1_000_000.0, "request_percentage", 12.5)),
            describe(filter), "quotas"));
        set(entity, "producer_byte_rate", null);
        set(entity, "request_percentage", null);
        Fixture.eventually(() -> Fixture.same(Map.of(), describe(filter), "no quotas"));
        ClientQuotaEntity everyone =
            new ClientQuotaEntity(Collections.singletonMap(ClientQuotaEntity.USER, null));
        ClientQuotaAlteration alteration = new ClientQuotaAlteration(everyone,
            List.of(new ClientQuotaAlteration.Op("consumer_byte_rate", 1e9)));
        Fixture.get(on.admin.alterClientQuotas(List.of(alteration),
            new AlterClientQuotasOptions().validateOnly(true)).all());
        Fixture.same(Map.of(), describe(
            ClientQuotaFilterComponent.ofDefaultEntity(ClientQuotaEntity.USER)), "validated only");
    }

    private void refused() throws Exception {
        for (Object[] bad : new Object[][] {
            {"no_such_rate", 1.0}, {"producer_byte_rate", 0.0}, {"producer_byte_rate", 1.5},
            {"connection_creation_rate", 1.0},
        }) {
            ClientQuotaAlteration.Op op =
                new ClientQuotaAlteration.Op((String) bad[0], (Double) bad[1]);
            Fixture.fails(InvalidRequestException.class, on.admin.alterClientQuotas(
                List.of(new ClientQuotaAlteration(client("x"), List.of(op)))).all());
        }
    }

    private static double highest(Map<MetricName, ? extends Metric> metrics, String name) {
        return metrics.entrySet().stream()
            .filter(entry -> entry.getKey().name().equals(name))
            .mapToDouble(entry -> (Double) entry.getValue().metricValue())
            .filter(value -> !Double.isNaN(value))
            .max().orElse(0);
    }

    private void producer() throws Exception {
        String topic = on.topic("quota", 1);
        String id = Fixture.uniqueName("producer");
        set(client(id), "producer_byte_rate", 4_000.0);
        try (KafkaProducer<byte[], byte[]> producer =
                on.producer("client.id", id, "batch.size", "0")) {
            long startNs = System.nanoTime();
            for (int i = 0; i < 4; i++) {
                Fixture.get(producer.send(new ProducerRecord<>(topic, 0, null,
                    new byte[RECORD_BYTES])));
            }
            long tookMs = (System.nanoTime() - startNs) / 1_000_000;
            double throttleMs = highest(producer.metrics(), "produce-throttle-time-max");
            Fixture.holds(throttleMs > 1000, "told to wait, " + throttleMs + " ms");
            Fixture.holds(tookMs > 1000, "waited, " + tookMs + " ms");
        } finally {
            set(client(id), "producer_byte_rate", null);
        }
    }

    private void consumer() throws Exception {
        String topic = on.topic("quota", 1);
        try (KafkaProducer<byte[], byte[]> producer = on.producer("batch.size", "0")) {
            for (int i = 0; i < 3; i++) {
                Fixture.get(producer.send(new ProducerRecord<>(topic, 0, null,
                    new byte[RECORD_BYTES])));
            }
        }
        String id = Fixture.uniqueName("consumer");
        set(client(id), "consumer_byte_rate", 4_000.0);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer =
                on.consumer("client.id", id, "max.partition.fetch.bytes", "20000")) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            Fixture.same(3, Fixture.poll(consumer, 3).size(), "records");
            double throttleMs = highest(consumer.metrics(), "fetch-throttle-time-max");
            Fixture.holds(throttleMs > 100, "told to wait, " + throttleMs + " ms");
        } finally {
            set(client(id), "consumer_byte_rate", null);
        }
    }

    private void mutations() throws Exception {
        ClientQuotaEntity everyone =
            new ClientQuotaEntity(Collections.singletonMap(ClientQuotaEntity.CLIENT_ID, null));
        // The bucket holds what comes in eleven seconds.
        set(everyone, "controller_mutation_rate", 1.0);
        try {
            CreateTopicsOptions once =
                new CreateTopicsOptions().retryOnQuotaViolation(false).timeoutMs(10_000);
            NewTopic large = new NewTopic(Fixture.uniqueName("quota"), 14, (short) 1);
            Fixture.get(on.admin.createTopics(List.of(large), once).all());
            NewTopic small = new NewTopic(Fixture.uniqueName("quota"), 1, (short) 1);
            Fixture.fails(ThrottlingQuotaExceededException.class,
                on.admin.createTopics(List.of(small), once).all());
        } finally {
            set(everyone, "controller_mutation_rate", null);
        }
    }

    private void scram() throws Exception {
        String user = Fixture.uniqueName("user");
        ScramCredentialInfo strong = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 8192);
        ScramCredentialInfo usual = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
        for (ScramCredentialInfo info : List.of(strong, usual)) {
            Fixture.get(on.admin.alterUserScramCredentials(
                List.of(new UserScramCredentialUpsertion(user, info, "secret"))).all());
        }
        Fixture.fails(DuplicateResourceException.class, on.admin.alterUserScramCredentials(List.of(
            new UserScramCredentialUpsertion(user, strong, "secret"),
            new UserScramCredentialUpsertion(user, usual, "secret"))).all());
        Fixture.eventually(() -> {
            UserScramCredentialsDescription found = Fixture.get(
                on.admin.describeUserScramCredentials(List.of(user)).all()).get(user);
            Fixture.same(2, found.credentialInfos().size(), "credentials");
            Fixture.holds(found.credentialInfos().contains(strong), "iterations are kept");
        });
        Fixture.fails(UnacceptableCredentialException.class, on.admin.alterUserScramCredentials(
            List.of(new UserScramCredentialUpsertion(user,
                new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 100), "x"))).all());
        for (ScramMechanism mechanism :
                List.of(ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512)) {
            Fixture.get(on.admin.alterUserScramCredentials(
                List.of(new UserScramCredentialDeletion(user, mechanism))).all());
        }
        Fixture.eventually(() -> Fixture.fails(ResourceNotFoundException.class,
            on.admin.describeUserScramCredentials(List.of(user)).description(user)));
    }
}
