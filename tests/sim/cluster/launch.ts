import { BrokerNode } from "../../../src/cli/broker_node.ts";
import type { SocketAddress } from "../../../src/io/network.ts";
import { never } from "../world/simulated_stream.ts";
import type { Launch } from "./node.ts";

/** Where brokers serve clients, on every machine. */
export const CLIENT_PORT = 9092;
/** Where brokers hear each other. */
export const CLUSTER_PORT = 9093;

/** How brokers find each other. */
export interface ClusterWish {
  readonly expect: number | undefined;
  readonly join: readonly SocketAddress[];
  readonly keys: readonly Uint8Array[];
}

/** What a machine runs: the composition of the command itself, on interfaces of the simulation. */
export function brokerLaunch(
  config: Readonly<Record<string, string>>,
  wish: (host: string) => ClusterWish | undefined,
): Launch {
  const staticConfig = Object.fromEntries(
    Object.entries(config).map(([name, value]) => [name, { value, origin: "simulation" }]),
  );
  return async (io, machine, opened) => {
    const { host } = machine;
    const cluster = wish(host);
    const settings = {
      listeners: [{ name: "PLAINTEXT", host, port: CLIENT_PORT }],
      advertised: undefined,
      dataDir: "/data",
      nodeId: undefined,
      staticConfig,
      cluster: cluster === undefined
        ? undefined
        : { listen: { host, port: CLUSTER_PORT }, ...cluster },
    };
    const node = await BrokerNode.start(io, settings, never(), opened);
    if (node === undefined) throw new Error("the start was given up, and nobody asked for that");
    return { broker: node.broker, stop: () => node.stop() };
  };
}
