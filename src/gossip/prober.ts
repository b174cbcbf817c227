/** The failure detector: one member after the other is asked whether it is there. */
import type { Choices } from "./choices.ts";
import type { GossipConfig } from "./config.ts";
import type { Step } from "./events.ts";
import type { LocalHealth } from "./local_health.ts";
import { isPresent, type Member } from "./member.ts";
import { encodeMessage } from "./message_codec.ts";
import type { Ack, Destination, IndirectPing, Nack, Ping } from "./messages.ts";
import type { MemberTable } from "./member_table.ts";

/** Probes for others that are under way at most; a flood of requests costs no more than this. */
const RELAYS_MAX = 256;

/** A probe of ours that is under way. */
interface Probe {
  readonly target: Member;
  readonly sequence: number;
  readonly startMs: number;
  /** When others are asked to try; Infinity once they are. */
  indirectMs: number;
  /** When it has failed. */
  deadlineMs: number;
  /** Members that were asked to try. */
  asked: number;
  /** Those of them that said that they had no answer either. */
  nacks: number;
}

/** A probe on behalf of another member. */
interface Relay {
  readonly target: string;
  readonly requester: Destination;
  /** The requester's number for it. */
  readonly sequence: number;
  /** When the requester is told that there is no answer yet; Infinity once it is. */
  nackMs: number;
  /** When the answer is of no use any more. */
  deadlineMs: number;
}

/** Sends a message, and with it what news fits. */
export type SendMessage = (step: Step, to: Destination, messages: readonly Uint8Array[]) => void;

/** What a {@link Prober} works with. */
export interface ProberOptions {
  readonly config: GossipConfig;
  readonly choices: Choices;
  readonly health: LocalHealth;
  readonly table: MemberTable;
  readonly send: SendMessage;
}

/**
 * Asks the members in turn, in an order that is drawn anew for each round, so that each is asked
 * within two rounds (SWIM, section 4.3). One that does not answer is asked through others and over
 * a stream, and becomes suspect when nothing of it helps.
 */
export class Prober {
  readonly #options: ProberOptions;
  readonly #relays = new Map<number, Relay>();
  #round: string[] = [];
  #probe: Probe | undefined;
  #nextProbeMs: number;
  #sequence: number;

  constructor(options: ProberOptions, nowMs: number) {
    this.#options = options;
    this.#sequence = options.choices.word();
    // Members that started together shall not probe together.
    this.#nextProbeMs = nowMs + options.choices.fraction() * options.config.probeIntervalMs;
  }

  /** When {@link tick} has something to do. */
  deadlineMs(): number {
    const probe = this.#probe;
    let deadlineMs = probe === undefined
      ? this.#nextProbeMs
      : Math.min(probe.indirectMs, probe.deadlineMs);
    for (const relay of this.#relays.values()) {
      deadlineMs = Math.min(deadlineMs, relay.nackMs, relay.deadlineMs);
    }
    return deadlineMs;
  }

  tick(step: Step): void {
    const { nowMs } = step;
    const probe = this.#probe;
    if (probe !== undefined && nowMs >= probe.deadlineMs) this.#fail(step, probe);
    else if (probe !== undefined && nowMs >= probe.indirectMs) this.#askOthers(step, probe);
    this.#tickRelays(step);
    if (this.#probe === undefined && nowMs >= this.#nextProbeMs) this.#start(step);
  }

  /** For `ms` this process could not have heard any answer. */
  postpone(ms: number): void {
    if (this.#probe !== undefined) {
      this.#probe.indirectMs += ms;
      this.#probe.deadlineMs += ms;
    }
    for (const relay of this.#relays.values()) {
      relay.nackMs += ms;
      relay.deadlineMs += ms;
    }
  }

  onPing(step: Step, { target, sequence, source }: Ping): void {
    const { name } = this.#options.table.self;
    if (target !== name) return;
    this.#options.send(step, source, [encodeMessage({ type: "ack", sequence, name })]);
  }

  onIndirectPing(step: Step, request: IndirectPing): void {
    if (this.#relays.size >= RELAYS_MAX) return;
    const { config } = this.#options;
    const sequence = this.#nextSequence();
    this.#relays.set(sequence, {
      target: request.target,
      requester: request.source,
      sequence: request.sequence,
      nackMs: step.nowMs + config.probeTimeoutMs,
      deadlineMs: step.nowMs + config.probeIntervalMs * config.healthSteps,
    });
    this.#ping(step, request.target, request.at, sequence);
  }

  onAck(step: Step, { sequence, name }: Ack): void {
    if (this.#isAnswer(sequence, name)) return this.#succeed(step);
    const relay = this.#relays.get(sequence);
    if (relay === undefined || relay.target !== name) return;
    this.#relays.delete(sequence);
    const ack = encodeMessage({ type: "ack", sequence: relay.sequence, name });
    this.#options.send(step, relay.requester, [ack]);
  }

  onNack({ sequence }: Nack): void {
    const probe = this.#probe;
    if (probe?.sequence === sequence && probe.nacks < probe.asked) probe.nacks++;
  }

  onStreamPong(step: Step, sequence: number, name: string): void {
    const probe = this.#probe;
    if (probe === undefined || !this.#isAnswer(sequence, name)) return;
    step.effects.push({ type: "packetsLost", member: probe.target });
    this.#succeed(step);
  }

  #isAnswer(sequence: number, name: string): boolean {
    return this.#probe?.sequence === sequence && this.#probe.target.name === name;
  }

  #start(step: Step): void {
    const { config, health, table } = this.#options;
    const target = this.#nextTarget();
    this.#nextProbeMs = step.nowMs + config.probeIntervalMs;
    if (target === undefined) return;
    const sequence = this.#nextSequence();
    this.#probe = {
      target,
      sequence,
      startMs: step.nowMs,
      indirectMs: step.nowMs + health.stretch(config.probeTimeoutMs),
      deadlineMs: step.nowMs + health.stretch(config.probeIntervalMs),
      asked: 0,
      nacks: 0,
    };
    // One that is suspected hears of it at once, so that it can refute (Lifeguard, 4.3).
    const accusation = target.state !== "suspect" ? [] : [encodeMessage({
      type: "suspect",
      name: target.name,
      incarnation: target.incarnation,
      from: table.self.name,
    })];
    this.#ping(step, target.name, target, sequence, accusation);
  }

  #nextTarget(): Member | undefined {
    const { table, choices } = this.#options;
    for (let isRedrawn = false;;) {
      for (let name = this.#round.pop(); name !== undefined; name = this.#round.pop()) {
        const member = table.find(name);
        if (member !== undefined && isPresent(member)) return member;
      }
      if (isRedrawn) return undefined;
      this.#round = table.others(0, isPresent).map((member) => member.name);
      choices.shuffle(this.#round);
      isRedrawn = true;
    }
  }

  #ping(
    step: Step,
    target: string,
    to: Destination,
    sequence: number,
    before: readonly Uint8Array[] = [],
  ): void {
    const source = this.#options.table.self;
    const ping = encodeMessage({ type: "ping", sequence, target, source });
    this.#options.send(step, to, [...before, ping]);
  }

  #askOthers(step: Step, probe: Probe): void {
    const { config, choices, table } = this.#options;
    const { target, sequence } = probe;
    probe.indirectMs = Infinity;
    const candidates = table.others(
      step.nowMs,
      ({ name, state }) => state === "alive" && name !== target.name,
    );
    const source = table.self;
    const request = encodeMessage({
      type: "indirectPing",
      sequence,
      target: target.name,
      at: target,
      source,
    });
    const helpers = choices.sample(candidates, config.indirectProbes);
    probe.asked = helpers.length;
    for (const helper of helpers) this.#options.send(step, helper, [request]);
    const { address: to, name } = target;
    const timeoutMs = probe.deadlineMs - step.nowMs;
    step.effects.push({ type: "streamPing", to, target: name, sequence, timeoutMs });
  }

  #succeed(step: Step): void {
    this.#options.health.adjust(-1);
    this.#conclude(step);
  }

  #fail(step: Step, probe: Probe): void {
    // Helpers that say nothing at all hint at our own ears; with none, the doubt is ours alone.
    this.#options.health.adjust(probe.asked > 0 ? probe.asked - probe.nacks : 1);
    const { table } = this.#options;
    const { name, incarnation } = table.find(probe.target.name) ?? probe.target;
    this.#conclude(step);
    table.suspect(step, { type: "suspect", name, incarnation, from: table.self.name });
  }

  #conclude(step: Step): void {
    this.#probe = undefined;
    this.#nextProbeMs = Math.max(this.#nextProbeMs, step.nowMs);
  }

  #tickRelays(step: Step): void {
    for (const [sequence, relay] of this.#relays) {
      if (step.nowMs >= relay.deadlineMs) this.#relays.delete(sequence);
      else if (step.nowMs >= relay.nackMs) {
        relay.nackMs = Infinity;
        const nack = encodeMessage({ type: "nack", sequence: relay.sequence });
        this.#options.send(step, relay.requester, [nack]);
      }
    }
  }

  #nextSequence(): number {
    this.#sequence = (this.#sequence + 1) >>> 0;
    return this.#sequence;
  }
}
