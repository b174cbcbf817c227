/** `jocko debug ...` */
import { buildRouteMap } from "@stricli/core";
import { bundleCommand } from "./bundle.ts";

export const debugRoutes = buildRouteMap({
  routes: { bundle: bundleCommand },
  docs: { brief: "Collect what helps to find a fault" },
});
