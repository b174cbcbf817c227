import type { Broker } from "../../../src/broker/broker.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { alterPartitionReassignmentsApi } from "../../../src/protocol/generated/apis/alter_partition_reassignments.ts";
import { unregisterBrokerApi } from "../../../src/protocol/generated/apis/unregister_broker.ts";
import type { ClusterClient } from "../client/cluster_client.ts";
import type { SeededRandom } from "../world/seeded_random.ts";
import type { Node } from "./node.ts";

const REASSIGN_VERSION = 0;
const UNREGISTER_VERSION = 0;
const TIMEOUT_MS = 5000;
const REPLICAS = 3;
const LOOK_MS = 200;
const PAUSE_MS = 1500;

/** What {@link playGrowth} works on. */
export interface GrowthScene {
  readonly random: SeededRandom;
  readonly operator: ClusterClient;
  readonly nodes: () => readonly Node[];
  addNode(): Node;
  /** The node is gone for good. */
  removeNode(node: Node): void;
}

/**
 * From one broker to three to five and back to three, every broker restarted in the middle, while
 * the workload goes on.
 */
export async function playGrowth(scene: GrowthScene): Promise<void> {
  for (let i = 0; i < 2; i++) scene.addNode();
  await until(scene, "three replicas of everything", (broker) => haveReplicas(broker, REPLICAS));
  for (const node of scene.nodes()) await restart(scene, node);
  for (let i = 0; i < 2; i++) scene.addNode();
  await until(scene, "five brokers", isFull);
  for (const node of scene.nodes().slice(-2)) await moveTo(scene, node);
  for (const node of scene.nodes().slice(-2)) await retire(scene, node);
}

async function restart(scene: GrowthScene, node: Node): Promise<void> {
  await node.stop();
  node.start();
  await until(scene, `${node.name} is back`, isFull);
}

/** Some partitions get a replica on the node. */
async function moveTo(scene: GrowthScene, node: Node): Promise<void> {
  const id = node.broker!.identity.brokerId;
  const broker = anyBroker(scene)!;
  for (const { name, partitions } of [...broker.quorum.image.topics.all()]) {
    for (const { partitionId, replicas } of [...partitions]) {
      if (replicas.includes(id) || scene.random.chance(0.5)) continue;
      await reassign(scene, name, partitionId, [id, ...replicas.slice(0, REPLICAS - 1)]);
    }
  }
  await until(scene, `${node.name} has its replicas`, isFull);
}

/** Everything leaves the node, then the node leaves. */
async function retire(scene: GrowthScene, node: Node): Promise<void> {
  const id = node.broker!.identity.brokerId;
  for (let isEmpty = false; !isEmpty;) {
    isEmpty = true;
    const { image } = anyBroker(scene)!.quorum;
    const others = scene.nodes().filter((other) => other !== node && other.broker !== undefined)
      .map(({ broker }) => broker!.identity.brokerId);
    for (const { name, partitions } of [...image.topics.all()]) {
      for (const { partitionId, replicas } of [...partitions]) {
        if (!replicas.includes(id)) continue;
        isEmpty = false;
        const kept = replicas.filter((replica) => replica !== id);
        const spare = others.filter((other) => !kept.includes(other));
        const added = spare.length > 0 ? [scene.random.pick(spare)] : [];
        await reassign(scene, name, partitionId, [...kept, ...added]);
      }
    }
    await until(scene, `nothing is left on ${node.name}`, isFull);
  }
  await node.stop();
  scene.removeNode(node);
  for (;;) {
    const request = { brokerId: id };
    const result = await scene.operator.toAny(unregisterBrokerApi, UNREGISTER_VERSION, request);
    if (result.kind === "answer" && result.response.errorCode === ErrorCode.NONE) return;
    if (anyBroker(scene)?.quorum.image.brokers.byId(id) === undefined) return;
    scene.operator.forgetGuide();
    await scene.operator.sleep(LOOK_MS);
  }
}

async function reassign(
  { operator }: GrowthScene,
  topic: string,
  partitionIndex: number,
  replicas: readonly number[],
): Promise<void> {
  await operator.toAny(alterPartitionReassignmentsApi, REASSIGN_VERSION, {
    timeoutMs: TIMEOUT_MS,
    topics: [{ name: topic, partitions: [{ partitionIndex, replicas }] }],
  });
}

/** Waits; whoever runs the world has a limit for the whole play. */
async function until(
  scene: GrowthScene,
  what: string,
  holds: (broker: Broker) => boolean,
): Promise<void> {
  const { time } = scene.nodes()[0]!.world;
  time.trace.note("waiting", time.nowMs, "growth", what);
  for (;;) {
    const broker = anyBroker(scene);
    const areServing = scene.nodes().every(({ isServing }) => isServing);
    if (areServing && broker !== undefined && holds(broker)) break;
    await scene.operator.sleep(LOOK_MS);
  }
  // The workload gets going before the next change comes.
  await scene.operator.sleep(scene.random.exponential(PAUSE_MS));
}

function anyBroker({ nodes }: GrowthScene): Broker | undefined {
  const serving = nodes().filter(({ isServing }) => isServing);
  const leading = serving.find(({ broker }) => broker?.quorum.isLeader === true);
  return (leading ?? serving[0])?.broker;
}

/** Every partition has all its replicas in sync, and none is being moved. */
export function isFull({ quorum }: Broker): boolean {
  for (const { partitions } of quorum.image.topics.all()) {
    for (const { isr, replicas, addingReplicas, removingReplicas } of partitions) {
      const isMoving = addingReplicas.length + removingReplicas.length > 0;
      if (isMoving || isr.length < replicas.length) return false;
    }
  }
  return true;
}

function haveReplicas(broker: Broker, count: number): boolean {
  if (!isFull(broker)) return false;
  for (const { partitions } of broker.quorum.image.topics.all()) {
    if (partitions.some(({ replicas }) => replicas.length < count)) return false;
  }
  return true;
}
