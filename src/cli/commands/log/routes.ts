/** `jocko log ...` */
import type { FamilyMembers } from "../../command_family.ts";

export const logMembers: FamilyMembers = {
  dump: async () => (await import("./dump.ts")).dumpCommand,
  verify: async () => (await import("./verify.ts")).verifyCommand,
};
