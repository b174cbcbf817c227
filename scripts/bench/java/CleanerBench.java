import com.sun.management.OperatingSystemMXBean;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.utils.Throttler;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * Compacts the log in a partition's directory with Kafka's own cleaner, on one thread, as its
 * broker would: {@code CleanerBench DIRECTORY NOW_MS[,NOW_MS...] DEDUPE_BYTES [name=value ...]}. Each
 * time of the wall clock stands for one cleaning of the whole log; the settings are those of a topic.
 * Prints for each the milliseconds that it took, those of CPU time, and the end of the clean part.
 */
public final class CleanerBench {
  private static final int IO_BUFFER_BYTES = 524288 / 2;
  private static final double LOAD_FACTOR = 0.9;

  private CleanerBench() {}

  public static void main(String[] args) throws Exception {
    File directory = new File(args[0]);
    int dedupeBytes = Integer.parseInt(args[2]);
    Map<String, String> settings = new HashMap<>();
    settings.put("cleanup.policy", "compact");
    for (int i = 3; i < args.length; i++) {
      String[] parts = args[i].split("=", 2);
      settings.put(parts[0], parts[1]);
    }
    Time time = Time.SYSTEM;
    KafkaScheduler scheduler = new KafkaScheduler(1);
    scheduler.startup();
    UnifiedLog log = UnifiedLog.create(directory, new LogConfig(settings), 0L, Long.MAX_VALUE,
      scheduler, new BrokerTopicStats(), time, 300000,
      new ProducerStateManagerConfig(86400000, false), 600000, new LogDirFailureChannel(1),
      true, Optional.empty());
    log.updateHighWatermark(log.logEndOffset());
    for (String nowMs : args[1].split(",")) {
      clean(log, Long.parseLong(nowMs), dedupeBytes, time);
    }
    log.close();
    scheduler.shutdown();
  }

  private static void clean(UnifiedLog log, long nowMs, int dedupeBytes, Time time)
    throws Exception {
    long uncleanable = Math.min(log.lastStableOffset(), log.activeSegment().baseOffset());
    Throttler throttler = new Throttler(Double.MAX_VALUE, 300, "cleaner-io", "bytes", time);
    long startedNs = System.nanoTime();
    long cpuBeforeNs = cpuNs();
    Cleaner cleaner = new Cleaner(0, new SkimpyOffsetMap(dedupeBytes), IO_BUFFER_BYTES,
      1024 * 1024, LOAD_FACTOR, throttler, time, partition -> { });
    LogToClean work = new LogToClean(log, log.logStartOffset(), uncleanable, true);
    long endOffset = cleaner.doClean(work, nowMs).getKey();
    long tookMs = (System.nanoTime() - startedNs) / 1000000;
    long cpuMs = (cpuNs() - cpuBeforeNs) / 1000000;
    System.out.println("ms=" + tookMs + " cpuMs=" + cpuMs + " endOffset=" + endOffset);
  }

  /** CPU time of the whole process: Kafka's garbage is collected by threads of its own. */
  private static long cpuNs() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
