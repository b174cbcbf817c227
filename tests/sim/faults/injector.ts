import { CRASHING_FAULTS, type Fault, type FaultKind, type FaultScene } from "./fault.ts";
import { bitRot, diskError, fullDisk, slowDisk, wipe } from "./disk_faults.ts";
import { flaky, halfOpen, oneWay, partition, reset, slowNetwork } from "./network_faults.ts";
import { elect, grow, move } from "./operator_faults.ts";
import {
  cascade,
  clockDrift,
  clockJump,
  crashAtCall,
  kill,
  pause,
  power,
  restart,
} from "./process_faults.ts";

const DURATION_MS_MEAN = 6000;

const FAULTS: Readonly<Record<FaultKind, Fault>> = {
  kill,
  power,
  crashAtCall,
  cascade,
  restart,
  pause,
  partition,
  oneWay,
  flaky,
  slowNetwork,
  reset,
  halfOpen,
  slowDisk,
  fullDisk,
  diskError,
  clockJump,
  clockDrift,
  wipe,
  bitRot,
  move,
  elect,
  grow,
};

/** Does things to the cluster at times that chance decides; several at once. */
export class FaultInjector {
  #isOn = false;
  readonly #ends = new Set<() => void>();
  readonly counts = new Map<FaultKind, number>();

  constructor(
    private readonly scene: FaultScene,
    readonly kinds: readonly FaultKind[],
    /** Mean time between two faults. */
    private readonly intervalMs: number,
  ) {}

  start(): void {
    this.#isOn = this.kinds.length > 0;
    this.#next();
  }

  /** Nothing more goes wrong, and what is wrong is put right. */
  stop(): void {
    this.#isOn = false;
    for (const end of [...this.#ends]) end();
    this.#ends.clear();
  }

  #next(): void {
    const { world, random } = this.scene;
    if (!this.#isOn) return;
    world.time.schedule(random.exponential(this.intervalMs), () => {
      if (!this.#isOn) return;
      this.#inject(random.pick(this.kinds));
      this.#next();
    });
  }

  #inject(kind: FaultKind): void {
    const { world, random } = this.scene;
    if (CRASHING_FAULTS.includes(kind) && !this.scene.mayCrash()) return;
    const durationMs = random.exponential(DURATION_MS_MEAN);
    world.time.trace.note("fault", world.time.nowMs, kind, { durationMs: Math.round(durationMs) });
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    const end = FAULTS[kind](this.scene, durationMs);
    if (end === undefined) return;
    this.#ends.add(end);
    world.time.schedule(durationMs, () => {
      if (!this.#ends.delete(end)) return;
      world.time.trace.note("fault ends", world.time.nowMs, kind);
      end();
    });
  }
}
