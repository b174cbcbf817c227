/**
 * `kill -9` of any broker at any time, with librdkafka, KafkaJS and Java at work. See
 * chaos_options.ts for longer runs.
 */
import assert from "node:assert/strict";
import { clientTools } from "../../../scripts/client_tools.ts";
import { pause } from "../../clients/support/process.ts";
import { freePorts } from "../cluster_processes.ts";
import type { Dice } from "../../fuzz/dice.ts";
import { type ChaosBrokers, withBrokers } from "./brokers.ts";
import { chaosOptions, repeatFaults } from "./chaos_options.ts";
import { createTopics } from "./kafkajs_clients.ts";
import { knownEverywhere } from "./kcat_clients.ts";
import { TOPICS, underLoad } from "./load.ts";

const SETTINGS = ["--set", "min.insync.replicas=2", "--set", "group.initial.rebalance.delay.ms=0"];

/** Three brokers by the three commands of the README, each on an address of its own. */
async function startThree(brokers: ChaosBrokers): Promise<void> {
  const hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
  const ports = hosts.map((host) => freePorts(2, host));
  const clusterListens = hosts.map((host, index) => `${host}:${ports[index]![1]}`);
  for (const [index, host] of hosts.entries()) {
    const others = clusterListens.filter((_, other) => other !== index);
    brokers.add({
      listen: `${host}:${ports[index]![0]}`,
      clusterListen: clusterListens[index]!,
      prefix: [],
      args: ["--expect", "3", ...others.flatMap((other) => ["--join", other]), ...SETTINGS],
    });
    brokers.start(index);
  }
  await brokers.ready(0, 1, 2);
}

/** Kills one broker, sometimes another one before it is back, sometimes as it comes back. */
async function killSome(brokers: ChaosBrokers, dice: Dice): Promise<void> {
  const first = dice.below(3);
  await brokers.kill(first);
  await pause(dice.between(0, 1500));
  const down = [first];
  if (dice.below(4) === 0) {
    const second = dice.pick([0, 1, 2].filter((index) => index !== first));
    await brokers.kill(second);
    down.push(second);
    await pause(dice.between(0, 1000));
  }
  for (const index of down) brokers.start(index);
  if (dice.below(4) === 0) {
    // In the middle of its recovery, its joining or its first fetches.
    await pause(dice.between(0, 1000));
    await brokers.kill(first);
    brokers.start(first);
  }
  await brokers.ready(...down);
  // Often before the broker that came back is in sync again.
  await pause(dice.between(0, 3000));
}

const options = chaosOptions(40);

Deno.test(`kill -9 of any broker loses no acknowledged record and no committed offset (seed ${options.seed})`, async () => {
  await clientTools();
  await withBrokers(options.seed, async (brokers) => {
    await startThree(brokers);
    await createTopics(brokers.bootstrap, Object.values(TOPICS));
    const clients = { bootstrap: brokers.bootstrap, prefix: [] };
    await knownEverywhere(clients, Object.values(TOPICS));
    await underLoad(clients, true, async () => {
      await pause(1000);
      const kills = await repeatFaults(options, (dice) => killSome(brokers, dice));
      assert.ok(kills > 0);
    });
    for (const index of [0, 1, 2]) assert.equal(await brokers.stop(index), 0);
  });
});
