/**
 * A broker put together from the interfaces of `src/io`: by the command on the machine, and by the
 * simulator on virtual time.
 */
import { Broker } from "../broker/broker.ts";
import { routes } from "../handlers/routes.ts";
import { Server } from "../server/server.ts";
import { ClusterMember, type ClusterPlace } from "./cluster_member.ts";
import type { ListenerAddress } from "./configuration/settings.ts";
import type { NodeEnvironment, NodeSettings } from "./node_environment.ts";
import { serverLimits } from "./server_limits.ts";

/** In-flight requests have so long to be answered when the broker is stopped. */
const DRAIN_MS_MAX = 10_000;
/** How long other brokers may take to take over what this one leads. */
const SHUTDOWN_MS_MAX = 30_000;
const PLAINTEXT = 0;

/** A broker from its first look at the data directory to its last flush. */
export class BrokerNode {
  /** As bound: the chosen port in place of 0. */
  listeners: readonly ListenerAddress[] = [];
  readonly #served = Promise.withResolvers<void>();
  #stopping: Promise<void> | undefined;

  private constructor(
    private readonly settings: NodeSettings,
    readonly broker: Broker,
    readonly server: Server,
    /** Undefined when the broker stays alone. */
    readonly member: ClusterMember | undefined,
  ) {}

  /**
   * Brings a broker up; resolves when it serves clients.
   *
   * @param stopAsked settles when the broker is not wanted any more; while it waits for a cluster,
   *   that ends the start
   * @param opened told of the broker when its data directory is open, before it is registered
   * @returns undefined when it was stopped before it served
   */
  static async start(
    environment: NodeEnvironment,
    settings: NodeSettings,
    stopAsked: Promise<void> = new Promise(() => {}),
    opened: (broker: Broker) => void = () => {},
  ): Promise<BrokerNode | undefined> {
    const { network, clock, logger } = environment;
    const { cluster } = settings;
    const member = cluster === undefined
      ? undefined
      : new ClusterMember(environment, { ...settings, cluster });
    let broker: Broker | undefined;
    let isStopAsked = false;
    void stopAsked.then(() => {
      isStopAsked = true;
      member?.stopWaiting();
      broker?.stopWaiting();
    });
    let server: Server | undefined;
    try {
      const place = await member?.enter();
      broker = await openBroker(environment, settings, place);
      opened(broker);
      const serving = broker;
      member?.serve(serving);
      server = new Server({
        network,
        clock,
        logger,
        routes: routes(serving),
        limits: serverLimits((name) => serving.brokerSetting(name)),
        connectionQuota: serving.quotas,
      });
      const node = new BrokerNode(settings, serving, server, member);
      await node.#serve();
      return node;
    } catch (error) {
      server?.close();
      await broker?.close();
      await member?.close();
      if (isStopAsked) return undefined;
      throw error;
    }
  }

  /** Hands over, drains, makes everything durable. May be called again. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #serve(): Promise<void> {
    const { settings, broker, server, member } = this;
    // Ports are bound first, since the cluster is told which; clients are served after that.
    this.listeners = settings.listeners.map(({ name, host, port }) => ({
      name,
      ...server.listen(name, { host, port }, this.#served.promise),
    }));
    const endpoints = endpointsOf(settings, this.listeners);
    if (member === undefined) await broker.register(endpoints);
    else await member.register(broker, endpoints);
    this.#served.resolve();
  }

  async #stop(): Promise<void> {
    const { broker, server, member } = this;
    await broker.handOver(SHUTDOWN_MS_MAX);
    broker.beginStop();
    try {
      await server.drain(DRAIN_MS_MAX);
    } finally {
      await broker.close();
      await member?.close();
    }
  }
}

function openBroker(
  environment: NodeEnvironment,
  settings: NodeSettings,
  place: ClusterPlace | undefined,
): Promise<Broker> {
  const advertised = new Map(
    (settings.advertised ?? []).map(({ name, host, port }) => [name, { host, port }]),
  );
  return Broker.open(environment, {
    brokerId: settings.nodeId,
    dataDir: settings.dataDir,
    staticConfig: staticTexts(settings.staticConfig),
    advertised,
    ...(place === undefined ? {} : { identity: place.identity, cluster: place.links }),
  });
}

/** Settings as the broker takes them, by name. */
export function staticTexts(settings: NodeSettings["staticConfig"]): Map<string, string> {
  return new Map(Object.entries(settings).map(([name, { value }]) => [name, value]));
}

/** What the cluster is told: the advertised address of a listener, else the one it is bound to. */
function endpointsOf(settings: NodeSettings, listeners: readonly ListenerAddress[]) {
  return listeners.map((listener) => {
    const advertised = settings.advertised?.find(({ name }) => name === listener.name);
    const { host, port } = advertised ?? listener;
    // Behind a wildcard, other brokers tell their clients the address that they know themselves.
    const isWildcard = host === "0.0.0.0" || host === "::";
    const told = isWildcard ? settings.cluster?.listen.host ?? host : host;
    return { name: listener.name, host: told, port, securityProtocol: PLAINTEXT };
  });
}
