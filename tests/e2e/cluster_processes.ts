/** Brokers of one cluster, each a process of its own on a loopback address. */
import { join } from "std/path";
import { JockoProcess } from "./jocko_process.ts";

const ROOT = join(import.meta.dirname ?? ".", "../..");
const EXECUTABLE = Deno.env.get("JOCKO_BIN");

/** Where one broker is. */
export interface BrokerPlace {
  readonly dataDir: string;
  readonly listen: string;
  readonly clusterListen: string;
}

/** `count` ports of `host` that were free a moment ago. */
export function freePorts(count: number, host = "127.0.0.1"): number[] {
  const taken = Array.from({ length: count }, () => Deno.listen({ hostname: host, port: 0 }));
  const ports = taken.map(({ addr }) => (addr as Deno.NetAddr).port);
  for (const listener of taken) listener.close();
  return ports;
}

/** Starts `jocko broker` with these arguments. */
export function startBroker(cwd: string, ...args: readonly string[]): JockoProcess {
  if (EXECUTABLE !== undefined) {
    return new JockoProcess({ program: EXECUTABLE, args: ["broker", ...args], cwd });
  }
  const run = ["run", "-A", "--no-check", join(ROOT, "main.ts"), "broker"];
  return new JockoProcess({ program: Deno.execPath(), args: [...run, ...args], cwd });
}

/** A cluster of processes; {@link end} must be awaited. */
export class ClusterProcesses {
  readonly #running = new Map<number, JockoProcess>();

  private constructor(
    readonly directory: string,
    readonly places: readonly BrokerPlace[],
    readonly common: readonly string[],
  ) {}

  /**
   * Places for `count` brokers, none of which runs yet.
   *
   * @param hosts the addresses they take, the last one for all the rest
   * @param common arguments of all brokers
   */
  static async prepare(
    count: number,
    hosts: readonly string[] = ["127.0.0.1"],
    common: readonly string[] = [],
  ): Promise<ClusterProcesses> {
    const made = await Deno.makeTempDir({ prefix: "jocko-cluster-" });
    const directory = await Deno.realPath(made);
    const places = Array.from({ length: count }, (_, index) => {
      const host = hosts[index] ?? hosts.at(-1)!;
      const [client, cluster] = freePorts(2, host);
      return {
        dataDir: join(directory, `broker-${index + 1}`),
        listen: `${host}:${client}`,
        clusterListen: `${host}:${cluster}`,
      };
    });
    return new ClusterProcesses(directory, places, common);
  }

  /** Every address that clients may begin with. */
  get bootstrap(): string {
    return this.places.map(({ listen }) => listen).join(",");
  }

  /** Starts the broker of a place; `await ready(index)` tells when it serves. */
  start(index: number, ...args: readonly string[]): JockoProcess {
    const { dataDir, listen, clusterListen } = this.places[index]!;
    const own = ["--data-dir", dataDir, "--listen", listen, "--cluster-listen", clusterListen];
    const process = startBroker(this.directory, ...own, ...this.common, ...args);
    this.#running.set(index, process);
    return process;
  }

  /** The argument that joins a broker to those of other places. */
  joins(...indexes: readonly number[]): string[] {
    return indexes.flatMap((index) => ["--join", this.places[index]!.clusterListen]);
  }

  process(index: number): JockoProcess {
    const process = this.#running.get(index);
    if (process === undefined) throw new Error(`broker ${index} does not run`);
    return process;
  }

  /** Waits until these brokers serve. */
  async ready(...indexes: readonly number[]): Promise<void> {
    for (const index of indexes) await this.process(index).address();
  }

  /** As `kill -9`. */
  async kill(index: number): Promise<void> {
    await this.process(index).kill();
    this.#running.delete(index);
  }

  /** Asks the broker to stop, and waits until it has. @returns its exit code */
  async stop(index: number): Promise<number> {
    const process = this.process(index);
    process.signal("SIGTERM");
    const { code } = await process.end();
    this.#running.delete(index);
    return code;
  }

  /** Ends everything and removes the data. */
  async end(): Promise<void> {
    for (const process of this.#running.values()) await process.kill();
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** Three brokers that have formed a cluster by the three commands of the README. */
export async function withThreeBrokers(
  test: (cluster: ClusterProcesses) => Promise<void>,
  common: readonly string[] = [],
): Promise<void> {
  const hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
  const cluster = await ClusterProcesses.prepare(3, hosts, common);
  try {
    cluster.start(0, "--expect", "3");
    cluster.start(1, "--expect", "3", ...cluster.joins(0));
    cluster.start(2, "--expect", "3", ...cluster.joins(0));
    await cluster.ready(0, 1, 2);
    await test(cluster);
  } finally {
    await cluster.end();
  }
}
