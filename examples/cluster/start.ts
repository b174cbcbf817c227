// deno-lint-ignore-file no-console -- a command-line tool: what it prints is its result
/**
 * Three brokers on this machine that form one cluster, until Ctrl-C:
 *
 *     deno run -A examples/cluster/start.ts [--dir DIR] [--port PORT]
 *
 * They serve clients on 127.0.0.1, ports 9092, 9094 and 9096, and each other on 9093, 9095 and 9097.
 * The data are below DIR, by default a temporary directory that is removed at the end. A cluster on
 * several machines takes the same three commands, with the addresses of the machines and a
 * `--cluster-key`.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";

const BROKERS = 3;
const ROOT = join(import.meta.dirname ?? ".", "../..");

/** The arguments of one broker: each one names the first, which names nobody. */
function brokerArguments(index: number, directory: string, firstPort: number): string[] {
  const port = firstPort + 2 * index;
  const join_ = index === 0 ? [] : ["--join", `127.0.0.1:${firstPort + 1}`];
  return [
    ...["broker", "--data-dir", join(directory, `broker-${index + 1}`)],
    ...["--listen", `127.0.0.1:${port}`, "--cluster-listen", `127.0.0.1:${port + 1}`],
    ...["--expect", String(BROKERS), ...join_],
  ];
}

const { values } = parseArgs({
  args: Deno.args,
  options: { dir: { type: "string" }, port: { type: "string", default: "9092" } },
});
const directory = values.dir ?? await Deno.makeTempDir({ prefix: "jocko-cluster-" });
const firstPort = Number(values.port);
const brokers = Array.from({ length: BROKERS }, (_, index) =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "main.ts", ...brokerArguments(index, directory, firstPort)],
    cwd: ROOT,
    stdin: "null",
  }).spawn());
const addresses = brokers.map((_, index) => `127.0.0.1:${firstPort + 2 * index}`);
console.log(`three brokers are starting; clients connect to ${addresses.join(",")}`);

// Ctrl-C reaches the brokers as well as this process, and a second signal would end them at once.
Deno.addSignalListener("SIGINT", () => {});
Deno.addSignalListener("SIGTERM", () => {
  for (const broker of brokers) broker.kill("SIGTERM");
});
const ends = await Promise.all(brokers.map(({ status }) => status));
if (values.dir === undefined) await Deno.remove(directory, { recursive: true });
Deno.exit(ends.every(({ success }) => success) ? 0 : 1);
