import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A producer that sends one record after the other at a steady pace and watches how long
 * acknowledgements stay away.
 *
 * <p>Arguments: bootstrap, topic, milliseconds between records, then producer properties as
 * key=value. It prints {@code ready} when the first record was acknowledged. For every line on
 * standard input it prints one JSON line about the time since the line before: the longest time
 * without an acknowledgement in milliseconds, records acknowledged and failed. It ends at the end
 * of its input.
 */
public final class FailoverProbe {
  private static long lastAckNs;
  private static long longestNs;
  private static long acknowledged;
  private static long failed;
  private static volatile boolean ended;

  private FailoverProbe() {}

  public static void main(String[] args) throws Exception {
    String topic = args[1];
    long intervalNs = Long.parseLong(args[2]) * 1_000_000;
    Properties properties = new Properties();
    properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    properties.put(ProducerConfig.LINGER_MS_CONFIG, "0");
    for (int i = 3; i < args.length; i++) {
      int equals = args[i].indexOf('=');
      properties.put(args[i].substring(0, equals), args[i].substring(equals + 1));
    }
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      byte[] value = new byte[100];
      producer.send(new ProducerRecord<>(topic, 0, null, value)).get();
      reset();
      System.out.println("ready");
      Thread sender = new Thread(() -> sendSteadily(producer, topic, value, intervalNs));
      sender.start();
      while (System.in.read() >= 0) System.out.println(report());
      ended = true;
      sender.join();
    }
  }

  private static void sendSteadily(
      KafkaProducer<byte[], byte[]> producer, String topic, byte[] value, long intervalNs) {
    long next = System.nanoTime();
    while (!ended) {
      producer.send(
          new ProducerRecord<>(topic, 0, null, value), (metadata, error) -> done(error == null));
      next += intervalNs;
      LockSupport.parkNanos(Math.max(0, next - System.nanoTime()));
    }
  }

  private static synchronized void done(boolean succeeded) {
    if (!succeeded) {
      failed++;
      return;
    }
    long now = System.nanoTime();
    longestNs = Math.max(longestNs, now - lastAckNs);
    lastAckNs = now;
    acknowledged++;
  }

  private static synchronized String report() {
    // A silence that lasts counts as far as it goes.
    longestNs = Math.max(longestNs, System.nanoTime() - lastAckNs);
    String line =
        "{\"longestMs\":" + longestNs / 1e6 + ",\"acknowledged\":" + acknowledged + ",\"failed\":"
            + failed + "}";
    reset();
    return line;
  }

  private static synchronized void reset() {
    lastAckNs = System.nanoTime();
    longestNs = 0;
    acknowledged = 0;
    failed = 0;
  }
}
