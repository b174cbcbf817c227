/** The commands of `jocko`. What is not called is not loaded, so that each starts fast. */
import type { Command, RouteMap } from "@stricli/core";
import type { CommandContext } from "./command_context.ts";

/** A command or a family of commands. */
export interface CommandEntry {
  readonly brief: string;
  load(): Promise<Command<CommandContext> | RouteMap<CommandContext>>;
}

/** By name, in the order of the help. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  broker: {
    brief: "Run a broker",
    load: async () => (await import("./commands/broker.ts")).brokerCommand,
  },
  topic: {
    brief: "Create, list, describe, change and delete topics",
    load: async () => (await import("./commands/topic/routes.ts")).topicRoutes,
  },
  produce: {
    brief: "Write records: one for each line of standard input",
    load: async () => (await import("./commands/produce/command.ts")).produceCommand,
  },
  consume: {
    brief: "Print records, and go on as they come",
    load: async () => (await import("./commands/consume/command.ts")).consumeCommand,
  },
  group: {
    brief: "List, describe, move and delete consumer groups",
    load: async () => (await import("./commands/group/routes.ts")).groupRoutes,
  },
  cluster: {
    brief: "Look at brokers, quorum and health of a cluster",
    load: async () => (await import("./commands/cluster/routes.ts")).clusterRoutes,
  },
};
