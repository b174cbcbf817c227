/** `jocko storage ...` */
import { buildRouteMap } from "@stricli/core";
import { planCommand } from "./plan.ts";
import { statusCommand } from "./status.ts";

export const storageRoutes = buildRouteMap({
  routes: { status: statusCommand, plan: planCommand },
  docs: { brief: "Look at disks, and at what a change would do to them" },
});
