import { COORDINATOR_BUGS } from "./coordinator_bugs.ts";
import type { PlantedBug } from "./planted_bug.ts";
import { RAFT_BUGS } from "./raft_bugs.ts";
import { REPLICATION_BUGS } from "./replication_bugs.ts";
import { STORAGE_BUGS } from "./storage_bugs.ts";

/** Mistakes that the simulator has to find. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...STORAGE_BUGS,
  ...REPLICATION_BUGS,
  ...RAFT_BUGS,
  ...COORDINATOR_BUGS,
];
