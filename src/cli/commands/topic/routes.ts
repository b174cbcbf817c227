/** `jocko topic ...` */
import { buildRouteMap } from "@stricli/core";
import { addPartitionsCommand } from "./add_partitions.ts";
import { alterCommand } from "./alter.ts";
import { createCommand } from "./create.ts";
import { deleteCommand } from "./delete.ts";
import { describeCommand } from "./describe.ts";
import { listCommand } from "./list.ts";
import { trimCommand } from "./trim.ts";

export const topicRoutes = buildRouteMap({
  routes: {
    create: createCommand,
    list: listCommand,
    describe: describeCommand,
    alter: alterCommand,
    delete: deleteCommand,
    addPartitions: addPartitionsCommand,
    trim: trimCommand,
  },
  docs: { brief: "Create, list, describe, change and delete topics" },
});
