/** `jocko group ...` */
import type { FamilyMembers } from "../../command_family.ts";

export const groupMembers: FamilyMembers = {
  list: async () => (await import("./list.ts")).listCommand,
  describe: async () => (await import("./describe.ts")).describeCommand,
  seek: async () => (await import("./seek.ts")).seekCommand,
  delete: async () => (await import("./delete.ts")).deleteCommand,
  deleteOffsets: async () => (await import("./delete_offsets.ts")).deleteOffsetsCommand,
};
