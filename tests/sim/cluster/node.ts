import type { Broker } from "../../../src/broker/broker.ts";
import { SimulatedCrash } from "../../unit/log/simulated_disk.ts";
import type { Machine } from "../world/machine.ts";
import type { Environment, World } from "../world/world.ts";

/** A broker that serves. */
export interface RunningNode {
  readonly broker: Broker;
  /** Hands over, drains, makes everything durable. */
  stop(): Promise<void>;
}

/** Brings the program up on a machine; settles when it serves. */
export type Launch = (
  io: Environment,
  machine: Machine,
  /** Told of the broker as soon as there is one, before it serves. */
  opened: (broker: Broker) => void,
) => Promise<RunningNode>;

/** How long the supervisor waits before it starts a process again that has ended. */
const RESTART_AFTER_MS = 1000;

/** What a {@link Node} tells. */
export interface NodeListener {
  /** A broker has its logs and metadata open. */
  opened(node: Node, broker: Broker): void;
  /** A start failed; returns whether that is no fault of the program. */
  startFailed(node: Node, error: unknown): boolean;
}

/** A machine that is to run a broker, and the supervisor that starts it again. */
export class Node {
  broker: Broker | undefined;
  running: RunningNode | undefined;
  /** False while the node is to stay down. */
  isWanted = false;
  /** So many starts have failed since the last that went well. */
  failedStarts = 0;
  constructor(
    readonly world: World,
    readonly machine: Machine,
    private readonly launch: Launch,
    private readonly listener: NodeListener,
  ) {}

  get name(): string {
    return this.machine.name;
  }

  get isServing(): boolean {
    return this.running !== undefined && this.machine.process !== undefined;
  }

  start(): void {
    this.isWanted = true;
    if (this.machine.process !== undefined) return;
    if (this.machine.disk.isDown) {
      // The turn in which the last process died is not over.
      this.world.time.schedule(1, () => {
        if (this.isWanted) this.start();
      });
      return;
    }
    const process = this.machine.boot();
    const io = this.world.environment(process);
    process.onEnd(() => {
      this.broker = undefined;
      this.running = undefined;
      // The supervisor starts again what ended by itself.
      if (this.isWanted) this.#startLater();
    });
    const opened = (broker: Broker) => {
      if (!process.isAlive) return;
      this.broker = broker;
      this.listener.opened(this, broker);
    };
    process.enter(() => {
      this.launch(io, this.machine, opened).then((running) => {
        if (!process.isAlive) return;
        this.running = running;
        this.failedStarts = 0;
        this.world.time.trace.note("serving", this.world.time.nowMs, this.name);
      }, (error) => {
        if (!process.isAlive || error instanceof SimulatedCrash) return;
        this.#failed(error);
      });
    });
  }

  /** Ends the broker as the operator does. */
  async stop(): Promise<void> {
    this.isWanted = false;
    const { running, machine } = this;
    const { process } = machine;
    if (running === undefined) {
      machine.kill("process");
      return;
    }
    this.running = undefined;
    await running.stop();
    if (machine.process === process) machine.kill("process");
  }

  /** Takes its life; it stays down until {@link start}. */
  crash(kind: "process" | "power"): void {
    this.isWanted = false;
    this.machine.kill(kind);
  }

  #failed(error: unknown): void {
    const { world, machine } = this;
    const shown = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    world.time.trace.note("start failed", world.time.nowMs, this.name, shown);
    this.failedStarts++;
    if (!this.listener.startFailed(this, error)) {
      world.time.fail(error);
      return;
    }
    machine.kill("process");
  }

  #startLater(): void {
    this.world.time.schedule(RESTART_AFTER_MS, () => {
      if (this.isWanted) this.start();
    });
  }
}
