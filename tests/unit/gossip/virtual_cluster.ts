/** Many members on a network that loses, delays and cuts, in virtual time, from one seed. */
import { Choices } from "../../../src/gossip/choices.ts";
import { DEFAULT_GOSSIP_CONFIG, type GossipConfig } from "../../../src/gossip/config.ts";
import type { GossipEffect, GossipEvent } from "../../../src/gossip/events.ts";
import { Gossip } from "../../../src/gossip/gossip.ts";
import type { Member, MemberAddress, MemberState } from "../../../src/gossip/member.ts";

/** A change that one member saw of another. */
export interface SeenChange {
  readonly atMs: number;
  readonly by: string;
  readonly about: string;
  readonly state: MemberState;
  readonly previous: MemberState | undefined;
}

/** One simulated process. */
export interface VirtualNode {
  readonly name: string;
  readonly bootId: string;
  readonly address: MemberAddress;
  readonly gossip: Gossip;
  isUp: boolean;
  /** Until then nothing that arrives is looked at. */
  stalledUntilMs: number;
  /** The pending tick; an older one does nothing. */
  tick: number;
}

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

export class VirtualCluster {
  nowMs = 0;
  packetLoss = 0;
  /** Probes over streams get no answer; all else of the streams works. */
  hasStreamPings = true;
  /** Neither packets nor streams pass from one to the other when it answers true. */
  isCut: (from: string, to: string) => boolean = () => false;
  /** Packets are lost and streams pass. */
  isPacketCut: (from: string, to: string) => boolean = () => false;
  readonly changes: SeenChange[] = [];
  readonly effects: { readonly by: string; readonly effect: GossipEffect }[] = [];
  packets = 0;
  packetBytes = 0;
  packetBytesMax = 0;
  streams = 0;
  readonly nodes = new Map<string, VirtualNode>();
  readonly #choices: Choices;
  readonly #due: Due[] = [];
  #order = 0;
  #boots = 0;

  constructor(seed: number, private readonly config: GossipConfig = DEFAULT_GOSSIP_CONFIG) {
    this.#choices = new Choices([seed, 77, 13, 5]);
    for (let i = 0; i < 20; i++) this.#choices.word();
  }

  /** Starts (or starts again) a member that knows `seeds`. */
  start(name: string, seeds: readonly string[] = [], incarnation = 1): VirtualNode {
    const address = addressOf(name);
    const bootId = `boot-${++this.#boots}`;
    const tags = new Map([["of", name], ["version", "1"]]);
    const seed = () => this.#choices.word();
    const node: VirtualNode = {
      name,
      bootId,
      address,
      gossip: new Gossip({
        config: this.config,
        self: { name, bootId, address, tags },
        incarnation,
        seed: [seed(), seed(), seed(), seed()],
        nowMs: this.nowMs,
      }),
      isUp: true,
      stalledUntilMs: 0,
      tick: 0,
    };
    this.nodes.set(name, node);
    this.tell(node, { type: "join", seeds: seeds.map(addressOf) });
    return node;
  }

  stop(name: string): void {
    this.node(name).isUp = false;
  }

  node(name: string): VirtualNode {
    return this.nodes.get(name)!;
  }

  names(): string[] {
    return [...this.nodes.keys()];
  }

  view(name: string): ReadonlyMap<string, Member> {
    return new Map(this.node(name).gossip.members().map((member) => [member.name, member]));
  }

  /** What `by` holds of `about`. */
  stateOf(by: string, about: string): MemberState | undefined {
    return this.view(by).get(about)?.state;
  }

  /** True when all that are up hold `state` of `about`. */
  allHold(about: string, state: MemberState): boolean {
    return this.names().every((by) =>
      by === about || !this.node(by).isUp || this.stateOf(by, about) === state
    );
  }

  /** True when all that are up hold all that are up for alive, and nobody else. */
  isConverged(): boolean {
    const up = this.names().filter((name) => this.node(name).isUp);
    return up.every((by) => {
      const alive = this.node(by).gossip.members().filter(({ state }) => state === "alive");
      return alive.length === up.length && alive.every(({ name }) => this.nodes.get(name)?.isUp);
    });
  }

  tell(node: VirtualNode, event: GossipEvent): void {
    if (!node.isUp) return;
    if (this.nowMs < node.stalledUntilMs) {
      this.#at(node.stalledUntilMs, () => this.tell(node, event));
      return;
    }
    for (const effect of node.gossip.step(this.nowMs, event)) this.#carryOut(node, effect);
    const tick = ++node.tick;
    this.#at(Math.max(node.gossip.deadlineMs, this.nowMs + 0.01), () => {
      if (node.tick === tick) this.tell(node, { type: "tick" });
    });
  }

  run(forMs: number): void {
    const endMs = this.nowMs + forMs;
    while (this.#due.length > 0 && this.#due[0]!.atMs <= endMs) this.#next();
    this.nowMs = endMs;
  }

  /** Runs until `condition` holds, looking every 10 ms; returns how long it took. */
  runUntil(condition: () => boolean, limitMs: number): number {
    const startMs = this.nowMs;
    while (!condition()) {
      if (this.nowMs - startMs > limitMs) throw new Error(`not within ${limitMs} ms`);
      this.run(10);
    }
    return this.nowMs - startMs;
  }

  #carryOut(node: VirtualNode, effect: GossipEffect): void {
    if (effect.type !== "send") this.effects.push({ by: node.name, effect });
    if (effect.type === "send") this.#packet(node, effect.to, effect.payload);
    else if (effect.type === "pushPull") this.#pushPull(node, effect.to);
    else if (effect.type === "streamPing") this.#streamPing(node, effect);
    else if (effect.type === "changed") {
      const { member: { name: about, state }, previous } = effect;
      const change = { atMs: this.nowMs, by: node.name, about, state, previous: previous?.state };
      this.changes.push(change);
    }
  }

  #packet(
    from: VirtualNode,
    to: { readonly address: MemberAddress; readonly bootId: string },
    payload: Uint8Array,
  ): void {
    this.packets++;
    this.packetBytes += payload.length;
    this.packetBytesMax = Math.max(this.packetBytesMax, payload.length);
    if (this.#choices.fraction() < this.packetLoss) return;
    this.#at(this.nowMs + this.#delayMs(), () => {
      const node = this.#reach(from.name, to.address);
      if (node === undefined || node.bootId !== to.bootId) return;
      if (!this.isPacketCut(from.name, node.name)) this.tell(node, { type: "packet", payload });
    });
  }

  #pushPull(from: VirtualNode, to: MemberAddress): void {
    this.streams++;
    const members = from.gossip.members();
    this.#at(this.nowMs + this.#delayMs(), () => {
      const node = this.#reach(from.name, to);
      if (node === undefined) return;
      this.#whenAwake(node, () => {
        this.tell(node, { type: "pushPull", members });
        const answer = node.gossip.members();
        this.#at(this.nowMs + this.#delayMs(), () => {
          if (this.isCut(node.name, from.name)) return;
          this.tell(from, { type: "pulled", from: to, members: answer });
        });
      });
    });
  }

  #streamPing(
    from: VirtualNode,
    { to, sequence, timeoutMs }: GossipEffect & { type: "streamPing" },
  ): void {
    if (!this.hasStreamPings) return;
    const limitMs = this.nowMs + timeoutMs;
    this.#at(this.nowMs + 2 * this.#delayMs(), () => {
      const node = this.#reach(from.name, to);
      if (node === undefined || this.isCut(node.name, from.name)) return;
      this.#whenAwake(node, () => {
        if (this.nowMs > limitMs) return;
        this.tell(from, { type: "streamPong", sequence, name: node.name });
      });
    });
  }

  #whenAwake(node: VirtualNode, run: () => void): void {
    if (!node.isUp) return;
    if (this.nowMs >= node.stalledUntilMs) return run();
    this.#at(node.stalledUntilMs, () => this.#whenAwake(node, run));
  }

  #reach(from: string, to: MemberAddress): VirtualNode | undefined {
    const node = this.nodes.get(to.host.slice("host-of-".length));
    return node === undefined || !node.isUp || this.isCut(from, node.name) ? undefined : node;
  }

  #delayMs(): number {
    return 0.2 + 2 * this.#choices.fraction();
  }

  #at(atMs: number, run: () => void): void {
    push(this.#due, { atMs, order: this.#order++, run });
  }

  #next(): void {
    const due = pop(this.#due);
    this.nowMs = Math.max(this.nowMs, due.atMs);
    due.run();
  }
}

export function addressOf(name: string): MemberAddress {
  return { host: `host-of-${name}`, port: 9093 };
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Puts `due` in its place of a binary heap. */
function push(heap: Due[], due: Due): void {
  let at = heap.push(due) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(due, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = due;
}

/** Takes the first of a heap that is not empty. */
function pop(heap: Due[]): Due {
  const first = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return first;
}
