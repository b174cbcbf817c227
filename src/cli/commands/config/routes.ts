/** `jocko config ...` */
import { buildRouteMap } from "@stricli/core";
import { describeCommand, diffCommand, explainCommand, getCommand } from "./read.ts";
import { checkCommand, setCommand } from "./write.ts";

export const configRoutes = buildRouteMap({
  routes: {
    get: getCommand,
    set: setCommand,
    describe: describeCommand,
    diff: diffCommand,
    check: checkCommand,
    explain: explainCommand,
  },
  docs: { brief: "Read and change settings of topics, brokers and groups" },
});
