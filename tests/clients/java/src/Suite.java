import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Named checks, run one after another in this JVM. Each prints one JSON line on standard output:
 * {@code {"check":NAME,"outcome":"passed|failed|skipped","ms":N,"detail":TEXT}}. A check may ask
 * the parent process for something with {@code {"ask":WHAT}} and gets one line on standard input.
 */
final class Suite {
    /** A check: returns when all is well, throws when it is not. */
    interface Body {
        void run() throws Exception;
    }

    /** Thrown by a check that can't run here. */
    static final class Skipped extends RuntimeException {
        Skipped(String reason) {
            super(reason);
        }
    }

    private record Check(String name, Body body) {}

    private static final int TIMEOUT_SECONDS = 60;

    private final List<Check> checks = new ArrayList<>();
    private final PrintStream out;
    private final BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

    Suite(PrintStream out) {
        this.out = out;
    }

    void check(String name, Body body) {
        checks.add(new Check(name, body));
    }

    /** Runs the checks whose name contains {@code filter}. */
    void run(String filter) {
        ExecutorService executor = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            return thread;
        });
        for (Check check : checks) {
            if (check.name.contains(filter)) run(check, executor);
        }
    }

    private void run(Check check, ExecutorService executor) {
        long startNs = System.nanoTime();
        String outcome = "passed";
        String detail = "";
        Future<?> future = executor.submit(() -> {
            check.body.run();
            return null;
        });
        try {
            future.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            outcome = cause instanceof Skipped ? "skipped" : "failed";
            detail = cause instanceof Skipped ? cause.getMessage() : stackTrace(cause);
        } catch (TimeoutException e) {
            future.cancel(true);
            outcome = "failed";
            detail = "no end within " + TIMEOUT_SECONDS + " s";
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        long ms = (System.nanoTime() - startNs) / 1_000_000;
        out.println("{\"check\":" + quote(check.name) + ",\"outcome\":" + quote(outcome)
            + ",\"ms\":" + ms + ",\"detail\":" + quote(detail) + "}");
        out.flush();
    }

    /** Has the parent process do {@code what}; skips the check when it can't. */
    void ask(String what) throws IOException {
        out.println("{\"ask\":" + quote(what) + "}");
        out.flush();
        String answer = in.readLine();
        if (!"done".equals(answer)) throw new Skipped(String.valueOf(answer));
    }

    private static String stackTrace(Throwable cause) {
        StringWriter text = new StringWriter();
        cause.printStackTrace(new PrintWriter(text));
        String full = text.toString();
        return full.length() < 4000 ? full : full.substring(0, 4000);
    }

    static String quote(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') json.append('\\').append(c);
            else if (c < 32) json.append(String.format("\\u%04x", (int) c));
            else json.append(c);
        }
        return json.append('"').toString();
    }
}
