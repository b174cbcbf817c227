/** `jocko topic ...` */
import type { FamilyMembers } from "../../command_family.ts";

export const topicMembers: FamilyMembers = {
  create: async () => (await import("./create.ts")).createCommand,
  list: async () => (await import("./list.ts")).listCommand,
  describe: async () => (await import("./describe.ts")).describeCommand,
  alter: async () => (await import("./alter.ts")).alterCommand,
  delete: async () => (await import("./delete.ts")).deleteCommand,
  addPartitions: async () => (await import("./add_partitions.ts")).addPartitionsCommand,
  trim: async () => (await import("./trim.ts")).trimCommand,
};
