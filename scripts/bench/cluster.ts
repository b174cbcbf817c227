/**
 * Three brokers of one cluster on this machine's loopback address.
 *
 * @module
 */

import { join } from "std/path";
import { freePort } from "../apache_kafka.ts";
import { type BrokerKind, waitUntilAnswers } from "./brokers.ts";
import { Process } from "./processes.ts";

export const CLUSTER_SIZE = 3;

/** One broker: where it is, and how it is started again. */
interface Place {
  readonly listen: string;
  readonly directory: string;
  readonly command: readonly string[];
  process: Process | undefined;
}

/** The brokers of a cluster; {@link stop} must be awaited. */
export class Cluster {
  private constructor(readonly places: readonly Place[]) {}

  /** Forms a cluster and waits until every broker answers. */
  static async start(kind: BrokerKind, directory: string): Promise<Cluster> {
    const { clusterCommand } = kind;
    if (clusterCommand === undefined) throw new Error(`${kind.name} forms no cluster here`);
    const ports = Array.from({ length: CLUSTER_SIZE }, () => [freePort(), freePort()] as const);
    const places = ports.map(([port, clusterPort], index) => {
      const home = join(directory, `broker-${index}`);
      const seeds = index === 0 ? [] : ["--join", `127.0.0.1:${ports[0]![1]}`];
      return {
        listen: `127.0.0.1:${port}`,
        directory: home,
        command: clusterCommand([
          ...["--data-dir", join(home, "data"), "--listen", `127.0.0.1:${port}`],
          ...["--cluster-listen", `127.0.0.1:${clusterPort}`, "--expect", String(CLUSTER_SIZE)],
          ...seeds,
        ]),
        process: undefined,
      };
    });
    const cluster = new Cluster(places);
    for (const { directory: home } of places) await Deno.mkdir(home, { recursive: true });
    places.forEach((_, index) => cluster.spawn(index));
    for (let index = 0; index < CLUSTER_SIZE; index++) await cluster.answers(index);
    return cluster;
  }

  get bootstrap(): string {
    return this.places.map(({ listen }) => listen).join(",");
  }

  /** Process ids of those that run. */
  get pids(): number[] {
    return this.places.flatMap(({ process }) => process === undefined ? [] : [process.pid]);
  }

  /** The place of the broker that serves clients on that port. */
  indexOf(port: number): number {
    return this.places.findIndex(({ listen }) => listen.endsWith(`:${port}`));
  }

  spawn(index: number): void {
    const place = this.places[index]!;
    place.process = Process.logged(place.command, join(place.directory, "broker.log"));
  }

  async answers(index: number): Promise<void> {
    const { listen, process, directory } = this.places[index]!;
    await waitUntilAnswers({ bootstrap: listen, process }, directory);
  }

  /** SIGKILL. */
  async kill(index: number): Promise<void> {
    const place = this.places[index]!;
    await place.process?.kill();
    place.process = undefined;
  }

  /** SIGTERM, and the end. */
  async shutDown(index: number): Promise<void> {
    const place = this.places[index]!;
    await place.process?.stop();
    place.process = undefined;
  }

  async stop(): Promise<void> {
    await Promise.all(this.places.map((_, index) => this.shutDown(index)));
  }
}
