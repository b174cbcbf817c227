import type { ClusterClient } from "../client/cluster_client.ts";
import type { Node } from "../cluster/node.ts";
import type { World } from "../world/world.ts";
import type { SeededRandom } from "../world/seeded_random.ts";

/** Everything that can go wrong. */
export const FAULT_KINDS = [
  "kill",
  "power",
  "crashAtCall",
  "cascade",
  "restart",
  "pause",
  "partition",
  "oneWay",
  "flaky",
  "slowNetwork",
  "reset",
  "halfOpen",
  "slowDisk",
  "fullDisk",
  "diskError",
  "clockJump",
  "clockDrift",
  "wipe",
  "bitRot",
  "move",
  "elect",
  "grow",
] as const;

export type FaultKind = typeof FAULT_KINDS[number];

/** What faults are done to. */
export interface FaultScene {
  readonly world: World;
  readonly random: SeededRandom;
  readonly nodes: () => readonly Node[];
  readonly operator: ClusterClient;
  /** Starts one more broker, as long as there are not too many. */
  readonly addNode: () => void;
  /** Hosts of clients. */
  readonly clientHosts: readonly string[];
  /**
   * Whether a node's disk may be lost now, without anything that was acknowledged being lost or
   * waited for for ever. When it may, other nodes keep what they have for `quietMs`.
   */
  readonly maySpareDisk: (node: Node, quietMs: number) => boolean;
  /** False while what has been spared must not be lost elsewhere. */
  readonly mayCrash: () => boolean;
  /** The disk of the node has failed calls or holds wrong bytes since its last start. */
  readonly diskDamaged: (node: Node) => void;
  /** The disk of the node was replaced by an empty one. */
  readonly diskReplaced: (node: Node) => void;
}

/** Faults that end a process, or a log, without a chance to be clean about it. */
export const CRASHING_FAULTS: readonly FaultKind[] = [
  "kill",
  "power",
  "crashAtCall",
  "cascade",
  "restart",
  "fullDisk",
  "diskError",
  "wipe",
  "bitRot",
];

/** How one kind of fault is done; the returned function ends it, where it does not end by itself. */
export type Fault = (scene: FaultScene, durationMs: number) => (() => void) | undefined;
