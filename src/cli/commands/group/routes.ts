/** `jocko group ...` */
import { buildRouteMap } from "@stricli/core";
import { deleteCommand } from "./delete.ts";
import { deleteOffsetsCommand } from "./delete_offsets.ts";
import { describeCommand } from "./describe.ts";
import { listCommand } from "./list.ts";
import { seekCommand } from "./seek.ts";

export const groupRoutes = buildRouteMap({
  routes: {
    list: listCommand,
    describe: describeCommand,
    seek: seekCommand,
    delete: deleteCommand,
    deleteOffsets: deleteOffsetsCommand,
  },
  docs: { brief: "List, describe, move and delete consumer groups" },
});
