/** What is known of the members, and what becomes of it when somebody claims something. */
import { Broadcasts } from "./broadcasts.ts";
import {
  type GossipConfig,
  retransmitLimit,
  suspicionConfirmations,
  suspicionMinMs,
} from "./config.ts";
import type { Step } from "./events.ts";
import type { LocalHealth } from "./local_health.ts";
import {
  isPresent,
  isSameProfile,
  type Member,
  type MemberProfile,
  type MemberState,
} from "./member.ts";
import { encodeMessage } from "./message_codec.ts";
import type { AliveClaim, DeadClaim, SuspectClaim } from "./messages.ts";
import { Suspicion } from "./suspicion.ts";

/** A member with what the others need not know. */
interface Entry {
  member: Member;
  /** When anything of it changed; of a member that is gone, when it went. */
  changedMs: number;
  /** While it is suspect. */
  suspicion: Suspicion | undefined;
}

/**
 * The members by name. Of two claims about a member the one with the higher incarnation holds; with
 * the same, dead wins over suspect and suspect over alive (SWIM, section 4.2). Claims that change
 * something are passed on; a claim that this member is anything but well is refuted.
 */
export class MemberTable {
  readonly broadcasts = new Broadcasts();
  readonly #entries = new Map<string, Entry>();
  readonly #self: Entry;
  #presentCount = 1;
  #isLeaving = false;
  /** How often somebody with another boot id spoke in our name. */
  #foreignClaims = 0;

  constructor(
    private readonly config: GossipConfig,
    private readonly health: LocalHealth,
    profile: MemberProfile,
    incarnation: number,
    nowMs: number,
  ) {
    const member: Member = { ...profile, state: "alive", incarnation };
    this.#self = { member, changedMs: nowMs, suspicion: undefined };
    this.#entries.set(profile.name, this.#self);
  }

  get self(): Member {
    return this.#self.member;
  }

  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** Members that are alive or suspect, this one among them. */
  get presentCount(): number {
    return this.#presentCount;
  }

  find(name: string): Member | undefined {
    return this.#entries.get(name)?.member;
  }

  /** This member first, then the others in the order in which they became known. */
  list(): Member[] {
    return [...this.#entries.values()].map((entry) => entry.member);
  }

  /** The others that `condition` holds for; it gets the time since they changed, too. */
  others(
    nowMs: number,
    condition: (member: Member, sinceMs: number) => boolean,
  ): Member[] {
    const found: Member[] = [];
    for (const entry of this.#entries.values()) {
      if (entry === this.#self) continue;
      if (condition(entry.member, nowMs - entry.changedMs)) found.push(entry.member);
    }
    return found;
  }

  /** News to put in a packet that has `bytesMax` left. */
  news(bytesMax: number): Uint8Array[] {
    return this.broadcasts.take(bytesMax, retransmitLimit(this.config, this.#presentCount));
  }

  /** A member is there, or tells something new of itself. */
  alive(step: Step, claim: AliveClaim): void {
    const entry = this.#entries.get(claim.name);
    if (entry === this.#self) return this.#aboutSelf(step, claim);
    if (entry === undefined) return this.#admit(step, claim);
    const { member } = entry;
    if (claim.incarnation <= member.incarnation) return;
    this.#change(step, entry, { ...profileOf(claim), incarnation: claim.incarnation }, "alive");
    this.#passOn(claim);
  }

  /** `claim.from` has had no answer of a member. */
  suspect(step: Step, claim: SuspectClaim): void {
    const entry = this.#entries.get(claim.name);
    if (entry === undefined || claim.incarnation < entry.member.incarnation) return;
    if (entry.suspicion !== undefined) {
      this.#raise(entry, claim.incarnation);
      if (entry.suspicion.confirm(claim.from)) this.#passOn(claim);
      return;
    }
    if (entry.member.state !== "alive") return;
    if (entry === this.#self) return this.#refute(claim.incarnation);
    this.#change(step, entry, { incarnation: claim.incarnation }, "suspect");
    entry.suspicion = new Suspicion(claim.from, this.#suspicionTerms(), step.nowMs);
    this.#passOn(claim);
  }

  /** A member has failed, or has left when it says so itself. */
  dead(step: Step, claim: DeadClaim): void {
    const entry = this.#entries.get(claim.name);
    if (entry === undefined || claim.incarnation < entry.member.incarnation) return;
    if (entry === this.#self) {
      if (!this.#isLeaving) this.#refute(claim.incarnation);
      return;
    }
    const state = claim.from === claim.name ? "left" : "failed";
    // One that was taken for failed may turn out to have left; nothing else wakes the dead.
    const isNews = isPresent(entry.member) || (state === "left" && entry.member.state === "failed");
    if (!isNews) return;
    this.#change(step, entry, { incarnation: claim.incarnation }, state);
    this.#passOn(claim);
  }

  /** What another member holds of one. Its suspicions become ours, and its dead our suspects. */
  merge(step: Step, theirs: Member, isFirst: boolean): void {
    const { name, incarnation, state } = theirs;
    if (state === "alive" || (isPresent(theirs) && !this.#entries.has(name))) {
      this.alive(step, { type: "alive", ...profileOf(theirs), incarnation });
    }
    if (!this.#entries.has(name)) {
      // Known only when we came: else two members could remind each other of it for ever.
      if (isFirst) this.#remember(step, theirs);
      return;
    }
    if (state === "left") this.dead(step, { type: "dead", name, incarnation, from: name });
    if (state === "suspect" || state === "failed") {
      this.suspect(step, { type: "suspect", name, incarnation, from: this.self.name });
    }
  }

  /** Takes those for failed that have not refuted in time. */
  expireSuspicions(step: Step): void {
    for (const { member, suspicion } of [...this.#entries.values()]) {
      if (suspicion === undefined || suspicion.deadlineMs > step.nowMs) continue;
      const { name, incarnation } = member;
      this.dead(step, { type: "dead", name, incarnation, from: this.self.name });
    }
  }

  /** When the next suspicion ends; Infinity when nobody is suspected. */
  suspicionDeadlineMs(): number {
    let deadlineMs = Infinity;
    for (const { suspicion } of this.#entries.values()) {
      if (suspicion !== undefined) deadlineMs = Math.min(deadlineMs, suspicion.deadlineMs);
    }
    return deadlineMs;
  }

  /** For `ms` this process could not have heard anybody refute. */
  postponeSuspicions(ms: number): void {
    for (const { suspicion } of this.#entries.values()) suspicion?.postpone(ms);
  }

  /** Forgets those that failed or left long ago. */
  forget(nowMs: number): void {
    for (const [name, entry] of this.#entries) {
      if (isPresent(entry.member)) continue;
      if (nowMs - entry.changedMs >= this.config.forgetAfterMs) this.#entries.delete(name);
    }
  }

  /** Tells the others something else of this member. */
  setTags(step: Step, tags: ReadonlyMap<string, string>): void {
    const previous = this.#self.member;
    const incarnation = previous.incarnation + 1;
    this.#self.member = { ...previous, tags: new Map(tags), incarnation };
    step.effects.push({ type: "changed", member: this.#self.member, previous });
    if (!this.#isLeaving) this.#announceSelf();
  }

  /** Puts the news that this member is there in the queue. */
  announce(): void {
    this.#announceSelf();
  }

  /** Says that this member goes. Nothing that is said of it is refuted from now on. */
  leave(): void {
    this.#isLeaving = true;
    const { name, incarnation } = this.self;
    this.#self.member = { ...this.self, state: "left" };
    this.#passOn({ type: "dead", name, incarnation, from: name });
  }

  #aboutSelf(step: Step, claim: AliveClaim): void {
    const { member } = this.#self;
    if (this.#isLeaving || claim.incarnation < member.incarnation) return;
    if (claim.incarnation === member.incarnation && isSameProfile(claim, member)) return;
    // Once it is an echo of our former run; after we have outbid that, somebody else lives there.
    if (claim.bootId !== member.bootId && ++this.#foreignClaims > 1) {
      step.effects.push({ type: "conflict", address: claim.address });
    }
    this.#refute(claim.incarnation);
  }

  /** Outbids what is said of this member. Having to do so is a sign of being slow. */
  #refute(claimed: number): void {
    const { member } = this.#self;
    const incarnation = Math.max(member.incarnation, claimed) + 1;
    this.#self.member = { ...member, incarnation };
    this.health.adjust(1);
    this.#announceSelf();
  }

  #announceSelf(): void {
    const { incarnation } = this.self;
    this.#passOn({ type: "alive", ...profileOf(this.self), incarnation });
  }

  #admit(step: Step, claim: AliveClaim): void {
    if (!this.#makeRoom()) return;
    const { incarnation } = claim;
    const member: Member = { ...profileOf(claim), state: "alive", incarnation };
    this.#insert(step, member);
    this.#presentCount++;
    this.#passOn(claim);
  }

  #remember(step: Step, theirs: Member): void {
    if (isPresent(theirs) || !this.#makeRoom()) return;
    this.#insert(step, {
      ...profileOf(theirs),
      state: theirs.state,
      incarnation: theirs.incarnation,
    });
  }

  #insert(step: Step, member: Member): void {
    this.#entries.set(member.name, { member, changedMs: step.nowMs, suspicion: undefined });
    step.effects.push({ type: "changed", member, previous: undefined });
  }

  /** False when all places are taken by members that are present. */
  #makeRoom(): boolean {
    if (this.#entries.size < this.config.membersMax) return true;
    let longestGone: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (isPresent(entry.member) || entry === this.#self) continue;
      if (longestGone === undefined || entry.changedMs < longestGone.changedMs) longestGone = entry;
    }
    if (longestGone !== undefined) this.#entries.delete(longestGone.member.name);
    return longestGone !== undefined;
  }

  #change(step: Step, entry: Entry, difference: Partial<Member>, state: MemberState): void {
    const previous = entry.member;
    entry.changedMs = step.nowMs;
    if (isPresent(previous)) this.#presentCount--;
    entry.member = { ...previous, ...difference, state };
    if (isPresent(entry.member)) this.#presentCount++;
    entry.suspicion = undefined;
    step.effects.push({ type: "changed", member: entry.member, previous });
  }

  /** A suspicion is about the newest incarnation that anybody suspects. */
  #raise(entry: Entry, incarnation: number): void {
    if (incarnation > entry.member.incarnation) entry.member = { ...entry.member, incarnation };
  }

  #suspicionTerms() {
    const minMs = suspicionMinMs(this.config, this.#presentCount);
    return {
      confirmations: suspicionConfirmations(this.config, this.#presentCount),
      minMs,
      maxMs: minMs * this.config.suspicionMaxMultiplier,
    };
  }

  #passOn(claim: AliveClaim | SuspectClaim | DeadClaim): void {
    this.broadcasts.add(claim.name, encodeMessage(claim));
  }
}

function profileOf({ name, address, bootId, tags }: MemberProfile): MemberProfile {
  return { name, address, bootId, tags };
}
