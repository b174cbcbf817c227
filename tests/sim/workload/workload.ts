import type { ClusterClient } from "../client/cluster_client.ts";
import type { SeededRandom } from "../world/seeded_random.ts";
import type { Judge } from "../checkers/judge.ts";

/** A topic that the workload writes to for as long as it runs. */
export interface StableTopic {
  readonly name: string;
  readonly partitions: number;
}

/** What every part of the workload works with. */
export interface WorkloadContext {
  /** Unique; values of its records begin with it. */
  readonly name: string;
  readonly client: ClusterClient;
  readonly judge: Judge;
  readonly random: SeededRandom;
  readonly topics: readonly StableTopic[];
  /** Mean pause between two actions. */
  readonly thinkMs: number;
  /** False once the workload is to come to its end. */
  readonly isOn: () => boolean;
}

/** One client with something to do. */
export interface Actor {
  readonly name: string;
  /** Works until it is told to end, and finishes what it has begun. */
  run(): Promise<void>;
  /** How many of its actions have succeeded. */
  readonly successes: number;
}

/** Some partition of some topic. */
export function anyPartition({ random, topics }: WorkloadContext): {
  readonly topic: string;
  readonly partition: number;
} {
  const topic = random.pick(topics);
  return { topic: topic.name, partition: random.below(topic.partitions) };
}

/** Pauses before the next action. */
export function think({ client, random, thinkMs }: WorkloadContext): Promise<void> {
  return client.sleep(random.exponential(thinkMs));
}

/** Pauses before an action is tried again. */
export function backOff({ client, random }: WorkloadContext): Promise<void> {
  return client.sleep(random.between(20, 200));
}
