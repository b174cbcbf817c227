/** The composition root: from settings to a broker that serves. */
import type { Logger } from "../base/logger.ts";
import { DenoCiphers } from "../host/deno_ciphers.ts";
import { DenoClock } from "../host/deno_clock.ts";
import { DenoDatagrams } from "../host/deno_datagrams.ts";
import { DenoDigests } from "../host/deno_digests.ts";
import { DenoDisk } from "../host/deno_disk.ts";
import { DenoNetwork } from "../host/deno_network.ts";
import { DenoRandom } from "../host/deno_random.ts";
import { DirectoryLock } from "../host/directory_lock.ts";
import { BrokerNode, staticTexts } from "./broker_node.ts";
import type { BrokerSettings } from "./configuration/settings.ts";
import { OperationsServer } from "./operations_server.ts";
import type { BrokerHost, RunningBroker } from "./running_broker.ts";

/** Brings a broker up; see `StartBroker`. */
export async function startBroker(
  settings: BrokerSettings,
  logger: Logger,
  host?: BrokerHost,
): Promise<RunningBroker | undefined> {
  const lock = await DirectoryLock.acquire(settings.dataDir);
  try {
    const running = await serve(settings, logger, lock, host);
    if (running === undefined) lock.release();
    return running;
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function serve(
  settings: BrokerSettings,
  logger: Logger,
  lock: DirectoryLock,
  host: BrokerHost | undefined,
): Promise<RunningBroker | undefined> {
  const clock = new DenoClock();
  const environment = {
    clock,
    logger,
    random: new DenoRandom(),
    digests: new DenoDigests(),
    ciphers: DenoCiphers.aes256Gcm(),
    fastCiphers: DenoCiphers.chaCha20Poly1305(),
    disk: new DenoDisk(settings.dataDir),
    network: new DenoNetwork(),
    datagrams: new DenoDatagrams(),
    ...(host === undefined ? {} : { newCleaner: host.newCleaner }),
  };
  const node = await BrokerNode.start(environment, settings, host?.stopAsked);
  if (node === undefined) return undefined;
  const { broker, server, listeners } = node;
  let operations: OperationsServer | undefined;
  try {
    operations = settings.http === undefined
      ? undefined
      : OperationsServer.start(settings.http, { broker, server: server.metrics, clock, logger });
  } catch (error) {
    await node.stop();
    throw error;
  }
  const ended = Promise.withResolvers<void>();
  const stop = async (): Promise<void> => {
    operations?.notReady();
    try {
      await node.stop();
    } finally {
      await operations?.close();
      lock.release();
    }
  };
  let isStopping = false;
  return {
    ready: {
      listeners,
      http: operations?.address,
      clusterId: broker.identity.clusterId,
      nodeId: broker.identity.brokerId,
    },
    ended: ended.promise,
    reload: (staticConfig) => broker.replaceStaticConfig(staticTexts(staticConfig)),
    stop: () => {
      if (!isStopping) stop().then(ended.resolve, ended.reject);
      isStopping = true;
    },
  };
}
