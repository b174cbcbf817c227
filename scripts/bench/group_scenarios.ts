/**
 * Scenarios of consumer groups: a large group that meets, and many groups that come back.
 *
 * @module
 */

import { type BrokerKind, type RunningBroker, startBroker } from "./brokers.ts";
import { type Sample } from "./figures.ts";
import {
  commitOffsets,
  COORDINATOR_LOAD_IN_PROGRESS,
  COORDINATOR_NOT_AVAILABLE,
  fetchOffsets,
  heartbeat,
  joinGroup,
  type Membership,
  NONE,
  NOT_COORDINATOR,
  REBALANCE_IN_PROGRESS,
  syncGroup,
} from "./group_wire.ts";
import { connectWhenListening, processOf, withDirectory } from "./lifecycle_scenarios.ts";
import { cpuSeconds } from "./process_stats.ts";
import { pause } from "./processes.ts";
import { type Bench, type FreshScenario } from "./scenarios.ts";
import { WireConnection } from "./wire.ts";

/** Metric names, which targets look up. */
export const REBALANCE = "rebalance after the last join";
export const HEARTBEAT_CPU = "CPU at heartbeats every 3 s";
export const GROUPS_LOADED = "groups loaded after kill -9";

const HEARTBEAT_INTERVAL_MS = 3000;
const HEARTBEAT_ROUNDS = 5;
const OFFSETS_PER_GROUP = 10;
const COMMITTERS = 32;
/** With 50 coordinators, one of them has none of so many groups once in a million runs. */
const GROUPS_OF_ALL_COORDINATORS = 1000;
const POLL_MS = 5;
const LOAD_TIMEOUT_MS = 60_000;
const NOT_YET: readonly number[] = [
  COORDINATOR_LOAD_IN_PROGRESS,
  COORDINATOR_NOT_AVAILABLE,
  NOT_COORDINATOR,
];

/**
 * Many members of one group, each on its own connection. The group meets once, which takes as long
 * as `group.initial.rebalance.delay.ms` says; then one more member joins, all others learn of it by
 * a heartbeat, and the time counts until everybody has an assignment again.
 */
export function membersScenario(): FreshScenario {
  return {
    names: ["members"],
    run: (bench, kind) =>
      withDirectory(bench, async (directory) => {
        const broker = await startBroker(kind, directory);
        try {
          return new Map([["members", await measureMembers(bench, broker)]]);
        } finally {
          await processOf(broker).stop();
        }
      }),
  };
}

class Member {
  membership: Membership = { memberId: "", generation: -1, members: [] };

  constructor(readonly connection: WireConnection, readonly group: string) {}

  /** Joins and takes its assignment, as often as the group starts anew. */
  async settle(): Promise<void> {
    for (;;) {
      this.membership = await joinGroup(this.connection, this.group, this.membership.memberId);
      const code = await syncGroup(this.connection, this.group, this.membership);
      if (code === NONE) return;
      if (code !== REBALANCE_IN_PROGRESS) throw new Error(`SyncGroup failed with ${code}`);
    }
  }

  heartbeat(): Promise<number> {
    return heartbeat(this.connection, this.group, this.membership);
  }
}

async function measureMembers(bench: Bench, broker: RunningBroker): Promise<Sample[]> {
  const { pid } = processOf(broker);
  const members: Member[] = [];
  const group = bench.freshTopic();
  try {
    for (let i = 0; i < bench.sizes.members; i++) {
      members.push(new Member(await WireConnection.open(broker.bootstrap), group));
    }
    const last = members.pop()!;
    await waitForCoordinator(last.connection, group);
    const firstMs = performance.now();
    await Promise.all(members.map((member) => member.settle()));
    const firstSeconds = (performance.now() - firstMs) / 1000;
    const joinMs = performance.now();
    const joined = last.settle();
    await Promise.all(members.map(async (member) => {
      while (await member.heartbeat() === NONE) await pause(POLL_MS);
      await member.settle();
    }));
    await joined;
    const seconds = (performance.now() - joinMs) / 1000;
    members.push(last);
    const before = cpuSeconds(pid);
    const beatMs = performance.now();
    await Promise.all(members.map((member, index) => beat(member, index / members.length)));
    const share = (cpuSeconds(pid) - before) / ((performance.now() - beatMs) / 1000);
    return [
      { metric: REBALANCE, unit: "s", value: seconds },
      { metric: "first meeting", unit: "s", value: firstSeconds },
      { metric: HEARTBEAT_CPU, unit: "%", value: share * 100 },
    ];
  } finally {
    for (const { connection } of members) connection.close();
  }
}

async function beat(member: Member, phase: number): Promise<void> {
  await pause(phase * HEARTBEAT_INTERVAL_MS);
  for (let round = 0; round < HEARTBEAT_ROUNDS; round++) {
    const code = await member.heartbeat();
    if (code !== NONE) throw new Error(`a heartbeat was answered with error code ${code}`);
    await pause(HEARTBEAT_INTERVAL_MS);
  }
}

/**
 * Many groups with committed offsets; the broker is killed and started again, and the time counts
 * from its first answer until groups of every coordinator tell their offsets. Asking all of them
 * would time the asking; they are asked afterwards, and must have theirs.
 */
export function groupsScenario(): FreshScenario {
  return {
    names: ["groups"],
    run: (bench, kind) =>
      withDirectory(bench, async (directory) => {
        const groups = Array.from({ length: bench.sizes.groups }, (_, i) => `bench-group-${i}`);
        await commitAndCrash(kind, directory, groups, bench.freshTopic());
        const samples: Sample[] = [
          { metric: GROUPS_LOADED, unit: "s", value: await timeLoading(kind, directory, groups) },
        ];
        return new Map([["groups", samples]]);
      }),
  };
}

async function commitAndCrash(
  kind: BrokerKind,
  directory: string,
  groups: readonly string[],
  topic: string,
): Promise<void> {
  const broker = await startBroker(kind, directory);
  try {
    const connections = await openAll(broker, COMMITTERS);
    await connections[0]!.createTopics([{
      name: topic,
      partitions: OFFSETS_PER_GROUP,
      configs: {},
    }]);
    await waitForCoordinator(connections[0]!, groups[0]!);
    await inTurns(connections, groups, async (connection, group) => {
      await untilReady(() => commitOffsets(connection, group, topic, OFFSETS_PER_GROUP));
    });
    for (const connection of connections) connection.close();
  } finally {
    await processOf(broker).kill();
  }
}

async function timeLoading(
  kind: BrokerKind,
  directory: string,
  groups: readonly string[],
): Promise<number> {
  const broker = kind.spawn(directory, 1);
  try {
    const first = await connectWhenListening(broker);
    await first.apiVersions();
    const startMs = performance.now();
    const connections = [first, ...await openAll(broker, COMMITTERS - 1)];
    await inTurns(connections, groups.slice(0, GROUPS_OF_ALL_COORDINATORS), checkOffsets);
    const seconds = (performance.now() - startMs) / 1000;
    await inTurns(connections, groups, checkOffsets);
    for (const connection of connections) connection.close();
    return seconds;
  } finally {
    await processOf(broker).stop();
  }
}

async function checkOffsets(connection: WireConnection, group: string): Promise<void> {
  let count = 0;
  await untilReady(async () => {
    const answer = await fetchOffsets(connection, group);
    count = answer.count;
    return answer.code;
  });
  if (count !== OFFSETS_PER_GROUP) throw new Error(`${group} has ${count} offsets`);
}

function openAll(broker: RunningBroker, count: number): Promise<WireConnection[]> {
  return Promise.all(
    Array.from({ length: count }, () => WireConnection.open(broker.bootstrap)),
  );
}

async function inTurns(
  connections: readonly WireConnection[],
  groups: readonly string[],
  work: (connection: WireConnection, group: string) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(connections.map(async (connection) => {
    while (next < groups.length) await work(connection, groups[next++]!);
  }));
}

/** The topic of the coordinators is made when it is first asked for. */
async function waitForCoordinator(connection: WireConnection, group: string): Promise<void> {
  await connection.findCoordinator(group);
  await untilReady(async () => {
    const { code } = await fetchOffsets(connection, group);
    if (NOT_YET.includes(code)) await connection.findCoordinator(group);
    return code;
  });
}

async function untilReady(ask: () => Promise<number>): Promise<void> {
  const deadlineMs = performance.now() + LOAD_TIMEOUT_MS;
  for (;;) {
    const code = await ask();
    if (code === NONE) return;
    if (!NOT_YET.includes(code)) throw new Error(`a group request failed with error code ${code}`);
    if (performance.now() > deadlineMs) throw new Error("no coordinator in time");
    await pause(POLL_MS);
  }
}
