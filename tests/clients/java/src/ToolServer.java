import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs Kafka's command-line tools one after another in this JVM, which spares each the start of
 * its own. Reads {@code {"main":CLASS,"args":[...],"stdin":TEXT}} lines on standard input and
 * answers each with one line {@code {"code":N,"stdout":TEXT,"stderr":TEXT}}.
 */
public final class ToolServer {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What the tool wants to have run when its JVM ends; some flush their producer there. */
    private static final List<Runnable> SHUTDOWN_HOOKS = new ArrayList<>();

    private ToolServer() {}

    /** Unwinds a tool that wants to end the JVM. */
    private static final class Exited extends Error {
        Exited() {
            super("exit", null, false, false);
        }
    }

    /** What the tool wanted to exit with first: some catch {@link Exited} and exit once more. */
    private static Integer exitCode;

    private static void exit(int code) {
        if (exitCode == null) exitCode = code;
        throw new Exited();
    }

    public static void main(String[] args) throws Exception {
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        BufferedReader requests =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Exit.setExitProcedure((code, message) -> exit(code));
        Exit.setHaltProcedure((code, message) -> exit(code));
        Exit.setShutdownHookAdder((name, hook) -> SHUTDOWN_HOOKS.add(hook));
        String line;
        while ((line = requests.readLine()) != null) {
            answers.println(JSON.writeValueAsString(run(JSON.readTree(line))));
        }
        System.exit(0);
    }

    private static Map<String, Object> run(JsonNode request) throws Exception {
        List<String> args = new ArrayList<>();
        request.get("args").forEach(arg -> args.add(arg.asText()));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        byte[] input = request.get("stdin").asText().getBytes(StandardCharsets.UTF_8);
        System.setIn(new ByteArrayInputStream(input));
        PrintStream outStream = new PrintStream(out, true, StandardCharsets.UTF_8);
        PrintStream errStream = new PrintStream(err, true, StandardCharsets.UTF_8);
        System.setOut(outStream);
        System.setErr(errStream);
        int[] code = {0};
        // Scala's Console keeps the streams of its first use unless told otherwise.
        scala.Console.withOut(outStream, () -> scala.Console.withErr(errStream, () -> {
            code[0] = invoke(request.get("main").asText(), args, errStream);
            SHUTDOWN_HOOKS.forEach(Runnable::run);
            return null;
        }));
        return Map.of("code", code[0], "stdout", out.toString(StandardCharsets.UTF_8),
            "stderr", err.toString(StandardCharsets.UTF_8));
    }

    private static int invoke(String main, List<String> args, PrintStream err) {
        exitCode = null;
        try {
            Class.forName(main).getMethod("main", String[].class)
                .invoke(null, (Object) args.toArray(new String[0]));
            return 0;
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Exited) return exitCode;
            e.getCause().printStackTrace(err);
            return 1;
        } catch (ReflectiveOperationException e) {
            e.printStackTrace(err);
            return 127;
        }
    }
}
