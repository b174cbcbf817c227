import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * The checks of the Java client, all in one JVM: {@code ClientChecks BOOTSTRAP [FILTER]}. Standard
 * output carries {@link Suite}'s JSON lines and nothing else.
 */
public final class ClientChecks {
    private ClientChecks() {}

    public static void main(String[] args) {
        PrintStream report = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        Suite suite = new Suite(report);
        try (Fixture fixture = new Fixture(args[0])) {
            TopicChecks.register(suite, fixture);
            ClusterChecks.register(suite, fixture);
            QuotaChecks.register(suite, fixture);
            ConfigChecks.register(suite, fixture);
            ProduceChecks.register(suite, fixture);
            FetchChecks.register(suite, fixture);
            OffsetChecks.register(suite, fixture);
            RestartChecks.register(suite, fixture);
            TransactionChecks.register(suite, fixture);
            suite.run(args.length > 1 ? args[1] : "");
        }
        System.exit(0);
    }
}
