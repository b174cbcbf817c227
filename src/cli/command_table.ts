/** The commands of `jocko`. What is not called is not loaded, so that each starts fast. */
import type { Command, RouteMap } from "@stricli/core";
import type { CommandContext } from "./command_context.ts";
import { commandFamily, type FamilyMembers } from "./command_family.ts";

/** A command or a family of commands. */
export interface CommandEntry {
  readonly brief: string;
  /** @param word what follows on the command line, by which a family loads the one it names */
  load(word: string | undefined): Promise<Command<CommandContext> | RouteMap<CommandContext>>;
}

function family(brief: string, members: () => Promise<FamilyMembers>): CommandEntry {
  return { brief, load: async (word) => await commandFamily(brief, await members(), word) };
}

/** By name, in the order of the help. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  broker: {
    brief: "Run a broker",
    load: async () => (await import("./commands/broker.ts")).brokerCommand,
  },
  topic: family(
    "Create, list, describe, change and delete topics",
    async () => (await import("./commands/topic/routes.ts")).topicMembers,
  ),
  produce: {
    brief: "Write records: one for each line of standard input",
    load: async () => (await import("./commands/produce/command.ts")).produceCommand,
  },
  consume: {
    brief: "Print records, and go on as they come",
    load: async () => (await import("./commands/consume/command.ts")).consumeCommand,
  },
  group: family(
    "List, describe, move and delete consumer groups",
    async () => (await import("./commands/group/routes.ts")).groupMembers,
  ),
  cluster: family(
    "Look at brokers, quorum and health of a cluster",
    async () => (await import("./commands/cluster/routes.ts")).clusterMembers,
  ),
  config: family(
    "Read and change settings of topics, brokers and groups",
    async () => (await import("./commands/config/routes.ts")).configMembers,
  ),
  storage: {
    brief: "Look at disks, and at what a change would do to them",
    load: async () => (await import("./commands/storage/routes.ts")).storageRoutes,
  },
  context: {
    brief: "Remember clusters by name",
    load: async () => (await import("./commands/context/routes.ts")).contextRoutes,
  },
  txn: {
    brief: "List, describe and abort transactions",
    load: async () => (await import("./commands/txn/routes.ts")).txnRoutes,
  },
  quota: {
    brief: "List, set and delete client quotas",
    load: async () => (await import("./commands/quota/routes.ts")).quotaRoutes,
  },
  user: {
    brief: "List, make and delete users with SCRAM credentials",
    load: async () => (await import("./commands/user/routes.ts")).userRoutes,
  },
  acl: {
    brief: "List, add and remove entries of access control lists",
    load: async () => (await import("./commands/acl/routes.ts")).aclRoutes,
  },
  log: family(
    "Print and check segment files without a broker",
    async () => (await import("./commands/log/routes.ts")).logMembers,
  ),
  dev: {
    brief: "Run a throw-away broker for development and tests",
    load: async () => (await import("./commands/dev/command.ts")).devCommand,
  },
  bench: {
    brief: "Measure throughput and latency",
    load: async () => (await import("./commands/bench/command.ts")).benchCommand,
  },
  doctor: {
    brief: "Look for what is wrong between here and the cluster",
    load: async () => (await import("./commands/doctor/command.ts")).doctorCommand,
  },
  debug: {
    brief: "Collect what helps to find a fault",
    load: async () => (await import("./commands/debug/routes.ts")).debugRoutes,
  },
};
