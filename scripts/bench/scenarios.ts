/**
 * What a scenario is, and what it works with.
 *
 * @module
 */

import { type BrokerKind, type RunningBroker } from "./brokers.ts";
import { type Sample } from "./figures.ts";
import { type Clients } from "./loads.ts";

/** How much of everything. Bytes are those of record values. */
export interface Sizes {
  /** One measured pass of a throughput scenario with 1000-byte records; smaller ones take half. */
  readonly passBytes: number;
  /** The unmeasured pass before it, made once per broker and scenario. */
  readonly warmupBytes: number;
  /** Measured seconds of the fixed-rate scenario. */
  readonly latencySeconds: number;
  /** Records of a pass with `flush.messages=1`. */
  readonly flushRecords: number;
  /** Written before memory is read again. */
  readonly memoryBytes: number;
  readonly connections: number;
  readonly partitions: number;
  /** Members of one group. */
  readonly members: number;
  /** Groups with committed offsets. */
  readonly groups: number;
  /** How often a leader is killed. */
  readonly leaderKills: number;
  /** Partitions of the idle cluster, each with three replicas. */
  readonly clusterPartitions: number;
}

/** What every scenario works with. */
export interface Bench {
  readonly clients: Clients;
  readonly sizes: Sizes;
  /** acks of the produce loads. */
  readonly acks: string;
  /** More producer properties as key=value. */
  readonly producerProperties: readonly string[];
  /** For files of the clients. */
  readonly scratchDirectory: string;
  /** A directory of its own that does not exist yet. */
  freshDirectory(): string;
  /** A topic name that was not used before. */
  freshTopic(): string;
  /** Tells the person at the terminal. */
  note(line: string): void;
}

/** Samples by scenario name; one run may serve two names, as produce and consume. */
export type Outcome = ReadonlyMap<string, readonly Sample[]>;

/** A scenario on a broker that is up and warm, and stays up for the next one. */
export interface ServedScenario {
  readonly names: readonly string[];
  readonly partitions: number;
  /** Whether the yardstick, which can only be produced to, takes part. */
  readonly onYardstick: boolean;
  /** One pass. `warmup` asks for the unmeasured one, `hasTopics` is false on the yardstick. */
  run(
    bench: Bench,
    broker: RunningBroker,
    warmup: boolean,
    hasTopics: boolean,
  ): Promise<Outcome>;
}

/** A scenario that starts, and ends, brokers of its own. */
export interface FreshScenario {
  readonly names: readonly string[];
  run(bench: Bench, kind: BrokerKind): Promise<Outcome>;
}

/** The scenarios of one invocation, those on served brokers first. */
export interface Selection {
  readonly served: readonly ServedScenario[];
  readonly fresh: readonly FreshScenario[];
}
