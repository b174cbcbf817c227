import { setImmediate } from "node:timers";
import type { Logger } from "../../../src/base/logger.ts";
import { DenoDigests } from "../../../src/host/deno_digests.ts";
import type { Ciphers } from "../../../src/io/ciphers.ts";
import type { Clock } from "../../../src/io/clock.ts";
import type { Datagrams } from "../../../src/io/datagrams.ts";
import type { Digests } from "../../../src/io/digests.ts";
import type { Disk } from "../../../src/io/disk.ts";
import type { Network } from "../../../src/io/network.ts";
import type { Random } from "../../../src/io/random.ts";
import { SimulatedCrash } from "../../unit/log/simulated_disk.ts";
import { Fabric } from "./fabric.ts";
import { Machine, type SimulatedProcess } from "./machine.ts";
import { SimulatedCiphers } from "./simulated_ciphers.ts";
import { SeededRandom } from "./seeded_random.ts";
import { DatagramPorts, SimulatedDatagrams } from "./simulated_datagrams.ts";
import { SimulatedInternet, SimulatedNetwork } from "./simulated_network.ts";
import { VirtualTime } from "./virtual_time.ts";

/** All that the program may touch of the machine that it runs on. */
export interface Environment {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly network: Network;
  readonly datagrams: Datagrams;
  readonly ciphers: Ciphers;
  readonly digests: Digests;
  readonly logger: Logger;
}

// Both answer within the call and from their arguments alone, as the simulation asks of everything.
const digests = new DenoDigests();
const ciphers = new SimulatedCiphers();

/** How long the platter takes when it is not slow. */
const DISK_LATENCY_MS = 0.05;
const DISK_LATENCY_JITTER_MS = 0.2;

/** Machines, a network between them, one time and one seed. */
export class World {
  readonly time = new VirtualTime();
  readonly random: SeededRandom;
  readonly fabric: Fabric;
  readonly internet: SimulatedInternet;
  readonly machines = new Map<string, Machine>();
  readonly #datagramPorts = new DatagramPorts();

  constructor(readonly seed: number) {
    this.random = new SeededRandom(seed);
    this.fabric = new Fabric(this.time, this.random);
    const isPowered = (host: string) => this.#byHost(host)?.isPowered ?? false;
    this.internet = new SimulatedInternet(this.fabric, isPowered);
  }

  /** Adds a machine with an empty disk. Names and addresses are given once. */
  addMachine(name: string, host: string): Machine {
    const random = this.random.fork(`machine ${name}`);
    const latencyMs = () =>
      (DISK_LATENCY_MS + random.exponential(DISK_LATENCY_JITTER_MS)) * machine.diskSlowness;
    const machine = new Machine(name, host, this.time, random, latencyMs);
    this.machines.set(name, machine);
    return machine;
  }

  /** What a process works with. */
  environment(process: SimulatedProcess): Environment {
    const { machine } = process;
    return {
      clock: process.clock,
      random: machine.random.fork(`life ${process.life}`),
      disk: machine.disk,
      network: new SimulatedNetwork(process, this.internet),
      datagrams: new SimulatedDatagrams(process, this.#datagramPorts, this.fabric),
      ciphers,
      digests,
      logger: machine.logger(),
    };
  }

  /**
   * Runs `work` with errors that nobody caught counted against it, as they end a real process.
   *
   * @param isExpected told of each; true when it is no fault of the program
   * @throws what {@link VirtualTime.run} throws
   */
  async guarded<T>(
    work: () => Promise<T>,
    isExpected: (error: unknown) => boolean = () => false,
  ): Promise<T> {
    const onRejection = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      const { reason } = event;
      if (!(reason instanceof SimulatedCrash) && !isExpected(reason)) this.time.fail(reason);
    };
    globalThis.addEventListener("unhandledrejection", onRejection);
    try {
      const result = await work();
      // Rejections are told of when a turn of the runtime's loop ends.
      await new Promise<void>((resolve) => setImmediate(resolve));
      this.time.throwIfFailed();
      return result;
    } finally {
      globalThis.removeEventListener("unhandledrejection", onRejection);
    }
  }

  #byHost(host: string): Machine | undefined {
    for (const machine of this.machines.values()) if (machine.host === host) return machine;
    return undefined;
  }
}
