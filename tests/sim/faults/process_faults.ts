import { TOPICS } from "../workload/topics.ts";
import type { Node } from "../cluster/node.ts";
import type { Fault, FaultScene } from "./fault.ts";

/** How long the second victim of a cascade is waited for, how often, and the pause before it. */
const CASCADE_MS_MAX = 20_000;
const CASCADE_LOOK_MS = 20;
const CASCADE_PAUSE_MS = 100;
const CALLS_UNTIL_CRASH_MAX = 400;
const WALL_JUMP_MS_MAX = 3_600_000;
const DRIFT_MAX = 0.05;

/** Any node; more often than by chance one that leads, since most can go wrong with those. */
function anyNode(scene: FaultScene): Node {
  const { random, nodes } = scene;
  return random.chance(0.5) ? leadingNode(scene) ?? random.pick(nodes()) : random.pick(nodes());
}

/** The leader of some partition, or the active controller. */
function leadingNode({ random, nodes }: FaultScene): Node | undefined {
  const serving = nodes().filter(({ isServing }) => isServing);
  if (random.chance(0.3)) return serving.find(({ broker }) => broker?.quorum.isLeader === true);
  const { name, partitions } = random.pick(TOPICS);
  const partition = random.below(partitions);
  return serving.find(({ broker }) => broker?.partitions.find(name, partition)?.isLeader === true);
}

function startLater({ world }: FaultScene, node: Node, delayMs: number): undefined {
  world.time.schedule(delayMs, () => node.start());
  return undefined;
}

/** kill -9. */
export const kill: Fault = (scene, durationMs) => {
  const node = anyNode(scene);
  node.crash("process");
  return startLater(scene, node, durationMs / 2);
};

/** The plug is pulled. */
export const power: Fault = (scene, durationMs) => {
  const node = anyNode(scene);
  node.crash("power");
  return startLater(scene, node, durationMs / 2);
};

/** The process dies in the middle of what it does, after some call of the disk. */
export const crashAtCall: Fault = (scene) => {
  const node = anyNode(scene);
  if (node.machine.process === undefined) return undefined;
  const { random } = node.machine;
  node.machine.disk.crashAfter(1 + scene.random.below(CALLS_UNTIL_CRASH_MAX), () => random.next());
  return undefined;
};

/** As soon as a node is back, the next one that leads dies: what it has not caught up with counts. */
export const cascade: Fault = (scene, durationMs) => {
  const { world, random } = scene;
  const first = anyNode(scene);
  first.crash("process");
  startLater(scene, first, durationMs / 4);
  const endMs = world.time.nowMs + CASCADE_MS_MAX;
  const watch = () => {
    if (world.time.nowMs > endMs) return;
    if (!first.isServing) {
      world.time.schedule(CASCADE_LOOK_MS, watch);
      return;
    }
    world.time.schedule(random.exponential(CASCADE_PAUSE_MS), () => {
      const second = leadingNode(scene);
      if (second === undefined || second === first || !scene.mayCrash()) return;
      second.crash("process");
      startLater(scene, second, durationMs / 2);
    });
  };
  watch();
  return undefined;
};

/** A rolling restart's step. */
export const restart: Fault = (scene, durationMs) => {
  const node = anyNode(scene);
  if (!node.isServing) return undefined;
  const { process } = node.machine;
  process?.enter(() => void node.stop().then(() => startLater(scene, node, durationMs / 10)));
  // A stop that hangs is cut short, as service supervisors do.
  return () => {
    if (node.machine.process === process && process !== undefined) node.crash("process");
    node.start();
  };
};

/** The process stands still, and goes on as if nothing had been. */
export const pause: Fault = (scene) => {
  const process = anyNode(scene).machine.process;
  process?.pause();
  return () => process?.resume();
};

export const clockJump: Fault = (scene) => {
  const { machine } = anyNode(scene);
  machine.wallOffsetMs = scene.random.between(-WALL_JUMP_MS_MAX, WALL_JUMP_MS_MAX);
  return () => machine.wallOffsetMs = 0;
};

export const clockDrift: Fault = (scene) => {
  const { machine } = anyNode(scene);
  machine.setRate(1 + scene.random.between(-DRIFT_MAX, DRIFT_MAX));
  return () => machine.setRate(1);
};
