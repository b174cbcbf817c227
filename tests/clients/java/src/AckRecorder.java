import java.io.BufferedWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * {@code AckRecorder BOOTSTRAP TOPIC LINES ACKS}: sends every line of the file LINES to partition
 * 0, idempotently, and writes {@code index offset} to the file ACKS for every acknowledgement.
 * Prints {@code acknowledged N} whenever another 10 000 are, and the number of failures at the end.
 */
public final class AckRecorder {
    private AckRecorder() {}

    public static void main(String[] args) throws Exception {
        byte[] lines = Files.readAllBytes(Path.of(args[2]));
        AtomicInteger acknowledged = new AtomicInteger();
        AtomicInteger failed = new AtomicInteger();
        Map<String, Object> configs = Map.of("bootstrap.servers", args[0], "acks", "all",
            "enable.idempotence", "true", "delivery.timeout.ms", "120000",
            "request.timeout.ms", "10000", "max.block.ms", "110000",
            "retry.backoff.ms", "50", "reconnect.backoff.max.ms", "200", "linger.ms", "5");
        try (BufferedWriter acks =
                Files.newBufferedWriter(Path.of(args[3]), StandardCharsets.US_ASCII);
                KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                    configs, new ByteArraySerializer(), new ByteArraySerializer())) {
            int index = 0;
            for (int start = 0, end; start < lines.length; start = end + 1) {
                end = start;
                while (lines[end] != '\n') end++;
                byte[] value = new byte[end - start];
                System.arraycopy(lines, start, value, 0, value.length);
                int line = index++;
                producer.send(new ProducerRecord<>(args[1], 0, null, value), (metadata, error) -> {
                    if (error != null) {
                        failed.incrementAndGet();
                        System.err.println(line + ": " + error);
                        return;
                    }
                    write(acks, line + " " + metadata.offset() + "\n");
                    int count = acknowledged.incrementAndGet();
                    if (count % 10_000 == 0) System.out.println("acknowledged " + count);
                });
            }
        }
        System.out.println("failed " + failed.get());
        System.exit(0);
    }

    private static void write(BufferedWriter acks, String text) {
        try {
            acks.write(text);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
