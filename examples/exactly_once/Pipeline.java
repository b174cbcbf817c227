import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes each record of one topic to another, in capitals, exactly once: however often this program
 * is killed and started again, a reader with isolation.level=read_committed sees each once. It runs
 * until it is stopped:
 *
 * <pre>
 * mvn -q -f examples/java dependency:copy-dependencies -DoutputDirectory=lib
 * java -cp 'examples/java/lib/*' examples/exactly_once/Pipeline.java 127.0.0.1:9092 orders shouted
 * </pre>
 *
 * What is written, and how far was read, are one transaction: both happen, or neither.
 */
public final class Pipeline {
    private final KafkaConsumer<String, String> consumer;
    private final KafkaProducer<String, String> producer;
    private final String target;

    private Pipeline(String bootstrap, String source, String target) {
        Map<String, Object> reading = Map.of(
                "bootstrap.servers", bootstrap,
                "group.id", "pipeline-" + source,
                "auto.offset.reset", "earliest",
                // The transaction commits offsets, not the consumer.
                "enable.auto.commit", false,
                "isolation.level", "read_committed",
                // A transaction holds no more than this.
                "max.poll.records", 100,
                // After a crash the partitions are free again within so long.
                "session.timeout.ms", 6000);
        Map<String, Object> writing = Map.of(
                "bootstrap.servers", bootstrap,
                // The one name of this pipeline: who starts with it ends what came before.
                "transactional.id", "pipeline-" + source,
                "transaction.timeout.ms", 10_000);
        this.consumer =
                new KafkaConsumer<>(reading, new StringDeserializer(), new StringDeserializer());
        this.producer =
                new KafkaProducer<>(writing, new StringSerializer(), new StringSerializer());
        this.target = target;
        consumer.subscribe(List.of(source));
    }

    public static void main(String[] args) {
        if (args.length != 3) {
            System.err.println("usage: Pipeline BOOTSTRAP SOURCE TARGET");
            System.exit(2);
        }
        new Pipeline(args[0], args[1], args[2]).run();
    }

    private void run() {
        producer.initTransactions();
        System.out.println("ready");
        while (true) {
            ConsumerRecords<String, String> records = consumer.poll(Duration.ofSeconds(1));
            if (!records.isEmpty()) transform(records);
        }
    }

    private void transform(ConsumerRecords<String, String> records) {
        Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
        try {
            producer.beginTransaction();
            for (ConsumerRecord<String, String> record : records) {
                String shouted = record.value().toUpperCase(Locale.ROOT);
                producer.send(new ProducerRecord<>(target, record.key(), shouted));
                next.put(
                        new TopicPartition(record.topic(), record.partition()),
                        new OffsetAndMetadata(record.offset() + 1));
            }
            producer.sendOffsetsToTransaction(next, consumer.groupMetadata());
            producer.commitTransaction();
        } catch (ProducerFencedException | OutOfOrderSequenceException | AuthorizationException e) {
            // Another one has taken over, or may not go on: nothing that this one can mend.
            throw e;
        } catch (KafkaException e) {
            System.err.println("aborted, and read again: " + e.getMessage());
            producer.abortTransaction();
            rewind();
        }
    }

    /** Goes back to what is committed, as if the records had not been read. */
    private void rewind() {
        var committed = consumer.committed(consumer.assignment());
        for (TopicPartition partition : consumer.assignment()) {
            OffsetAndMetadata offset = committed.get(partition);
            if (offset == null) consumer.seekToBeginning(List.of(partition));
            else consumer.seek(partition, offset);
        }
    }
}
