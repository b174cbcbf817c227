import { setImmediate } from "node:timers";
import type { Timer } from "../../../src/io/clock.ts";
import { EventHeap, type TimedEvent } from "./event_heap.ts";
import { Trace } from "./trace.ts";

/** Even what happens at once takes this long, so that time can't stand still for ever. */
const DELAY_MS_MIN = 0.01;
/** So many events run before the runtime gets its turn, where promises can be settled in between. */
const EVENTS_PER_TURN = 500;

/** Runs every promise reaction that is due; absent where the runtime does not offer it. */
const runMicrotasks = synchronousCheckpoint();

class VirtualEvent implements TimedEvent, Timer {
  isCancelled = false;

  constructor(
    readonly atMs: number,
    readonly sequence: number,
    readonly callback: () => void,
  ) {}

  cancel(): void {
    this.isCancelled = true;
  }
}

/**
 * One time for all machines of a simulation. Events run one after the other, and after each of them
 * every promise that can settle does so before the next one begins: promise reactions run in an
 * order that the language defines, so a run is decided by its events alone.
 */
export class VirtualTime {
  readonly trace = new Trace();
  #nowMs = 0;
  #sequence = 0;
  #failure: unknown;
  #isStopped = false;
  readonly #events = new EventHeap<VirtualEvent>();

  /** Milliseconds since the simulation began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const atMs = this.#nowMs + Math.max(DELAY_MS_MIN, delayMs);
    const event = new VirtualEvent(atMs, this.#sequence++, callback);
    this.#events.push(event);
    return event;
  }

  /** Settles when `delayMs` have passed. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.schedule(delayMs, resolve));
  }

  /** Ends {@link run}, which throws `reason`. The first one counts. */
  fail(reason: unknown): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#failure = reason;
  }

  /**
   * Runs all that is due up to `untilMs`.
   * @throws what an event threw, or {@link fail} was told
   */
  async run(untilMs: number): Promise<void> {
    while (await this.#turn(untilMs));
    this.throwIfFailed();
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** @throws what {@link fail} was told */
  throwIfFailed(): void {
    if (this.#isStopped) throw this.#failure;
  }

  /** Runs until `work` settles, or `limitMs` have passed. */
  async runUntil<T>(work: Promise<T>, limitMs: number): Promise<T> {
    const endMs = this.#nowMs + limitMs;
    let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
    work.then((value) => outcome = { value }, (error) => outcome = { error });
    while (outcome === undefined) {
      if (this.#nowMs >= endMs) throw new Error(`not done after ${limitMs} simulated ms`);
      const next = this.#events.peek()?.atMs ?? endMs;
      await this.run(Math.min(endMs, Math.max(next, this.#nowMs)));
    }
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  }

  /** @returns whether more is due */
  #turn(untilMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          resolve(this.#burst(untilMs));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #burst(untilMs: number): boolean {
    const events = runMicrotasks === undefined ? 1 : EVENTS_PER_TURN;
    for (let count = 0; count < events; count++) {
      if (this.#isStopped) return false;
      const next = this.#events.peek();
      if (next === undefined || next.atMs > untilMs) return false;
      this.#events.pop();
      if (next.isCancelled) continue;
      this.#nowMs = next.atMs;
      this.trace.tally("event", next.atMs, next.sequence);
      next.callback();
      runMicrotasks?.();
    }
    return true;
  }
}

/**
 * The runtime runs promise reactions when a turn of its own event loop ends. A turn costs a few
 * microseconds; where its core offers the same checkpoint as a call, hundreds of events share one.
 */
function synchronousCheckpoint(): (() => void) | undefined {
  const internals: unknown = Reflect.get(Deno, Reflect.get(Deno, "internal") as symbol);
  if (typeof internals !== "object" || internals === null) return undefined;
  const core: unknown = Reflect.get(internals, "core");
  if (typeof core !== "object" || core === null) return undefined;
  const run: unknown = Reflect.get(core, "runMicrotasks");
  return typeof run === "function" ? () => void Reflect.apply(run, core, []) : undefined;
}
