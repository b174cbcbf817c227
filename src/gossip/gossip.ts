/**
 * Membership by gossip: SWIM (Das, Gupta, Motivala, 2002) with the refinements of Lifeguard
 * (Dadgar, Phillips, Currey, 2017), and the exchange of all that is known, the farewell and the
 * reconnecting of memberlist and Serf. A state machine: events and time in, effects out.
 */
import { Choices } from "./choices.ts";
import { type GossipConfig, pushPullIntervalMs } from "./config.ts";
import type { GossipEffect, GossipEvent, Step } from "./events.ts";
import { LocalHealth } from "./local_health.ts";
import {
  INCARNATION_MAX,
  isPresent,
  isSameTags,
  type Member,
  type MemberProfile,
  profileProblem,
} from "./member.ts";
import { MemberTable } from "./member_table.ts";
import { decodeMessages } from "./message_codec.ts";
import type { Destination, GossipMessage } from "./messages.ts";
import { Prober } from "./prober.ts";
import { Rejoining } from "./rejoining.ts";

/** How a {@link Gossip} starts. */
export interface GossipStart {
  readonly config: GossipConfig;
  readonly self: MemberProfile;
  /** Higher than that of any former run, as far as it is known. */
  readonly incarnation: number;
  /** Random bits for the choices. */
  readonly seed: readonly [number, number, number, number];
  readonly nowMs: number;
}

/** One member's part in the gossip. */
export class Gossip {
  readonly #config: GossipConfig;
  readonly #choices: Choices;
  readonly #health: LocalHealth;
  readonly #table: MemberTable;
  readonly #prober: Prober;
  readonly #rejoining: Rejoining;
  #nextNewsMs: number;
  #nextPushPullMs: number;
  #isFarewellPending = false;
  #deadlineMs: number;

  /** @throws {RangeError} when the profile is longer than what can be spread */
  constructor({ config, self, incarnation, seed, nowMs }: GossipStart) {
    const problem = profileProblem(self);
    if (problem !== undefined) throw new RangeError(problem);
    this.#config = config;
    const choices = this.#choices = new Choices(seed);
    const health = this.#health = new LocalHealth(config.healthSteps);
    const table = this.#table = new MemberTable(config, health, self, incarnation, nowMs);
    const send = (step: Step, to: Destination, messages: readonly Uint8Array[]) =>
      this.#send(step, to, messages);
    this.#prober = new Prober({ config, choices, health, table, send }, nowMs);
    this.#rejoining = new Rejoining(config, choices, table, nowMs);
    this.#nextNewsMs = nowMs;
    this.#nextPushPullMs = nowMs + (0.5 + choices.fraction() / 2) * config.pushPullIntervalMs;
    this.#deadlineMs = this.#nextDeadlineMs();
  }

  get self(): Member {
    return this.#table.self;
  }

  /** All that are known, this member first. */
  members(): readonly Member[] {
    return this.#table.list();
  }

  /** How well this member hears, 0 (well) to the number of steps less one (Lifeguard). */
  get healthScore(): number {
    return this.#health.score;
  }

  /** News that still wait to be sent. */
  get newsWaiting(): number {
    return this.#table.broadcasts.size;
  }

  /** When the next `tick` is due, on the clock of {@link step}. */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /**
   * Takes in one event and does what is due at `nowMs`, which never goes back.
   * @throws {RangeError} for tags that are too long to be spread
   */
  step(nowMs: number, event: GossipEvent): readonly GossipEffect[] {
    const step: Step = { nowMs, effects: [] };
    this.#allowForStall(nowMs);
    this.#take(step, event);
    this.#resyncAfterReturns(step);
    this.#tick(step);
    this.#deadlineMs = this.#nextDeadlineMs();
    return step.effects;
  }

  /**
   * A process that was stopped for a while finds all its deadlines passed, with the answers still
   * unread: nobody is to be accused for that.
   */
  #allowForStall(nowMs: number): void {
    const lateMs = nowMs - this.#deadlineMs;
    if (lateMs < this.#config.probeTimeoutMs) return;
    this.#prober.postpone(lateMs);
    this.#table.postponeSuspicions(lateMs);
    this.#health.adjust(1);
  }

  #take(step: Step, event: GossipEvent): void {
    switch (event.type) {
      case "tick":
        return;
      case "packet":
        return this.#takePacket(step, event.payload);
      case "pushPull":
        return this.#merge(step, event.members);
      case "pulled":
        this.#rejoining.reached(event.from);
        return this.#merge(step, event.members);
      case "streamPong":
        return this.#prober.onStreamPong(step, event.sequence, event.name);
      case "setTags":
        return this.#setTags(step, event.tags);
      case "join":
        return this.#rejoining.join(step, event.seeds);
      case "leave":
        return this.#leave();
    }
  }

  #takePacket(step: Step, payload: Uint8Array): void {
    if (payload.length > this.#config.payloadBytesMax) return;
    const messages = decodeMessages(payload);
    if (messages === undefined) return;
    for (const message of messages) this.#takeMessage(step, message);
  }

  #takeMessage(step: Step, message: GossipMessage): void {
    switch (message.type) {
      case "ping":
        return this.#prober.onPing(step, message);
      case "indirectPing":
        return this.#prober.onIndirectPing(step, message);
      case "ack":
        return this.#prober.onAck(step, message);
      case "nack":
        return this.#prober.onNack(message);
      case "alive":
        return this.#table.alive(step, message);
      case "suspect":
        return this.#table.suspect(step, message);
      case "dead":
        return this.#table.dead(step, message);
    }
  }

  /** A list with a flaw is passed over as a whole, like a packet. */
  #merge(step: Step, members: readonly Member[]): void {
    if (members.length > this.#config.membersMax || !members.every(isSound)) return;
    const isFirst = this.#table.presentCount === 1;
    for (const member of members) this.#table.merge(step, member, isFirst);
  }

  #setTags(step: Step, tags: ReadonlyMap<string, string>): void {
    const problem = profileProblem({ ...this.self, tags });
    if (problem !== undefined) throw new RangeError(problem);
    if (!isSameTags(tags, this.self.tags)) this.#table.setTags(step, tags);
  }

  #leave(): void {
    if (this.#table.isLeaving) return;
    this.#table.leave();
    this.#isFarewellPending = true;
  }

  #resyncAfterReturns({ nowMs, effects }: Step): void {
    const isReturn = effects.some((effect) =>
      effect.type === "changed" && isPresent(effect.member) && effect.previous !== undefined &&
      !isPresent(effect.previous)
    );
    if (!isReturn) return;
    const resyncMs = nowMs + (1 + this.#choices.fraction()) / 2 * this.#config.resyncWithinMs;
    this.#nextPushPullMs = Math.min(this.#nextPushPullMs, resyncMs);
  }

  #tick(step: Step): void {
    const { nowMs } = step;
    this.#table.expireSuspicions(step);
    if (!this.#table.isLeaving) {
      this.#prober.tick(step);
      this.#rejoining.tick(step);
      if (nowMs >= this.#nextPushPullMs) this.#pushPull(step);
    }
    if (this.newsWaiting > 0 && nowMs >= this.#nextNewsMs) this.#spreadNews(step);
    if (this.#isFarewellPending && !this.#table.broadcasts.has(this.self.name)) {
      this.#isFarewellPending = false;
      step.effects.push({ type: "farewellSent" });
    }
  }

  #nextDeadlineMs(): number {
    const newsMs = this.newsWaiting > 0 ? this.#nextNewsMs : Infinity;
    const suspicionMs = this.#table.suspicionDeadlineMs();
    if (this.#table.isLeaving) return Math.min(newsMs, suspicionMs);
    return Math.min(
      newsMs,
      suspicionMs,
      this.#nextPushPullMs,
      this.#prober.deadlineMs(),
      this.#rejoining.deadlineMs,
    );
  }

  #spreadNews(step: Step): void {
    const config = this.#config;
    const table = this.#table;
    const listeners = table.others(
      step.nowMs,
      (member, sinceMs) =>
        isPresent(member) || (member.state === "failed" && sinceMs < config.gossipToTheFailedMs),
    );
    // Whoever comes gets to know everything at once, so news for nobody need not be kept.
    if (listeners.length === 0) return table.broadcasts.clear();
    this.#nextNewsMs = step.nowMs + config.gossipIntervalMs;
    for (const listener of this.#choices.sample(listeners, config.gossipFanout)) {
      if (this.newsWaiting > 0) this.#send(step, listener, []);
    }
  }

  #pushPull(step: Step): void {
    this.#nextPushPullMs = step.nowMs +
      pushPullIntervalMs(this.#config, this.#table.presentCount);
    const partners = this.#table.others(step.nowMs, (member) => member.state === "alive");
    const [partner] = this.#choices.sample(partners, 1);
    if (partner !== undefined) step.effects.push({ type: "pushPull", to: partner.address });
  }

  /** A packet of `messages` and of the news that fit behind them. */
  #send(step: Step, to: Destination, messages: readonly Uint8Array[]): void {
    let length = 0;
    for (const message of messages) length += message.length;
    const parts = [...messages, ...this.#table.news(this.#config.payloadBytesMax - length)];
    step.effects.push({
      type: "send",
      to: { address: to.address, bootId: to.bootId },
      payload: concatenated(parts),
    });
  }
}

function isSound(member: Member): boolean {
  return profileProblem(member) === undefined && Number.isSafeInteger(member.incarnation) &&
    member.incarnation >= 0 && member.incarnation < INCARNATION_MAX;
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
