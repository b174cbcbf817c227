import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Prints COUNT records as a member of a group, and commits how far it came:
 *
 * <pre>
 * mvn -q -f examples/java dependency:copy-dependencies -DoutputDirectory=lib
 * java -cp 'examples/java/lib/*' examples/java/Consume.java 127.0.0.1:9092 greetings readers 2
 * </pre>
 */
public final class Consume {
    public static void main(String[] args) {
        if (args.length != 4) {
            System.err.println("usage: Consume BOOTSTRAP TOPIC GROUP COUNT");
            System.exit(2);
        }
        int count = Integer.parseInt(args[3]);
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", args[0],
                "group.id", args[2],
                "auto.offset.reset", "earliest",
                "enable.auto.commit", false,
                // So that what is committed is what was printed.
                "max.poll.records", 1);
        var strings = new StringDeserializer();
        try (var consumer = new KafkaConsumer<>(settings, strings, strings)) {
            consumer.subscribe(List.of(args[1]));
            for (int printed = 0; printed < count; ) {
                var records = consumer.poll(Duration.ofSeconds(1));
                for (ConsumerRecord<String, String> record : records) {
                    System.out.println(
                            record.partition() + " " + record.offset() + " " + record.value());
                }
                if (!records.isEmpty()) consumer.commitSync();
                printed += records.count();
            }
        }
    }
}
