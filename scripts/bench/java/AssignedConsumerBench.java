import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads a topic from its beginning with assigned partitions, so that the fetch path is measured
 * without a consumer group.
 *
 * <p>Arguments: bootstrap, topic, partitions, records per pass, then consumer properties as
 * key=value. For every line on standard input it makes one pass and prints one JSON line: records,
 * bytes of the values, seconds, process CPU seconds. It prints {@code ready} first, and ends at the
 * end of its input: the caller reads the broker's CPU clock between the lines.
 */
public final class AssignedConsumerBench {
  private static final Duration POLL_TIMEOUT = Duration.ofMillis(1000);
  private static final long STALL_LIMIT_NS = TimeUnit.SECONDS.toNanos(30);

  private AssignedConsumerBench() {}

  public static void main(String[] args) throws Exception {
    String topic = args[1];
    int partitions = Integer.parseInt(args[2]);
    long recordsPerPass = Long.parseLong(args[3]);
    Properties properties = new Properties();
    properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    for (int i = 4; i < args.length; i++) {
      int equals = args[i].indexOf('=');
      properties.put(args[i].substring(0, equals), args[i].substring(equals + 1));
    }
    List<TopicPartition> assigned = new ArrayList<>();
    for (int i = 0; i < partitions; i++) assigned.add(new TopicPartition(topic, i));

    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(assigned);
      consumer.seekToBeginning(assigned);
      for (TopicPartition partition : assigned) consumer.position(partition);
      System.out.println("ready");
      while (System.in.read() >= 0) pass(consumer, assigned, recordsPerPass);
    }
  }

  private static void pass(
      KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> assigned, long wanted) {
    long cpuStart = processCpuNs();
    long start = System.nanoTime();
    long lastProgress = start;
    long records = 0;
    long bytes = 0;
    consumer.seekToBeginning(assigned);
    while (records < wanted) {
      ConsumerRecords<byte[], byte[]> polled = consumer.poll(POLL_TIMEOUT);
      long now = System.nanoTime();
      if (polled.isEmpty()) {
        if (now - lastProgress > STALL_LIMIT_NS) {
          throw new IllegalStateException("stalled at " + records + " of " + wanted + " records");
        }
        continue;
      }
      lastProgress = now;
      for (ConsumerRecord<byte[], byte[]> record : polled) bytes += record.value().length;
      records += polled.count();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    double cpuSeconds = (processCpuNs() - cpuStart) / 1e9;
    System.out.println(
        "{\"records\":" + records + ",\"bytes\":" + bytes + ",\"seconds\":" + seconds
            + ",\"cpuSeconds\":" + cpuSeconds + "}");
  }

  private static long processCpuNs() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
