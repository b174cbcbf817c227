import type { StableTopic } from "./workload.ts";

/** What producers write to. */
export const DATA_TOPICS: readonly StableTopic[] = [
  { name: "many", partitions: 3 },
  { name: "one", partitions: 1 },
];
/** What copies go to. */
export const COPY_TOPIC: StableTopic = { name: "copies", partitions: 1 };

/** Every topic that is there for the whole run. */
export const TOPICS: readonly StableTopic[] = [...DATA_TOPICS, COPY_TOPIC];
