/** `jocko log ...` */
import { buildRouteMap } from "@stricli/core";
import { dumpCommand } from "./dump.ts";
import { verifyCommand } from "./verify.ts";

export const logRoutes = buildRouteMap({
  routes: { dump: dumpCommand, verify: verifyCommand },
  docs: { brief: "Print and check segment files without a broker" },
});
