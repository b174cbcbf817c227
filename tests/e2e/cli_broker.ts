/** A `jocko dev` broker for the tests of the command line. */
import { join } from "std/path";
import { JockoProcess } from "./jocko_process.ts";
import { runJocko, type SessionPlace } from "./cli_session.ts";

const ROOT = join(import.meta.dirname ?? ".", "../..");

/** Runs `body` with a broker of its own, and a place for sessions that points to it. */
export async function withBroker(body: (place: SessionPlace) => Promise<void>): Promise<void> {
  const process = new JockoProcess({
    program: Deno.execPath(),
    args: ["run", "-A", "--no-check", "main.ts", "dev", "--port", "0"],
    cwd: ROOT,
  });
  const directory = await Deno.makeTempDir({ prefix: "jocko-cli-test-" });
  try {
    const address = await process.address();
    const place = placeAt(address, directory, "");
    const { output } = await runJocko(["config", "get", "broker/1", "log.dirs"], place);
    await body(placeAt(address, directory, output.trim()));
    process.signal("SIGTERM");
    await process.end();
  } finally {
    await process.kill();
    await Deno.remove(directory, { recursive: true });
  }
}

function placeAt(address: string, directory: string, dataDir: string): SessionPlace {
  return {
    environment: {
      JOCKO_BROKERS: address,
      JOCKO_CONTEXTS: join(directory, "contexts.json"),
    },
    replacements: [
      [/^127\.0\.0\.1:9092$/, address],
      [/^data(?=\/|$)/, dataDir],
      [/^(?=jocko-debug\.json$|offsets\.csv$)/, `${directory}/`],
    ],
    standIns: [
      [address, "127.0.0.1:9092"],
      [`"port": ${address.split(":")[1]}`, `"port": 9092`],
      [directory, "DIR"],
      [/\/tmp\/jocko-dev-[0-9a-f]+/g, "data"],
      [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME"],
      [/\b1[789]\d{11}\b/g, "MILLISECONDS"],
      [/(?<![\w/-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{21}[AQgw](?![\w-])/g, "ID"],
      [/\bin \d+(ms|s)\b/g, "in TIME"],
      [/"elapsedMs": \d+/g, `"elapsedMs": N`],
      [/"lagMs": \d+/g, `"lagMs": N`],
      [/(?<=\s)\d+(ms|s|m)(?=\s|$)/g, "AGE"],
    ],
  };
}
