/** The composition root: from settings to a broker that serves. */
import type { Logger } from "../base/logger.ts";
import { Broker } from "../broker/broker.ts";
import { routes } from "../handlers/routes.ts";
import { DenoClock } from "../host/deno_clock.ts";
import { DenoDigests } from "../host/deno_digests.ts";
import { DenoDisk } from "../host/deno_disk.ts";
import { DenoNetwork } from "../host/deno_network.ts";
import { DenoRandom } from "../host/deno_random.ts";
import { DirectoryLock } from "../host/directory_lock.ts";
import type { Clock } from "../io/clock.ts";
import { Server } from "../server/server.ts";
import type { BrokerSettings, ListenerAddress } from "./configuration/settings.ts";
import { OperationsServer } from "./operations_server.ts";
import type { RunningBroker } from "./running_broker.ts";
import { serverLimits } from "./server_limits.ts";

/** In-flight requests have so long to be answered when the broker is stopped. */
const DRAIN_MS_MAX = 10_000;

/** Brings a broker up; see `StartBroker`. */
export async function startBroker(
  settings: BrokerSettings,
  logger: Logger,
): Promise<RunningBroker> {
  const lock = await DirectoryLock.acquire(settings.dataDir);
  try {
    return await serve(settings, logger, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function serve(
  settings: BrokerSettings,
  logger: Logger,
  lock: DirectoryLock,
): Promise<RunningBroker> {
  const clock = new DenoClock();
  const broker = await openBroker(settings, clock, logger);
  const server = new Server({
    network: new DenoNetwork(),
    clock,
    logger,
    routes: routes(broker),
    limits: serverLimits((name) => broker.brokerSetting(name)),
    connectionQuota: broker.quotas,
  });
  let listeners: ListenerAddress[];
  let operations: OperationsServer | undefined;
  // Ports are bound first, since the cluster is told which; clients are served after that.
  const registered = Promise.withResolvers<void>();
  try {
    listeners = settings.listeners.map(({ name, host, port }) => ({
      name,
      ...server.listen(name, { host, port }, registered.promise),
    }));
    await broker.register(endpointsOf(settings, listeners));
    registered.resolve();
    operations = settings.http === undefined
      ? undefined
      : OperationsServer.start(settings.http, { broker, server: server.metrics, clock, logger });
  } catch (error) {
    server.close();
    await broker.close();
    throw error;
  }
  const ended = Promise.withResolvers<void>();
  const stop = async (): Promise<void> => {
    operations?.notReady();
    broker.beginStop();
    try {
      await server.drain(DRAIN_MS_MAX);
      await broker.close();
    } finally {
      await operations?.close();
      lock.release();
    }
  };
  return {
    ready: {
      listeners,
      http: operations?.address,
      clusterId: broker.identity.clusterId,
      nodeId: broker.identity.brokerId,
    },
    ended: ended.promise,
    stop: () => {
      if (!broker.isStopping) stop().then(ended.resolve, ended.reject);
    },
  };
}

function openBroker(settings: BrokerSettings, clock: Clock, logger: Logger): Promise<Broker> {
  const staticConfig = new Map(
    Object.entries(settings.staticConfig).map(([name, { value }]) => [name, value]),
  );
  const advertised = new Map(
    (settings.advertised ?? []).map(({ name, host, port }) => [name, { host, port }]),
  );
  return Broker.open(
    {
      clock,
      random: new DenoRandom(),
      digests: new DenoDigests(),
      disk: new DenoDisk(settings.dataDir),
      logger,
    },
    { brokerId: settings.nodeId, dataDir: settings.dataDir, staticConfig, advertised },
  );
}

/** What the cluster is told: the advertised address of a listener, else the one it is bound to. */
function endpointsOf(settings: BrokerSettings, listeners: readonly ListenerAddress[]) {
  const PLAINTEXT = 0;
  return listeners.map((listener) => {
    const advertised = settings.advertised?.find(({ name }) => name === listener.name);
    const { host, port } = advertised ?? listener;
    return { name: listener.name, host, port, securityProtocol: PLAINTEXT };
  });
}
