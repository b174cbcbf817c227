import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Several producers in one JVM, each with its own connection, writing one topic at full speed.
 *
 * <p>Arguments: bootstrap, topic, producers, records per pass (all producers together), record size
 * in bytes, then producer properties as key=value. For every line on standard input it makes one
 * pass and prints one JSON line: records, bytes, seconds, process CPU seconds. It prints {@code
 * ready} first, and ends at the end of its input. A record that is refused ends the program.
 */
public final class ParallelProducerBench {
  private ParallelProducerBench() {}

  public static void main(String[] args) throws Exception {
    String topic = args[1];
    int producerCount = Integer.parseInt(args[2]);
    long recordsPerPass = Long.parseLong(args[3]);
    byte[] value = new byte[Integer.parseInt(args[4])];
    Random random = new Random(1);
    for (int i = 0; i < value.length; i++) value[i] = (byte) (random.nextInt(26) + 'A');
    Properties properties = new Properties();
    properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    for (int i = 5; i < args.length; i++) {
      int equals = args[i].indexOf('=');
      properties.put(args[i].substring(0, equals), args[i].substring(equals + 1));
    }

    List<KafkaProducer<byte[], byte[]>> producers = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(producerCount);
    try {
      for (int i = 0; i < producerCount; i++) {
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(
                properties, new ByteArraySerializer(), new ByteArraySerializer());
        producer.partitionsFor(topic);
        producers.add(producer);
      }
      System.out.println("ready");
      while (System.in.read() >= 0) {
        pass(producers, threads, topic, recordsPerPass / producerCount, value);
      }
    } finally {
      threads.shutdownNow();
      for (KafkaProducer<byte[], byte[]> producer : producers) producer.close();
    }
  }

  private static void pass(
      List<KafkaProducer<byte[], byte[]>> producers,
      ExecutorService threads,
      String topic,
      long recordsEach,
      byte[] value)
      throws Exception {
    long cpuStart = processCpuNs();
    long start = System.nanoTime();
    List<Future<?>> sends = new ArrayList<>();
    for (KafkaProducer<byte[], byte[]> producer : producers) {
      sends.add(threads.submit(() -> sendAll(producer, topic, recordsEach, value)));
    }
    for (Future<?> send : sends) send.get();
    double seconds = (System.nanoTime() - start) / 1e9;
    double cpuSeconds = (processCpuNs() - cpuStart) / 1e9;
    long records = recordsEach * producers.size();
    System.out.println(
        "{\"records\":" + records + ",\"bytes\":" + records * value.length + ",\"seconds\":"
            + seconds + ",\"cpuSeconds\":" + cpuSeconds + "}");
  }

  private static void sendAll(
      KafkaProducer<byte[], byte[]> producer, String topic, long records, byte[] value) {
    AtomicReference<Exception> refused = new AtomicReference<>();
    for (long i = 0; i < records; i++) {
      producer.send(
          new ProducerRecord<>(topic, value),
          (metadata, error) -> {
            if (error != null) refused.compareAndSet(null, error);
          });
    }
    producer.flush();
    if (refused.get() != null) throw new IllegalStateException(refused.get());
  }

  private static long processCpuNs() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
