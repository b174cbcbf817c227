import { invariant } from "../../../src/base/invariant.ts";
import type { Logger } from "../../../src/base/logger.ts";
import type { Clock, Timer } from "../../../src/io/clock.ts";
import { type CrashKind, SimulatedCrash, SimulatedDisk } from "../../unit/log/simulated_disk.ts";
import type { SeededRandom } from "./seeded_random.ts";
import type { VirtualTime } from "./virtual_time.ts";

/** Where the wall clocks of all machines begin: 2026-01-01. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

const DEAD_TIMER: Timer = { cancel() {} };

/** What is told of a process that ended by itself, as a fault of the code. */
export class UncaughtError extends Error {
  override readonly name = "UncaughtError";
}

/**
 * One life of the program on a machine. All that reaches it from outside comes through
 * {@link enter}; once it is dead nothing does, so its promises never settle and none of its code
 * runs again.
 */
export class SimulatedProcess {
  #isAlive = true;
  #isPaused = false;
  readonly #held: (() => void)[] = [];
  readonly #onEnd: ((kind: CrashKind) => void)[] = [];
  readonly clock: ProcessClock;

  constructor(
    readonly machine: Machine,
    /** Which life of the machine this is, from 1. */
    readonly life: number,
    readonly time: VirtualTime,
  ) {
    this.clock = new ProcessClock(this);
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Runs `callback` as this process: now, when it goes on again, or never. */
  enter(callback: () => void): void {
    if (!this.#isAlive) return;
    if (this.#isPaused) {
      this.#held.push(callback);
      return;
    }
    try {
      callback();
    } catch (error) {
      this.uncaught(error);
    }
  }

  /** An error that no code of the process handled. */
  uncaught(error: unknown): void {
    if (!this.#isAlive || error instanceof SimulatedCrash) return;
    const shown = error instanceof Error ? error.stack ?? error.message : String(error);
    this.time.fail(new UncaughtError(`${this.machine.name}: ${shown}`));
  }

  /** Stops the process where it stands (SIGSTOP, a long garbage collection), and lets it go on. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    while (this.#held.length > 0 && !this.#isPaused) this.enter(this.#held.shift()!);
  }

  /** Told when the process ends, before anything else happens. */
  onEnd(callback: (kind: CrashKind) => void): void {
    this.#onEnd.push(callback);
  }

  /** Ends it without a word. */
  end(kind: CrashKind): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#held.length = 0;
    for (const callback of this.#onEnd) callback(kind);
  }

  /** @throws {SimulatedCrash} when the process is dead and its last turn is still running */
  ensureAlive(): void {
    if (!this.#isAlive) throw new SimulatedCrash(`${this.machine.name} is dead`);
  }
}

/** The clock of a process: the machine's oscillator drifts, and its wall clock gets set. */
export class ProcessClock implements Clock {
  readonly #bornMs: number;

  constructor(private readonly process: SimulatedProcess) {
    this.#bornMs = process.machine.oscillatorMs();
  }

  wallMs(): number {
    return this.process.machine.wallMs();
  }

  monotonicMs(): number {
    return this.process.machine.oscillatorMs() - this.#bornMs;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const { process } = this;
    if (!process.isAlive) return DEAD_TIMER;
    return process.time.schedule(
      Math.max(0, delayMs) / process.machine.rate,
      () => process.enter(callback),
    );
  }
}

/** A computer: what outlives the processes on it. */
export class Machine {
  #rate = 1;
  /** What the oscillator had counted, and when, at the last change of its rate. */
  #countedMs = 0;
  #countedAtMs = 0;
  /** How far its wall clock is off. */
  wallOffsetMs = 0;
  /** How many times as long as usual the platter takes. */
  diskSlowness = 1;
  /** Told of what the process logs as a warning or an error. */
  onWarning: ((event: string, fields: Readonly<Record<string, unknown>>) => void) | undefined;
  /** False while the power is off. */
  isPowered = true;
  #disk: SimulatedDisk;
  readonly #diskLatencyMs: () => number;
  #process: SimulatedProcess | undefined;
  #lives = 0;

  constructor(
    readonly name: string,
    readonly host: string,
    readonly time: VirtualTime,
    readonly random: SeededRandom,
    diskLatencyMs: () => number,
  ) {
    this.#disk = this.#newDisk(diskLatencyMs);
    this.#diskLatencyMs = diskLatencyMs;
  }

  get disk(): SimulatedDisk {
    return this.#disk;
  }

  /** Puts an empty disk in; the process has to be down. */
  replaceDisk(): void {
    invariant(this.process === undefined, "disks are replaced while nothing runs");
    this.#disk = this.#newDisk(this.#diskLatencyMs);
    this.time.trace.note("disk replaced", this.time.nowMs, this.name);
  }

  /** The process that runs; undefined when none does. */
  get process(): SimulatedProcess | undefined {
    return this.#process?.isAlive === true ? this.#process : undefined;
  }

  /** Milliseconds of its clock per millisecond of the simulation. */
  get rate(): number {
    return this.#rate;
  }

  setRate(rate: number): void {
    this.#countedMs = this.oscillatorMs();
    this.#countedAtMs = this.time.nowMs;
    this.#rate = rate;
  }

  /** Never goes back. */
  oscillatorMs(): number {
    return this.#countedMs + (this.time.nowMs - this.#countedAtMs) * this.#rate;
  }

  wallMs(): number {
    return Math.floor(EPOCH_MS + this.oscillatorMs() + this.wallOffsetMs);
  }

  /** Starts a process on what is left on the disk. */
  boot(): SimulatedProcess {
    this.isPowered = true;
    this.#process = new SimulatedProcess(this, ++this.#lives, this.time);
    this.time.trace.note("process started", this.time.nowMs, this.name, { life: this.#lives });
    return this.#process;
  }

  /**
   * Takes the life of the process, at once and without a word. What it had written survives as
   * `kind` says: all of it, or, when the power fails, what was synced and any part of the rest.
   */
  kill(kind: CrashKind): void {
    const process = this.process;
    if (process === undefined) return;
    this.time.trace.note("process died", this.time.nowMs, this.name, kind);
    if (kind === "power") this.isPowered = false;
    this.disk.goDown();
    process.end(kind);
    // What is left of the turn that is under way meets a disk that is down.
    const { disk } = this;
    this.time.schedule(0, () => disk.crash(kind, () => this.random.next()));
  }

  #newDisk(latencyMs: () => number): SimulatedDisk {
    const clock: Clock = {
      wallMs: () => this.wallMs(),
      monotonicMs: () => this.time.nowMs,
      schedule: (delayMs, callback) =>
        this.#process?.clock.schedule(delayMs, callback) ?? DEAD_TIMER,
    };
    return new SimulatedDisk({
      clock,
      latencyMs,
      name: this.name,
      crashed: () => this.kill("process"),
    });
  }

  /** A logger whose events go into the trace. */
  logger(): Logger {
    const { trace } = this.time;
    const note = (event: string, fields?: Record<string, unknown>) => {
      if (this.process !== undefined) trace.note(event, this.time.nowMs, this.name, fields);
    };
    const heed = (event: string, fields?: Record<string, unknown>) => {
      note(event, fields);
      if (this.process !== undefined) this.onWarning?.(event, fields ?? {});
    };
    return { debug: note, info: note, warn: heed, error: heed };
  }
}
