import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Makes a record of each line of standard input:
 *
 * <pre>
 * mvn -q -f examples/java dependency:copy-dependencies -DoutputDirectory=lib
 * printf 'one\ntwo\n' |
 *   java -cp 'examples/java/lib/*' examples/java/Produce.java 127.0.0.1:9092 greetings
 * </pre>
 */
public final class Produce {
    public static void main(String[] args) throws Exception {
        if (args.length != 2) {
            System.err.println("usage: Produce BOOTSTRAP TOPIC");
            System.exit(2);
        }
        String topic = args[1];
        // Idempotent and with acks=all, unless told otherwise.
        Map<String, Object> settings = Map.of("bootstrap.servers", args[0]);
        var strings = new StringSerializer();
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (var input = new BufferedReader(new InputStreamReader(System.in));
                var producer = new KafkaProducer<>(settings, strings, strings)) {
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                sent.add(producer.send(new ProducerRecord<>(topic, line)));
            }
            producer.flush();
        }
        // Throws for a record that was not written.
        for (Future<RecordMetadata> record : sent) record.get();
        System.out.println(sent.size() + " records to " + topic);
    }
}
