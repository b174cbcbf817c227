/** `jocko cluster ...` */
import { buildRouteMap } from "@stricli/core";
import { balanceCommand, infoCommand, membersCommand, quorumCommand } from "./commands.ts";
import { healthCommand, restartCheckCommand } from "./health.ts";

export const clusterRoutes = buildRouteMap({
  routes: {
    info: infoCommand,
    health: healthCommand,
    members: membersCommand,
    quorum: quorumCommand,
    balance: balanceCommand,
    restartCheck: restartCheckCommand,
  },
  docs: { brief: "Look at brokers, quorum and health of a cluster" },
});
