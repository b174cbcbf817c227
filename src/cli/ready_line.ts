import { VERSION } from "./version.ts";
import { formatHostPort, formatListener } from "./configuration/listener_list.ts";
import type { BrokerReady } from "./running_broker.ts";

/**
 * The one line on standard output that says a broker serves. Programs wait for it and read the
 * addresses after `listening on`, so its shape is part of the command's contract:
 *
 *     jocko 0.1.0 ready in 142 ms: listening on PLAINTEXT://127.0.0.1:9092, cluster Yx4..., broker 1,
 *     data /var/lib/jocko
 */
export function readyLine(ready: BrokerReady, dataDir: string, elapsedMs: number): string {
  const parts = [
    `listening on ${ready.listeners.map(formatListener).join(", ")}`,
    ...(ready.http === undefined ? [] : [`http on ${formatHostPort(ready.http)}`]),
    `cluster ${ready.clusterId}`,
    `broker ${ready.nodeId}`,
    `data ${dataDir}`,
  ];
  return `jocko ${VERSION} ready in ${Math.round(elapsedMs)} ms: ${parts.join(", ")}`;
}
