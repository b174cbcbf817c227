/** `jocko config ...` */
import type { FamilyMembers } from "../../command_family.ts";

export const configMembers: FamilyMembers = {
  get: async () => (await import("./read.ts")).getCommand,
  set: async () => (await import("./write.ts")).setCommand,
  describe: async () => (await import("./read.ts")).describeCommand,
  diff: async () => (await import("./read.ts")).diffCommand,
  check: async () => (await import("./write.ts")).checkCommand,
  explain: async () => (await import("./read.ts")).explainCommand,
};
