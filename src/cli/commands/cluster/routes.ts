/** `jocko cluster ...` */
import type { FamilyMembers } from "../../command_family.ts";

export const clusterMembers: FamilyMembers = {
  info: async () => (await import("./commands.ts")).infoCommand,
  health: async () => (await import("./health.ts")).healthCommand,
  members: async () => (await import("./commands.ts")).membersCommand,
  quorum: async () => (await import("./commands.ts")).quorumCommand,
  balance: async () => (await import("./commands.ts")).balanceCommand,
  restartCheck: async () => (await import("./health.ts")).restartCheckCommand,
};
