import type { DiskOperation } from "../../unit/log/simulated_disk.ts";
import type { Fault } from "./fault.ts";

const SLOWNESS_MAX = 2000;
const ROOM_BYTES_MAX = 20_000;
const OPERATIONS: readonly DiskOperation[] = ["write", "sync", "open", "rename", "syncDirectory"];

export const slowDisk: Fault = (scene) => {
  const { machine } = scene.random.pick(scene.nodes());
  machine.diskSlowness = scene.random.between(10, SLOWNESS_MAX);
  return () => machine.diskSlowness = 1;
};

export const fullDisk: Fault = (scene) => {
  const node = scene.random.pick(scene.nodes());
  const { disk } = node.machine;
  scene.diskDamaged(node);
  disk.limitTo(disk.usedBytes() + scene.random.below(ROOM_BYTES_MAX));
  return () => disk.limitTo(Infinity);
};

/** Some call fails. */
export const diskError: Fault = (scene) => {
  const node = scene.random.pick(scene.nodes());
  scene.diskDamaged(node);
  node.machine.disk.plant({ operation: scene.random.pick(OPERATIONS), kind: "ioError" });
  return undefined;
};

/**
 * One bit of one file is not what was written. Nobody may know for long, so the other replicas are
 * let live from then on.
 */
export const bitRot: Fault = (scene) => {
  const node = scene.random.pick(scene.nodes());
  if (!scene.maySpareDisk(node, Infinity)) return undefined;
  const files = node.machine.disk.files().filter(({ inode }) => inode.size > 0);
  if (files.length === 0) return undefined;
  scene.diskDamaged(node);
  const { path, inode } = scene.random.pick(files);
  const position = scene.random.below(inode.size);
  inode.rot(position, scene.random.below(8));
  const { trace } = scene.world.time;
  trace.note("bit rot", scene.world.time.nowMs, node.name, `${path} at ${position}`);
  return undefined;
};

/** The others are let live until the loss is known everywhere: sessions are over by then. */
const WIPE_QUIET_MS = 20_000;

/** The disk is replaced by an empty one. */
export const wipe: Fault = (scene, durationMs) => {
  const node = scene.random.pick(scene.nodes());
  if (!scene.maySpareDisk(node, WIPE_QUIET_MS)) return undefined;
  node.crash("power");
  scene.diskReplaced(node);
  scene.world.time.schedule(durationMs / 2, () => node.start());
  return undefined;
};
