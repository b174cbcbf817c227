/**
 * Three brokers and their clients, each on a host of its own (a network namespace), whose traffic is
 * dropped without a word, in both directions or in one, while clients go on. See chaos_options.ts
 * for longer runs.
 */
import assert from "node:assert/strict";
import { join } from "std/path";
import { clientTools } from "../../../scripts/client_tools.ts";
import { eventually, pause } from "../../clients/support/process.ts";
import type { Dice } from "../../fuzz/dice.ts";
import { type ChaosBrokers, jocko, prefixed, withBrokers } from "./brokers.ts";
import { chaosOptions, repeatFaults } from "./chaos_options.ts";
import {
  type ClientPlace,
  type ClusterView,
  knownEverywhere,
  viewCluster,
} from "./kcat_clients.ts";
import { TOPICS, underLoad } from "./load.ts";
import { hostAddress, Namespaces, namespacesRefusal } from "./namespaces.ts";

const BROKERS = [0, 1, 2];
const CLIENTS = 3;
const SETTINGS = [
  ...["--set", "min.insync.replicas=2", "--set", "group.initial.rebalance.delay.ms=0"],
  ...["--set", "replica.lag.time.max.ms=5000"],
];
/** Time for those who are cut off to find out what they can't do any more. */
const AFTERMATH_MS = 2000;
const CHANGE_TIMEOUT_MS = 40_000;

/** A cluster on hosts 0 to 2, seen from host 3. */
class DividedCluster {
  constructor(readonly brokers: ChaosBrokers, readonly network: Namespaces) {}

  get clients(): ClientPlace {
    return { bootstrap: this.brokers.bootstrap, prefix: this.network.prefix(CLIENTS) };
  }

  async start(): Promise<void> {
    const key = join(this.brokers.directory, "key");
    await Deno.writeTextFile(key, crypto.getRandomValues(new Uint8Array(32)).toBase64());
    for (const host of BROKERS) {
      const others = BROKERS.filter((other) => other !== host);
      this.brokers.add({
        listen: `${hostAddress(host)}:9092`,
        clusterListen: `${hostAddress(host)}:9093`,
        prefix: this.network.prefix(host),
        args: [
          ...["--expect", "3", "--cluster-key", key, ...SETTINGS],
          ...others.flatMap((other) => ["--join", `${hostAddress(other)}:9093`]),
        ],
      });
      this.brokers.start(host);
    }
    await this.brokers.ready(...BROKERS);
    for (const topic of Object.values(TOPICS)) await this.#createTopic(topic);
    await knownEverywhere(this.clients, Object.values(TOPICS));
  }

  /** What the brokers on these hosts tell. */
  view(hosts: readonly number[]): Promise<ClusterView> {
    const bootstrap = hosts.map((host) => `${hostAddress(host)}:9092`).join(",");
    const { prefix } = this.clients;
    return eventually(
      "a broker to tell about the cluster",
      () => viewCluster({ bootstrap, prefix }, TOPICS.kcat),
    );
  }

  /** The host of the active controller. */
  async controller(): Promise<number> {
    const view = await this.view(BROKERS);
    return hostOf(view, view.controllerid);
  }

  /** The host of a partition's leader. */
  async leader(partition: number): Promise<number> {
    const view = await this.view(BROKERS);
    return hostOf(view, leaderId(view, partition));
  }

  /** Waits until others lead what this host led, as the rest of the cluster sees it. */
  async leadershipMoved(host: number): Promise<void> {
    const rest = without(host);
    await eventually(`others to lead instead of host ${host}`, async () => {
      const view = await this.view(rest);
      const partitions = view.topics[0]?.partitions ?? [];
      const isMoved = partitions.length > 0 &&
        partitions.every(({ leader }) => leader > 0 && hostOf(view, leader) !== host);
      return isMoved ? true : undefined;
    }, CHANGE_TIMEOUT_MS);
  }

  /** Waits until the rest of the cluster follows another controller. */
  async controllerMoved(host: number): Promise<void> {
    await eventually(`another controller than host ${host}`, async () => {
      const view = await this.view(without(host));
      return hostOf(view, view.controllerid) === host ? undefined : true;
    }, CHANGE_TIMEOUT_MS);
  }

  /** Lets everything pass, and waits until every replica is in sync. */
  async heal(): Promise<void> {
    await this.network.heal();
    await eventually("all replicas to be in sync", async () => {
      const view = await this.view(BROKERS);
      const partitions = view.topics[0]?.partitions ?? [];
      const isWhole = partitions.every(({ isrs }) => isrs.length === BROKERS.length);
      return partitions.length > 0 && isWhole ? true : undefined;
    }, CHANGE_TIMEOUT_MS);
  }

  async #createTopic(topic: string): Promise<void> {
    const command = prefixed(
      this.clients.prefix,
      jocko(
        ...["topic", "create", topic, "--partitions", "3", "--replication-factor", "3"],
        ...["--config", "min.insync.replicas=2", "--brokers", this.clients.bootstrap],
      ),
    );
    const { success, stderr } = await new Deno.Command(command.program, {
      args: command.args,
      stdout: "null",
      stderr: "piped",
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  }
}

function without(host: number): number[] {
  return BROKERS.filter((other) => other !== host);
}

function leaderId(view: ClusterView, partition: number): number {
  const found = view.topics[0]?.partitions.find((candidate) => candidate.partition === partition);
  if (found === undefined) throw new Error(`no partition ${partition}`);
  return found.leader;
}

function hostOf(view: ClusterView, brokerId: number): number {
  const name = view.brokers.find(({ id }) => id === brokerId)?.name;
  const host = BROKERS.find((candidate) => name === `${hostAddress(candidate)}:9092`);
  if (host === undefined) throw new Error(`broker ${brokerId} is on none of the hosts: ${name}`);
  return host;
}

/** Cuts a leader off from the other brokers; clients still reach it. */
async function isolateLeader(cluster: DividedCluster): Promise<void> {
  const host = await cluster.leader(0);
  await cluster.network.split([host], without(host));
  await cluster.leadershipMoved(host);
  await pause(AFTERMATH_MS);
  await cluster.heal();
}

async function isolateController(cluster: DividedCluster): Promise<void> {
  const host = await cluster.controller();
  await cluster.network.split([host], [...without(host), CLIENTS]);
  await cluster.controllerMoved(host);
  await cluster.leadershipMoved(host);
  await pause(AFTERMATH_MS);
  await cluster.heal();
}

/** Clients can't reach a broker that the others see: it keeps what it leads. */
async function isolateFromClients(cluster: DividedCluster): Promise<void> {
  const host = await cluster.leader(1);
  await cluster.network.split([host], [CLIENTS]);
  await pause(3 * AFTERMATH_MS);
  await cluster.heal();
}

/** A leader hears the others and is not heard. */
async function muteLeader(cluster: DividedCluster): Promise<void> {
  const host = await cluster.leader(0);
  for (const other of without(host)) await cluster.network.drop(host, other);
  await cluster.leadershipMoved(host);
  await pause(AFTERMATH_MS);
  await cluster.heal();
}

/** A leader is heard by the others and hears nothing. */
async function deafenLeader(cluster: DividedCluster): Promise<void> {
  const host = await cluster.leader(2);
  for (const other of without(host)) await cluster.network.drop(other, host);
  await cluster.leadershipMoved(host);
  await pause(AFTERMATH_MS);
  await cluster.heal();
}

/** Any directions between any hosts, some of them, for a while. */
async function dropSome(cluster: DividedCluster, dice: Dice): Promise<void> {
  for (let from = 0; from <= CLIENTS; from++) {
    for (let to = 0; to <= CLIENTS; to++) {
      if (from !== to && dice.below(4) === 0) await cluster.network.drop(from, to);
    }
  }
  await pause(dice.between(500, 12_000));
  await cluster.network.heal();
  await pause(dice.between(0, 4000));
}

const options = chaosOptions(0);
const refusal = await namespacesRefusal();
const skipped = refusal === undefined ? "" : ` [skipped: ${refusal}]`;

Deno.test({
  name: `dropped traffic loses nothing that was acknowledged (seed ${options.seed})${skipped}`,
  ignore: refusal !== undefined,
  async fn() {
    await clientTools();
    const network = await Namespaces.create(4);
    try {
      await withBrokers(options.seed, async (brokers) => {
        const cluster = new DividedCluster(brokers, network);
        await cluster.start();
        await underLoad(cluster.clients, false, async () => {
          await pause(AFTERMATH_MS);
          await isolateLeader(cluster);
          await isolateController(cluster);
          await isolateFromClients(cluster);
          await muteLeader(cluster);
          await deafenLeader(cluster);
          await repeatFaults(options, (dice) => dropSome(cluster, dice));
          await cluster.heal();
        });
        for (const index of BROKERS) assert.equal(await brokers.stop(index), 0);
      });
    } finally {
      await network.remove();
    }
  },
});
