import type { Node } from "../cluster/node.ts";
import type { Fault, FaultScene } from "./fault.ts";

const CALLS_UNTIL_CRASH_MAX = 400;
const WALL_JUMP_MS_MAX = 3_600_000;
const DRIFT_MAX = 0.05;

function anyNode({ random, nodes }: FaultScene): Node {
  return random.pick(nodes());
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
