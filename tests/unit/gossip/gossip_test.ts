import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_GOSSIP_CONFIG, type GossipConfig } from "../../../src/gossip/config.ts";
import type { GossipEffect, Step } from "../../../src/gossip/events.ts";
import { Gossip } from "../../../src/gossip/gossip.ts";
import { LocalHealth } from "../../../src/gossip/local_health.ts";
import type { Member, MemberState } from "../../../src/gossip/member.ts";
import { MemberTable } from "../../../src/gossip/member_table.ts";
import { decodeMessages, encodeMessage } from "../../../src/gossip/message_codec.ts";
import type { AliveClaim, GossipMessage } from "../../../src/gossip/messages.ts";

const START_MS = 1_000_000;

/** One member, and the packets that the others would send it. */
class Lone {
  readonly gossip: Gossip;
  nowMs = START_MS;

  constructor(config: Partial<GossipConfig> = {}, incarnation = 5) {
    this.gossip = new Gossip({
      config: { ...DEFAULT_GOSSIP_CONFIG, ...config },
      self: profile("me"),
      incarnation,
      seed: [1, 2, 3, 4],
      nowMs: START_MS,
    });
  }

  hears(...messages: GossipMessage[]): readonly GossipEffect[] {
    return this.hearsBytes(packetOf(messages));
  }

  hearsBytes(payload: Uint8Array): readonly GossipEffect[] {
    return this.gossip.step(this.nowMs, { type: "packet", payload });
  }

  /** Lets time pass, tick by tick. */
  waits(ms: number): GossipEffect[] {
    const endMs = this.nowMs + ms;
    const effects: GossipEffect[] = [];
    while (this.gossip.deadlineMs <= endMs) {
      this.nowMs = Math.max(this.nowMs, this.gossip.deadlineMs);
      effects.push(...this.gossip.step(this.nowMs, { type: "tick" }));
    }
    this.nowMs = endMs;
    return effects;
  }

  /** Name, state and incarnation of the others. */
  others(): string[] {
    return this.gossip.members().slice(1)
      .map(({ name, state, incarnation }) => `${name} ${state} ${incarnation}`);
  }
}

function profile(name: string, bootId = `boot-of-${name}`) {
  const address = { host: `host-of-${name}`, port: 9093 };
  return { name, address, bootId, tags: new Map<string, string>() };
}

function alive(name: string, incarnation = 1, bootId = `boot-of-${name}`): AliveClaim {
  return { type: "alive", incarnation, ...profile(name, bootId) };
}

function suspect(name: string, incarnation: number, from: string): GossipMessage {
  return { type: "suspect", name, incarnation, from };
}

function dead(name: string, incarnation: number, from: string): GossipMessage {
  return { type: "dead", name, incarnation, from };
}

function member(name: string, state: MemberState, incarnation: number): Member {
  return { ...profile(name), state, incarnation };
}

function packetOf(messages: readonly GossipMessage[]): Uint8Array {
  return Uint8Array.from(messages.flatMap((message) => [...encodeMessage(message)]));
}

/** `to: type of the message...` for each packet. */
function sent(effects: readonly GossipEffect[]): string[] {
  return effects.filter((effect) => effect.type === "send").map(({ to, payload }) =>
    `${to.bootId}: ${decodeMessages(payload)!.map(text).join(", ")}`
  );
}

function text(message: GossipMessage): string {
  switch (message.type) {
    case "ping":
      return `ping ${message.target}`;
    case "indirectPing":
      return `ask for ${message.target}`;
    case "ack":
      return `ack ${message.sequence}`;
    case "nack":
      return `nack ${message.sequence}`;
    case "alive":
      return `alive ${message.name} ${message.incarnation}`;
    default:
      return `${message.type} ${message.name} ${message.incarnation} by ${message.from}`;
  }
}

function pingSequence(effects: readonly GossipEffect[], target: string): number {
  for (const effect of effects) {
    if (effect.type !== "send") continue;
    for (const message of decodeMessages(effect.payload)!) {
      if (message.type === "ping" && message.target === target) return message.sequence;
    }
  }
  throw new Error(`nobody asked ${target}`);
}

Deno.test("Gossip takes the higher incarnation of two alive claims", () => {
  const lone = new Lone();
  lone.hears(alive("a", 3), alive("a", 2, "older"), alive("a", 3, "same"));
  assert.deepEqual(lone.others(), ["a alive 3"]);
  assert.equal(lone.gossip.members()[1]?.bootId, "boot-of-a");
  lone.hears(alive("a", 4, "newer"));
  assert.equal(lone.gossip.members()[1]?.bootId, "newer");
});

Deno.test("Gossip lets suspect win over alive and dead over suspect at the same incarnation", () => {
  const lone = new Lone();
  lone.hears(alive("a", 3), suspect("a", 2, "b"));
  assert.deepEqual(lone.others(), ["a alive 3"]);
  lone.hears(suspect("a", 3, "b"), alive("a", 3));
  assert.deepEqual(lone.others(), ["a suspect 3"]);
  lone.hears(dead("a", 2, "b"));
  assert.deepEqual(lone.others(), ["a suspect 3"]);
  lone.hears(dead("a", 3, "b"), suspect("a", 9, "b"), alive("a", 3));
  assert.deepEqual(lone.others(), ["a failed 3"]);
  lone.hears(alive("a", 4));
  assert.deepEqual(lone.others(), ["a alive 4"]);
});

Deno.test("Gossip tells one that left from one that failed, and corrects itself", () => {
  const lone = new Lone();
  lone.hears(alive("a"), alive("b"), dead("a", 1, "a"), dead("b", 1, "c"));
  assert.deepEqual(lone.others(), ["a left 1", "b failed 1"]);
  lone.hears(dead("a", 1, "c"), dead("b", 1, "b"));
  assert.deepEqual(lone.others(), ["a left 1", "b left 1"]);
});

Deno.test("Gossip ignores claims about members that it does not know, unless they are alive", () => {
  const lone = new Lone();
  const effects = lone.hears(suspect("a", 1, "b"), dead("a", 1, "b"));
  assert.deepEqual(lone.others(), []);
  assert.deepEqual(effects, []);
});

Deno.test("Gossip refutes what is said of it with a higher incarnation, and gets wary of itself", () => {
  const lone = new Lone({}, 5);
  lone.hears(alive("a"));
  lone.waits(3000);
  assert.equal(lone.gossip.self.incarnation, 5);
  assert.deepEqual(sent(lone.hears(suspect("me", 4, "a"))), []);
  assert.equal(lone.gossip.self.incarnation, 5);
  const health = lone.gossip.healthScore;
  assert.deepEqual(sent(lone.hears(suspect("me", 5, "a"))), ["boot-of-a: alive me 6"]);
  assert.equal(lone.gossip.healthScore, health + 1);
  lone.hears(dead("me", 20, "a"));
  assert.equal(lone.gossip.self.incarnation, 21);
  assert.equal(lone.gossip.self.state, "alive");
});

Deno.test("Gossip outbids its own former run, and reports one that keeps answering", () => {
  const lone = new Lone({}, 1);
  const conflicts = (effects: readonly GossipEffect[]) =>
    effects.filter(({ type }) => type === "conflict").length;
  assert.equal(conflicts(lone.hears(alive("me", 7, "former"))), 0);
  assert.equal(lone.gossip.self.incarnation, 8);
  assert.equal(lone.gossip.self.bootId, "boot-of-me");
  assert.equal(conflicts(lone.hears(alive("me", 7, "former"))), 0);
  assert.equal(conflicts(lone.hears(alive("me", 9, "other"))), 1);
  assert.equal(lone.gossip.self.incarnation, 10);
});

Deno.test("Gossip asks through others and over a stream before it suspects, and waits to be refuted", () => {
  const lone = new Lone({ gossipIntervalMs: 1e9 });
  lone.hears(alive("a"));
  lone.waits(1000);
  lone.hears(alive("b"), alive("c"), dead("a", 1, "a"));
  // Both are alive; only b never answers.
  let asked: GossipEffect[] = [];
  const answer = (effects: GossipEffect[]) => {
    asked = effects;
    if (effects.some((effect) => effect.type === "send" && effect.to.bootId === "boot-of-c")) {
      lone.hears({ type: "ack", sequence: pingSequence(effects, "c"), name: "c" });
    }
  };
  while (!asked.some((effect) => effect.type === "send" && effect.to.bootId === "boot-of-b")) {
    answer(lone.waits(10));
  }
  assert.deepEqual(lone.others().slice(1), ["b alive 1", "c alive 1"]);
  const stretch = lone.gossip.healthScore + 1;
  const second = lone.waits(500 * stretch);
  assert.match(sent(second).join("; "), /boot-of-c: ask for b/);
  assert.equal(second.filter(({ type }) => type === "streamPing").length, 1);
  lone.waits(500 * stretch);
  assert.deepEqual(lone.others().slice(1), ["b suspect 1", "c alive 1"]);
  lone.hears(alive("b", 2));
  assert.deepEqual(lone.others().slice(1), ["b alive 2", "c alive 1"]);
});

Deno.test("Gossip holds one for alive that answers over a stream, and tells that packets get lost", () => {
  const lone = new Lone({ gossipIntervalMs: 1e9 });
  lone.hears(alive("b"));
  const streamPing = () => lone.waits(10).find((effect) => effect.type === "streamPing");
  let ping = streamPing();
  while (ping === undefined) ping = streamPing();
  assert.ok(ping.target === "b" && ping.timeoutMs > 0);
  const { sequence } = ping;
  const wrong = lone.gossip.step(lone.nowMs, { type: "streamPong", sequence, name: "x" });
  assert.deepEqual(wrong, []);
  const pong = lone.gossip.step(lone.nowMs, { type: "streamPong", sequence, name: "b" });
  assert.deepEqual(pong.map(({ type }) => type), ["packetsLost"]);
  lone.waits(300);
  assert.deepEqual(lone.others(), ["b alive 1"]);
});

Deno.test("Gossip takes an answer only from whom it asked, and only for its question", () => {
  const lone = new Lone({ gossipIntervalMs: 1e9 });
  lone.hears(alive("b"));
  const sequence = pingSequence(lone.waits(1000), "b");
  lone.hears({ type: "ack", sequence, name: "c" }, {
    type: "ack",
    sequence: sequence + 1,
    name: "b",
  });
  lone.waits(1000);
  assert.deepEqual(lone.others(), ["b suspect 1"]);
});

Deno.test("Gossip answers a ping that is meant for it, and no other", () => {
  const lone = new Lone();
  const source = { address: { host: "asker", port: 1 }, bootId: "asker" };
  const ping = (target: string): GossipMessage => ({ type: "ping", sequence: 77, target, source });
  assert.deepEqual(sent(lone.hears(ping("me"))), ["asker: ack 77"]);
  assert.deepEqual(sent(lone.hears(ping("you"))), []);
});

Deno.test("Gossip asks for others, and hands on the answer or says in time that there is none", () => {
  const lone = new Lone();
  const source = { address: { host: "asker", port: 1 }, bootId: "asker" };
  const at = { address: { host: "t", port: 2 }, bootId: "target" };
  const request: GossipMessage = { type: "indirectPing", sequence: 77, target: "t", at, source };
  const effects = lone.hears(request);
  assert.deepEqual(sent(effects), ["target: ping t"]);
  const sequence = pingSequence(effects, "t");
  assert.deepEqual(sent(lone.hears({ type: "ack", sequence, name: "x" })), []);
  assert.deepEqual(sent(lone.waits(500)), ["asker: nack 77"]);
  assert.deepEqual(sent(lone.hears({ type: "ack", sequence, name: "t" })), ["asker: ack 77"]);
  assert.deepEqual(sent(lone.hears({ type: "ack", sequence, name: "t" })), []);
});

Deno.test("Gossip asks for others at most so often at once", () => {
  const lone = new Lone();
  const source = { address: { host: "asker", port: 1 }, bootId: "asker" };
  let count = 0;
  for (let sequence = 0; sequence < 1000; sequence++) {
    const request = { type: "indirectPing" as const, sequence, target: "t", at: source, source };
    count += sent(lone.hears(request)).length;
  }
  assert.equal(count, 256);
});

Deno.test("MemberTable shortens a suspicion with each other member that shares it", () => {
  const lasts = (accusers: string[]) => {
    const health = new LocalHealth(8);
    const table = new MemberTable(DEFAULT_GOSSIP_CONFIG, health, profile("me"), 1, 0);
    const step: Step = { nowMs: 0, effects: [] };
    for (const name of ["a", "b", "c", "d", "e"]) table.alive(step, alive(name));
    for (const from of accusers) {
      table.suspect(step, { type: "suspect", name: "a", incarnation: 1, from });
    }
    return table.suspicionDeadlineMs();
  };
  const times = [["b"], ["b", "c"], ["b", "c", "d"], ["b", "c", "d", "e"]].map(lasts);
  assert.deepEqual(times.map(Math.round), [24_000, 11_381, 4000, 4000]);
  assert.equal(lasts(["b", "b", "b"]), 24_000);
});

Deno.test("Gossip accuses nobody for the time in which its own process stood still", () => {
  const lone = new Lone();
  lone.hears(alive("a"), alive("b"), suspect("a", 1, "b"));
  let effects = lone.waits(10);
  while (!sent(effects).some((text) => text.includes("ping b"))) effects = lone.waits(10);
  lone.nowMs += 3600_000;
  const health = lone.gossip.healthScore;
  lone.gossip.step(lone.nowMs, { type: "tick" });
  assert.deepEqual(lone.others(), ["a suspect 1", "b alive 1"]);
  assert.equal(lone.gossip.healthScore, health + 1);
  // The answer to its last question is still taken.
  const sequence = pingSequence(effects, "b");
  lone.hears({ type: "ack", sequence, name: "b" });
  lone.waits(900);
  assert.deepEqual(lone.others(), ["a suspect 1", "b alive 1"]);
});

/** Waits for the next ping of `target` and returns its number. */
function nextPing(lone: Lone, target: string): { sequence: number; packet: string } {
  for (let i = 0; i < 1000; i++) {
    const effects = lone.waits(10);
    const packet = sent(effects).find((text) => text.includes(`ping ${target}`));
    if (packet !== undefined) return { sequence: pingSequence(effects, target), packet };
  }
  throw new Error(`${target} is not asked`);
}

Deno.test("Gossip tells a suspect of the suspicion with its next ping, and others nothing", () => {
  const lone = new Lone({ gossipIntervalMs: 1e9, retransmitMultiplier: 0 });
  lone.hears(alive("a"));
  assert.equal(nextPing(lone, "a").packet, "boot-of-a: ping a");
  lone.hears(suspect("a", 1, "b"));
  lone.waits(1000);
  assert.equal(nextPing(lone, "a").packet, "boot-of-a: suspect a 1 by me, ping a");
});

Deno.test("Gossip trusts itself less when nobody answers, and no less when helpers say so too", () => {
  const lone = new Lone({ gossipIntervalMs: 1e9 });
  lone.hears(alive("a"));
  nextPing(lone, "a");
  lone.waits(980);
  assert.equal(lone.gossip.healthScore, 0);
  // The first has failed when the second begins.
  const { sequence } = nextPing(lone, "a");
  assert.equal(lone.gossip.healthScore, 1);
  lone.hears({ type: "ack", sequence, name: "a" });
  assert.equal(lone.gossip.healthScore, 0);
  for (const [nacks, score] of [[1, 0], [0, 1]] as const) {
    const other = new Lone({ gossipIntervalMs: 1e9 });
    other.hears(alive("a"), alive("h"), dead("h", 1, "h"));
    const { sequence } = nextPing(other, "a");
    other.hears(alive("h", 2));
    other.waits(600);
    for (let i = 0; i < nacks; i++) other.hears({ type: "nack", sequence });
    other.waits(400);
    assert.equal(other.others()[0], "a suspect 1");
    assert.equal(other.gossip.healthScore, score, `${nacks} nacks`);
  }
});

Deno.test("Gossip waits longer for answers the less it trusts itself", () => {
  const lone = new Lone({ gossipIntervalMs: 1e9 });
  lone.hears(alive("a"), suspect("me", 5, "a"), suspect("me", 6, "a"));
  assert.equal(lone.gossip.healthScore, 2);
  nextPing(lone, "a");
  const isAsked = (effects: readonly GossipEffect[]) =>
    effects.some(({ type }) => type === "streamPing");
  assert.ok(!isAsked(lone.waits(1480)));
  assert.ok(isAsked(lone.waits(30)));
  lone.waits(1450);
  assert.equal(lone.others()[0], "a alive 1");
  lone.waits(60);
  assert.equal(lone.others()[0], "a suspect 1");
});

Deno.test("Gossip exchanges everything soon after a member has come back", () => {
  const lone = new Lone({ probeIntervalMs: 1e9, pushPullIntervalMs: 1e9 });
  const pulls = (effects: readonly GossipEffect[]) =>
    effects.filter(({ type }) => type === "pushPull").length;
  lone.hears(alive("a"), alive("b"));
  assert.equal(pulls(lone.waits(4000)), 0);
  lone.hears(dead("a", 1, "b"), alive("a", 2));
  assert.equal(pulls(lone.waits(4000)), 1);
  assert.equal(pulls(lone.waits(10_000)), 0);
});

Deno.test("Gossip sends news to one that failed for a while, so that it can refute", () => {
  const lone = new Lone({ probeIntervalMs: 1e9, gossipToTheFailedMs: 10_000 });
  lone.hears(alive("a"));
  lone.waits(5000);
  assert.deepEqual(sent(lone.hears(dead("a", 1, "b"))), ["boot-of-a: dead a 1 by b"]);
  lone.waits(11_000);
  assert.deepEqual(
    sent(lone.gossip.step(lone.nowMs, { type: "setTags", tags: new Map([["k", "v"]]) })),
    [],
  );
});

Deno.test("Gossip tries a seed no more that answered, though no member has its address", () => {
  const lone = new Lone({ probeIntervalMs: 1e9, pushPullIntervalMs: 1e9 });
  const seed = { host: "a name for all", port: 9093 };
  lone.gossip.step(lone.nowMs, { type: "join", seeds: [seed] });
  const members = [member("a", "alive", 1)];
  lone.gossip.step(lone.nowMs, { type: "pulled", from: seed, members });
  const tried = lone.waits(30_000).filter(({ type }) => type === "pushPull");
  assert.deepEqual(tried, []);
});

Deno.test("Gossip.step() spreads new tags with a higher incarnation, and refuses tags too long", () => {
  const lone = new Lone();
  lone.hears(alive("a"));
  lone.waits(2000);
  const { incarnation } = lone.gossip.self;
  const tags = new Map([["rack", "r1"]]);
  const effects = lone.gossip.step(lone.nowMs, { type: "setTags", tags });
  assert.deepEqual(effects.map(({ type }) => type), ["changed", "send"]);
  assert.equal(lone.gossip.self.incarnation, incarnation + 1);
  const again = lone.gossip.step(lone.nowMs, { type: "setTags", tags: new Map(tags) });
  assert.deepEqual(again, []);
  const long = new Map([["rack", "r".repeat(2000)]]);
  assert.throws(() => lone.gossip.step(lone.nowMs, { type: "setTags", tags: long }), RangeError);
  assert.equal(lone.gossip.self.tags.get("rack"), "r1");
});

Deno.test("Gossip takes failed members as suspects from another's list, and left ones as left", () => {
  const lone = new Lone();
  lone.hears(alive("a"), alive("b"), alive("c"));
  const members = [
    member("a", "failed", 1),
    member("b", "left", 1),
    member("c", "suspect", 1),
    member("d", "suspect", 4),
    member("e", "failed", 4),
    member("f", "left", 4),
  ];
  lone.gossip.step(lone.nowMs, { type: "pushPull", members });
  assert.deepEqual(lone.others(), ["a suspect 1", "b left 1", "c suspect 1", "d suspect 4"]);
});

Deno.test("Gossip remembers gone members from the first list that it gets", () => {
  const lone = new Lone();
  const members = [member("a", "failed", 1), member("b", "left", 1), member("c", "alive", 1)];
  const from = { host: "host-of-c", port: 9093 };
  lone.gossip.step(lone.nowMs, { type: "pulled", from, members });
  assert.deepEqual(lone.others(), ["a failed 1", "b left 1", "c alive 1"]);
});

Deno.test("Gossip passes over a whole list when one of its members has a flaw", () => {
  const lone = new Lone();
  const flawed: Member[] = [
    { ...member("x", "alive", 1), name: "" },
    { ...member("x", "alive", 1), bootId: "x".repeat(65) },
    { ...member("x", "alive", 1), address: { host: "h", port: 1.5 } },
    { ...member("x", "alive", 1), tags: new Map([["k", "v".repeat(1000)]]) },
    member("x", "alive", -1),
    member("x", "alive", 2 ** 48),
    member("x", "alive", NaN),
  ];
  for (const flaw of flawed) {
    const members = [member("a", "alive", 1), flaw];
    lone.gossip.step(lone.nowMs, { type: "pushPull", members });
    assert.deepEqual(lone.others(), []);
  }
  const members = Array.from({ length: 1025 }, (_, i) => member(`m${i}`, "alive", 1));
  lone.gossip.step(lone.nowMs, { type: "pushPull", members });
  assert.deepEqual(lone.others(), []);
});

Deno.test("Gossip knows at most so many members, and forgets gone ones for new ones", () => {
  const lone = new Lone({ membersMax: 5, probeIntervalMs: 1e9 });
  lone.hears(...["a", "b", "c", "d", "e", "f"].map((name) => alive(name)));
  assert.deepEqual(lone.others(), ["a alive 1", "b alive 1", "c alive 1", "d alive 1"]);
  lone.hears(dead("b", 1, "b"));
  lone.nowMs += 10;
  lone.hears(dead("a", 1, "x"), alive("g"));
  assert.deepEqual(lone.others(), ["a failed 1", "c alive 1", "d alive 1", "g alive 1"]);
});

Deno.test("Gossip forgets those that failed or left after a time", () => {
  const lone = new Lone({ forgetAfterMs: 60_000, probeIntervalMs: 1e9 });
  lone.hears(alive("a"), alive("b"), alive("c"), dead("a", 1, "a"), dead("b", 1, "x"));
  lone.waits(50_000);
  assert.equal(lone.others().length, 3);
  lone.waits(20_000);
  assert.deepEqual(lone.others(), ["c alive 1"]);
});

Deno.test("Gossip tries its seeds again while it is alone, and never itself", () => {
  const lone = new Lone();
  const tried = (effects: readonly GossipEffect[]) =>
    effects.filter((effect) => effect.type === "pushPull").map(({ to }) => to.host);
  const seeds = ["me", "a", "a"].map((name) => profile(name).address);
  assert.deepEqual(tried(lone.gossip.step(lone.nowMs, { type: "join", seeds })), ["host-of-a"]);
  assert.deepEqual(tried(lone.waits(3000)), ["host-of-a", "host-of-a", "host-of-a"]);
  const from = profile("a").address;
  lone.gossip.step(lone.nowMs, { type: "pulled", from, members: [member("a", "alive", 1)] });
  lone.hears({ type: "nack", sequence: 0 });
  assert.deepEqual(tried(lone.waits(4000)), []);
});

Deno.test("Gossip goes on trying a seed that never answered when it has met others", () => {
  const lone = new Lone({ probeIntervalMs: 1e9, pushPullIntervalMs: 1e9 });
  const seeds = [profile("a").address, profile("b").address];
  lone.gossip.step(lone.nowMs, { type: "join", seeds });
  lone.hears(alive("a"));
  const tried = lone.waits(30_000).filter((effect) => effect.type === "pushPull")
    .map(({ to }) => to.host);
  assert.ok(tried.length >= 4);
  assert.deepEqual(new Set(tried), new Set(["host-of-b"]));
});

Deno.test("Gossip says farewell to those that are there, and at once when nobody is", () => {
  const lone = new Lone();
  const effects = lone.gossip.step(lone.nowMs, { type: "leave" });
  assert.deepEqual(effects.map(({ type }) => type), ["farewellSent"]);
  const other = new Lone();
  other.hears(alive("a"));
  const first = other.gossip.step(other.nowMs, { type: "leave" });
  const later = other.waits(2000);
  assert.equal(later.filter(({ type }) => type === "farewellSent").length, 1);
  const farewells = sent([...first, ...later]).filter((text) => text.includes("dead me 5 by me"));
  assert.equal(farewells.length, 4);
  // What is said of it now is true.
  other.hears(dead("me", 5, "me"), suspect("me", 5, "a"), dead("me", 9, "a"));
  assert.equal(other.gossip.self.incarnation, 5);
});

Deno.test("Gossip changes nothing when a packet is malformed or too long", () => {
  const lone = new Lone();
  lone.hears(alive("a"));
  const before = JSON.stringify(lone.gossip.members());
  const good = packetOf([alive("b"), suspect("a", 1, "b")]);
  const flawed = [
    good.subarray(0, good.length - 1),
    Uint8Array.of(...good, 4),
    new Uint8Array([...good, ...new Array(2000).fill(200)]),
    packetOf(Array.from({ length: 100 }, (_, i) => alive(`m${i}`))),
  ];
  for (const payload of flawed) assert.deepEqual(lone.hearsBytes(payload), []);
  assert.equal(JSON.stringify(lone.gossip.members()), before);
});

Deno.test("Gossip neither throws nor grows without bound, whatever it is told", () => {
  const names = ["me", "a", "b", "c", "d", "e", "f", "g"];
  const name = fc.constantFrom(...names);
  const incarnation = fc.integer({ min: 0, max: 20 });
  const claim = fc.oneof(
    fc.tuple(name, incarnation).map(([name, incarnation]) => alive(name, incarnation)),
    fc.tuple(name, incarnation, name).map(([name, n, from]) => suspect(name, n, from)),
    fc.tuple(name, incarnation, name).map(([name, n, from]) => dead(name, n, from)),
    fc.nat().map((sequence): GossipMessage => ({ type: "nack", sequence })),
    fc.tuple(fc.nat(), name).map(([sequence, name]): GossipMessage => ({
      type: "ack",
      sequence,
      name,
    })),
  );
  const action = fc.oneof(
    fc.array(claim, { maxLength: 6 }).map((claims) => (lone: Lone) => void lone.hears(...claims)),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => (lone: Lone) => void lone.hearsBytes(bytes)),
    fc.integer({ min: 0, max: 5000 }).map((ms) => (lone: Lone) => void lone.waits(ms)),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const lone = new Lone({ membersMax: 6 });
      let incarnation = lone.gossip.self.incarnation;
      for (const act of actions) {
        act(lone);
        const { self } = lone.gossip;
        assert.ok(self.state === "alive" && self.incarnation >= incarnation);
        incarnation = self.incarnation;
        assert.ok(lone.gossip.members().length <= 6);
        assert.ok(lone.gossip.newsWaiting <= names.length);
        assert.ok(lone.gossip.deadlineMs > lone.nowMs);
      }
    }),
    { numRuns: 200 },
  );
});
