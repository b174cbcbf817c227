/**
 * Who forms the cluster when several brokers start on empty directories, so that it is formed once.
 * Pure: events in, effects out.
 *
 * A broker that knows of as many others as are expected, and has the lowest directory id of them,
 * is the candidate. It collects promises; a promise is durable and goes to one candidate at a time,
 * and only that candidate gives it back. With a promise of every expected broker, itself included,
 * the candidate forms the cluster, durably, and the others join it. Two clusters of N brokers take
 * 2N promises, so that fewer than 2N brokers never form two.
 */
import type { Uuid } from "../../base/uuid.ts";

/** What a directory remembers until it belongs to a cluster. */
export interface FormationRecord {
  readonly directoryId: Uuid;
  /** Rises with each candidacy of this broker. */
  readonly ballot: number;
  /** Who may form the cluster, as far as this broker is asked; itself as a candidate. */
  readonly promise: { readonly candidateId: Uuid; readonly ballot: number } | undefined;
  /** The cluster that this broker has formed. */
  readonly founded: string | undefined;
}

/** A broker that gossip holds for alive, this one left out. */
export interface FormationMember {
  readonly directoryId: Uuid;
  /** Empty while it belongs to none. */
  readonly clusterId: string;
  /** True when it may form a cluster; one that only joins has no voice in it. */
  readonly forms: boolean;
}

export type FormationEvent =
  | { readonly type: "members"; readonly members: readonly FormationMember[] }
  /** Another broker asks for the promise, or gives it back. */
  | {
    readonly type: "asked";
    readonly candidateId: Uuid;
    readonly ballot: number;
    readonly release: boolean;
  }
  | {
    readonly type: "answered";
    readonly voterId: Uuid;
    readonly ballot: number;
    readonly granted: boolean;
  }
  /** Some time has passed: what got no answer is asked again. */
  | { readonly type: "retry" };

/** What is to be done, in this order. */
export type FormationEffect =
  /** To be durable before anything that follows. */
  | { readonly type: "persist"; readonly record: FormationRecord }
  /** The answer to the "asked" event. */
  | { readonly type: "answer"; readonly granted: boolean; readonly promisedTo: Uuid | undefined }
  | {
    readonly type: "ask";
    readonly to: Uuid;
    readonly ballot: number;
    readonly release: boolean;
  }
  /** This broker has formed the cluster: it makes the first metadata. */
  | { readonly type: "found"; readonly clusterId: string }
  | { readonly type: "join"; readonly clusterId: string }
  /** Gossip shows brokers of several clusters. */
  | { readonly type: "ambiguous"; readonly clusterIds: readonly string[] };

/** How this broker was told to begin. */
export interface FormationOptions {
  /** Brokers that form the cluster together; undefined for one that only joins. */
  readonly expect: number | undefined;
  /** The id of the cluster, should this broker form it. */
  readonly newClusterId: string;
}

/** One broker's part in the formation of a cluster. */
export class Formation {
  #record: FormationRecord;
  #members: readonly FormationMember[] = [];
  /** Who has promised, in this candidacy. */
  readonly #granted = new Set<Uuid>();
  #isDone = false;

  constructor(record: FormationRecord, private readonly options: FormationOptions) {
    this.#record = record;
  }

  get record(): FormationRecord {
    return this.#record;
  }

  step(event: FormationEvent): FormationEffect[] {
    const effects: FormationEffect[] = [];
    switch (event.type) {
      case "members":
        this.#members = event.members;
        this.#decide(effects);
        break;
      case "retry":
        this.#decide(effects);
        if (this.#isCandidate && !this.#isDone) this.#askAll(effects);
        break;
      case "asked":
        if (event.release) this.#released(event.candidateId, event.ballot, effects);
        else this.#asked(event.candidateId, event.ballot, effects);
        break;
      case "answered":
        this.#answered(event.voterId, event.ballot, event.granted, effects);
        break;
    }
    return effects;
  }

  get #isCandidate(): boolean {
    return this.#record.promise?.candidateId === this.#record.directoryId;
  }

  /** Brokers that may form a cluster and have none, this one left out. */
  get #fresh(): FormationMember[] {
    return this.#members.filter(({ clusterId, forms }) => clusterId === "" && forms);
  }

  /** Promises of others that make this broker the founder. */
  get #needed(): number {
    const majority = Math.floor((this.#fresh.length + 1) / 2) + 1;
    return Math.max(this.options.expect ?? Infinity, majority) - 1;
  }

  #decide(effects: FormationEffect[]): void {
    if (this.#isDone) return;
    const { founded, directoryId, promise } = this.#record;
    if (founded !== undefined) return this.#end(effects, { type: "found", clusterId: founded });
    const clusterIds = [...new Set(this.#members.map(({ clusterId }) => clusterId))]
      .filter((id) => id !== "").sort();
    if (clusterIds.length > 1) return this.#end(effects, { type: "ambiguous", clusterIds });
    const [clusterId] = clusterIds;
    if (clusterId !== undefined) return this.#end(effects, { type: "join", clusterId });
    const { expect } = this.options;
    if (expect === undefined) return;
    const fresh = this.#fresh;
    const isLowest = fresh.every((member) => directoryId < member.directoryId);
    if (this.#isCandidate && !isLowest) this.#withdraw(effects);
    if (fresh.length + 1 < expect || !isLowest) return;
    if (promise === undefined) {
      const ballot = this.#record.ballot + 1;
      this.#persist({ ballot, promise: { candidateId: directoryId, ballot } }, effects);
      this.#granted.clear();
      this.#askAll(effects);
    }
    this.#foundIfPromised(effects);
  }

  #asked(candidateId: Uuid, ballot: number, effects: FormationEffect[]): void {
    const { directoryId, founded } = this.#record;
    // A candidate that would not be one if it had known of the other makes way.
    if (this.#isCandidate && candidateId < directoryId && founded === undefined) {
      this.#withdraw(effects);
    }
    const { promise } = this.#record;
    const isFree = promise === undefined ||
      (promise.candidateId === candidateId && promise.ballot <= ballot);
    const granted = founded === undefined && !this.#isDone && isFree;
    if (granted && promise?.ballot !== ballot) {
      this.#persist({ promise: { candidateId, ballot } }, effects);
    }
    effects.push({ type: "answer", granted, promisedTo: this.#record.promise?.candidateId });
  }

  #released(candidateId: Uuid, ballot: number, effects: FormationEffect[]): void {
    const { promise } = this.#record;
    if (promise?.candidateId === candidateId && promise.ballot <= ballot) {
      this.#persist({ promise: undefined }, effects);
    }
    effects.push({
      type: "answer",
      granted: false,
      promisedTo: this.#record.promise?.candidateId,
    });
    this.#decide(effects);
  }

  #answered(voterId: Uuid, ballot: number, granted: boolean, effects: FormationEffect[]): void {
    if (!granted) return;
    const { founded } = this.#record;
    if (founded !== undefined) return;
    if (!this.#isCandidate || ballot !== this.#record.ballot) {
      // Granted to a candidacy that is over: nobody else would ever get it.
      effects.push({ type: "ask", to: voterId, ballot, release: true });
      return;
    }
    this.#granted.add(voterId);
    this.#foundIfPromised(effects);
  }

  #foundIfPromised(effects: FormationEffect[]): void {
    if (this.#isDone || !this.#isCandidate || this.#granted.size < this.#needed) return;
    const clusterId = this.options.newClusterId;
    this.#persist({ founded: clusterId }, effects);
    this.#end(effects, { type: "found", clusterId });
  }

  #askAll(effects: FormationEffect[]): void {
    const { ballot } = this.#record;
    for (const { directoryId: to } of this.#fresh) {
      if (!this.#granted.has(to)) effects.push({ type: "ask", to, ballot, release: false });
    }
  }

  /** Forgets the candidacy durably before anybody is told that the promise is free again. */
  #withdraw(effects: FormationEffect[]): void {
    const { ballot } = this.#record;
    this.#persist({ promise: undefined }, effects);
    for (const { directoryId: to } of this.#fresh) {
      effects.push({ type: "ask", to, ballot, release: true });
    }
  }

  #persist(change: Partial<FormationRecord>, effects: FormationEffect[]): void {
    this.#record = { ...this.#record, ...change };
    effects.push({ type: "persist", record: this.#record });
  }

  #end(effects: FormationEffect[], outcome: FormationEffect): void {
    this.#isDone = true;
    effects.push(outcome);
  }
}
