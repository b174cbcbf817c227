import type { Broker } from "../../../src/broker/broker.ts";
import { DiskError } from "../../../src/io/disk.ts";
import { checkEvent } from "../checkers/event_checker.ts";
import { Judge } from "../checkers/judge.ts";
import { compareLogs } from "../checkers/log_comparison.ts";
import { MetadataChecker } from "../checkers/metadata_checker.ts";
import { ReplicaChecker } from "../checkers/replica_checker.ts";
import { type Invariant, InvariantViolation } from "../checkers/violation.ts";
import { ClusterClient } from "../client/cluster_client.ts";
import type { FaultScene } from "../faults/fault.ts";
import { FaultInjector } from "../faults/injector.ts";
import { ensureTopic } from "../workload/admin.ts";
import { startActors } from "../workload/actors.ts";
import { finalReads } from "../workload/final_reads.ts";
import { ProgressProbe } from "../workload/progress_probe.ts";
import { TOPICS } from "../workload/topics.ts";
import type { Actor } from "../workload/workload.ts";
import { type Environment, World } from "../world/world.ts";
import { isFull, playGrowth } from "./growth.ts";
import { type Launch, Node, type NodeListener } from "./node.ts";
import type { RunPlan } from "./settings.ts";
import { CLIENT_PORT } from "./launch.ts";

/** How long the cluster may take to form, before anything goes wrong. */
const FORMATION_MS_MAX = 60_000;
/** Invariant 11. */
const PROGRESS_MS_MAX = 10_000;
/** How long the brokers of a growth may take to come and go. */
const GROWTH_MS_MAX = 600_000;
/** What was begun in trouble is to be finished so long after the faults have healed. */
const FINISH_MS_MAX = 90_000;
/** How often replicas are looked at. */
const LOOK_INTERVAL_MS = 200;
const CLIENT_MACHINES = 2;
const NODES_MAX = 5;

/** What came of a run that kept every invariant. */
export interface RunResult {
  readonly seed: number;
  readonly plan: RunPlan;
  readonly simulatedMs: number;
  readonly events: number;
  readonly hash: string;
  readonly acknowledgedRecords: number;
  readonly committedTransactions: number;
  readonly faults: number;
}

/** A run in which an invariant was broken, or the program ended by itself. */
export class RunFailure extends Error {
  override readonly name = "RunFailure";
  constructor(
    readonly seed: number,
    readonly reason: unknown,
    readonly trace: readonly string[],
    readonly atMs: number,
  ) {
    super(reason instanceof Error ? reason.message : String(reason), { cause: reason });
  }
}

/** One run: a cluster, a workload, trouble, and the judgement. */
export class Run implements NodeListener {
  readonly world: World;
  readonly nodes: Node[] = [];
  readonly judge: Judge;
  readonly #metadata: MetadataChecker;
  readonly #replicas: ReplicaChecker;
  readonly #injector: FaultInjector;
  readonly #clients: readonly Environment[];
  readonly #operator: ClusterClient;
  /** Nodes whose disks have failed since they were started. */
  readonly #damaged = new Set<Node>();
  #isDiskSpent = false;
  /** Before it nothing may crash that has not done so yet. */
  #quietUntilMs = 0;
  #troubleEndMs = 0;
  #isOn = true;

  constructor(readonly seed: number, readonly plan: RunPlan, private readonly launch: Launch) {
    this.world = new World(seed);
    const { time } = this.world;
    const report = (invariant: Invariant, found: string) => {
      time.fail(new InvariantViolation(invariant, found));
    };
    this.judge = new Judge(report, () => time.nowMs);
    this.#metadata = new MetadataChecker(report);
    this.#replicas = new ReplicaChecker(report);
    const machines = Array.from({ length: CLIENT_MACHINES }, (_, i) => {
      const machine = this.world.addMachine(`c${i + 1}`, `10.0.1.${i + 1}`);
      return this.world.environment(machine.boot());
    });
    this.#clients = machines;
    this.#operator = this.#newClient("operator", 0);
    this.#injector = new FaultInjector(this.#scene(), plan.faults, plan.faultIntervalMs);
  }

  /** @throws {RunFailure} */
  async run(): Promise<RunResult> {
    const { time } = this.world;
    try {
      return await this.world.guarded(() => this.#phases(), (error) => this.#mayEndProcess(error));
    } catch (error) {
      throw new RunFailure(this.seed, error, time.trace.tail(400), time.nowMs);
    }
  }

  opened(node: Node, broker: Broker): void {
    this.#metadata.watch(node.name, broker.quorum);
  }

  startFailed(node: Node, error: unknown): boolean {
    return this.#damaged.has(node) && error instanceof Error;
  }

  async #phases(): Promise<RunResult> {
    const { time } = this.world;
    for (let i = 0; i < this.plan.nodes; i++) this.#addNode();
    const operator = this.#operator;
    const replicas = this.plan.script === "growth" ? -1 : Math.min(3, this.plan.nodes);
    const topics = TOPICS.map((topic) => ensureTopic(operator, topic, replicas));
    await time.runUntil(Promise.all(topics), FORMATION_MS_MAX);
    const newClient = (name: string, machine: number) => this.#newClient(name, machine);
    const actors = startActors(this.world, newClient, this.judge, this.plan, () => this.#isOn);
    const ended = Promise.all(actors.map((actor) => actor.run()));
    this.#look();
    this.#troubleEndMs = time.nowMs + this.plan.troubleMs;
    this.#injector.start();
    if (this.plan.script === "growth") await time.runUntil(this.#grow(), GROWTH_MS_MAX);
    else await time.run(this.#troubleEndMs);
    this.#heal();
    await this.#checkProgress(this.#newClient("probe", 1));
    this.#isOn = false;
    await time.runUntil(ended, FINISH_MS_MAX);
    await time.runUntil(finalReads(operator, this.judge, this.world), FINISH_MS_MAX);
    this.judge.transactions.finish();
    await time.runUntil(this.#compareLogs(), FINISH_MS_MAX);
    time.throwIfFailed();
    return this.#result(actors);
  }

  #grow(): Promise<void> {
    return playGrowth({
      random: this.world.random.fork("growth"),
      operator: this.#operator,
      nodes: () => this.nodes,
      addNode: () => this.#addNode(),
      removeNode: (node) => void this.nodes.splice(this.nodes.indexOf(node), 1),
    });
  }

  #scene(): FaultScene {
    const { world, nodes } = this;
    return {
      world,
      random: world.random.fork("faults"),
      nodes: () => nodes,
      clientHosts: [...world.machines.values()].map(({ host }) => host),
      operator: this.#operator,
      addNode: () => {
        if (this.plan.nodes > 1 && nodes.length < NODES_MAX) this.#addNode();
      },
      maySpareDisk: (node, quietMs) => this.#maySpareDisk(node, quietMs),
      mayCrash: () => world.time.nowMs >= this.#quietUntilMs,
      diskDamaged: (node) => void this.#damaged.add(node),
      diskReplaced: (node) => node.machine.replaceDisk(),
    };
  }

  #addNode(): Node {
    const number = this.nodes.length + 1;
    const machine = this.world.addMachine(`n${number}`, `10.0.0.${number}`);
    machine.onWarning = (event, fields) =>
      checkEvent(machine.name, event, fields, this.judge.report);
    const node = new Node(this.world, machine, this.launch, this);
    this.nodes.push(node);
    node.start();
    return node;
  }

  /** @param machine which of the machines of clients; more clients than machines share them */
  #newClient(clientId: string, machine: number): ClusterClient {
    return new ClusterClient({
      io: this.#clients[machine % this.#clients.length]!,
      clientId,
      random: this.world.random.fork(`client ${clientId}`),
      bootstrap: () => this.nodes.map((node) => ({ host: node.machine.host, port: CLIENT_PORT })),
    });
  }

  /** Everything works again from now on. */
  #heal(): void {
    const { time, fabric } = this.world;
    time.trace.note("healed", time.nowMs, "world");
    this.#injector.stop();
    fabric.heal();
    for (const node of this.nodes) {
      node.machine.process?.resume();
      node.machine.diskSlowness = 1;
      node.machine.disk.limitTo(Infinity);
      node.machine.disk.unplant();
      // A log that has failed is opened again by a start, which is the operator's to do.
      if (this.#damaged.has(node)) node.crash("process");
      node.start();
    }
  }

  async #checkProgress(client: ClusterClient): Promise<void> {
    const { time } = this.world;
    const probe = new ProgressProbe(client, this.world.random.fork("probe"), this.judge);
    const startMs = time.nowMs;
    let isDone = false;
    const work = probe.run().then(() => isDone = true);
    await time.run(startMs + PROGRESS_MS_MAX);
    if (!isDone) {
      this.judge.report(
        "progress",
        `not done ${PROGRESS_MS_MAX} ms after all healed: ${probe.waitsFor()}`,
      );
      time.throwIfFailed();
    }
    await work;
  }

  async #compareLogs(): Promise<void> {
    const brokers = this.nodes.flatMap(({ name, broker, isServing }) =>
      broker !== undefined && isServing ? [{ node: name, broker }] : []
    );
    await compareLogs(brokers, this.judge.report);
    this.#metadata.compareImages(
      brokers.map(({ node, broker }) => ({ node, image: broker.quorum.image })),
    );
  }

  /** Looks at every replica now and again. */
  #look(): void {
    for (const node of this.nodes) {
      const { broker } = node;
      if (broker === undefined || !node.isServing) continue;
      for (const partition of broker.partitions.all()) {
        this.#replicas.look(node.name, partition);
      }
    }
    this.world.time.schedule(LOOK_INTERVAL_MS, () => this.#look());
  }

  /** One disk in all may be lost, when the other replicas have all that it has. */
  #maySpareDisk(node: Node, quietMs: number): boolean {
    const { time } = this.world;
    if (this.plan.nodes < 3 || this.#isDiskSpent || this.#damaged.size > 0) return false;
    if (!this.#mayWait(quietMs) || !this.nodes.every((each) => each.isServing)) return false;
    if (!isFull(node.broker!)) return false;
    this.#isDiskSpent = true;
    this.#quietUntilMs = time.nowMs + quietMs;
    for (const { machine } of this.nodes) machine.disk.unplant();
    return true;
  }

  /** What is damaged for good may stay so until the end; what is to heal must have the time. */
  #mayWait(quietMs: number): boolean {
    return quietMs === Infinity || this.world.time.nowMs + quietMs < this.#troubleEndMs;
  }

  /** A broker may end itself when its disk fails: its supervisor starts it again. */
  #mayEndProcess(error: unknown): boolean {
    if (!(error instanceof DiskError)) return false;
    const node = this.nodes.find(({ name }) => error.message.includes(` of ${name}`));
    if (node === undefined) return false;
    node.machine.kill("process");
    return true;
  }

  #result(actors: readonly Actor[]): RunResult {
    const { time } = this.world;
    let acknowledgedRecords = 0;
    for (const log of this.judge.logs()) acknowledgedRecords += log.acknowledgedRecords;
    let faults = 0;
    for (const count of this.#injector.counts.values()) faults += count;
    const idle = actors.filter(({ successes }) => successes === 0).map(({ name }) => name);
    if (idle.length > 0) time.trace.note("never succeeded", time.nowMs, "world", idle.join(" "));
    return {
      seed: this.seed,
      plan: this.plan,
      simulatedMs: time.nowMs,
      events: time.trace.count,
      hash: time.trace.hash,
      acknowledgedRecords,
      committedTransactions: this.judge.transactions.committedCount,
      faults,
    };
  }
}
