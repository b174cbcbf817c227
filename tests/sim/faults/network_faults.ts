import { GOOD_LINK } from "../world/fabric.ts";
import type { Fault, FaultScene } from "./fault.ts";

function hosts({ nodes, clientHosts }: FaultScene): string[] {
  return [...nodes().map(({ machine }) => machine.host), ...clientHosts];
}

/** Blocks the links from `from` to `to`; returns what opens them again. */
function block(scene: FaultScene, pairs: readonly (readonly [string, string])[]): () => void {
  const { fabric } = scene.world;
  for (const [from, to] of pairs) fabric.link(from, to).blocks++;
  return () => {
    for (const [from, to] of pairs) {
      const link = fabric.link(from, to);
      link.blocks = Math.max(0, link.blocks - 1);
    }
  };
}

/** Two sides that do not hear each other; clients are on either. */
export const partition: Fault = (scene) => {
  const all = hosts(scene);
  const left = all.filter(() => scene.random.chance(0.4));
  const right = all.filter((host) => !left.includes(host));
  return block(scene, left.flatMap((a) => right.flatMap((b) => [[a, b], [b, a]] as const)));
};

/** Some hosts are heard and do not hear, or the other way round. */
export const oneWay: Fault = (scene) => {
  const all = hosts(scene);
  const pairs = all.flatMap((a) => all.filter((b) => b !== a).map((b) => [a, b] as const));
  return block(scene, pairs.filter(() => scene.random.chance(0.2)));
};

export const flaky: Fault = (scene) => {
  const { random } = scene;
  scene.world.fabric.setQuality({
    ...GOOD_LINK,
    loss: random.between(0.01, 0.3),
    duplication: random.between(0, 0.2),
    reordering: random.between(0, 0.3),
    jitterMs: random.between(0.2, 50),
  });
  return () => scene.world.fabric.setQuality(GOOD_LINK);
};

export const slowNetwork: Fault = (scene) => {
  const { random } = scene;
  scene.world.fabric.setQuality({
    ...GOOD_LINK,
    latencyMs: random.between(1, 300),
    jitterMs: random.between(1, 100),
    bytesPerMs: random.between(50, 10_000),
  });
  return () => scene.world.fabric.setQuality(GOOD_LINK);
};

/** Some connections break, and both sides hear of it. */
export const reset: Fault = (scene) => {
  for (const stream of [...scene.world.internet.connections()]) {
    if (!scene.random.chance(0.2)) continue;
    stream.owner.enter(() => stream.reset());
    stream.peer?.owner.enter(() => stream.peer?.reset());
  }
  return undefined;
};

/** Some connections carry nothing in one direction, or in both, and nobody is told. */
export const halfOpen: Fault = (scene) => {
  const silent = [...scene.world.internet.connections()].filter(() => scene.random.chance(0.15));
  for (const stream of silent) stream.silence(true);
  return () => {
    for (const stream of silent) stream.silence(false);
  };
};
