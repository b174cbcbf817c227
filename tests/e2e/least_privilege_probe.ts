/** A broker's worker that, in place of serving, tries what a broker has no business doing. */
import { type BrokerChannel, serveBroker } from "../../src/cli/broker_thread/serve_broker.ts";
import { SILENT_LOGGER } from "../../src/base/logger.ts";
import type { BrokerSettings } from "../../src/cli/configuration/settings.ts";
import type { RunningBroker } from "../../src/cli/running_broker.ts";

/** Each attempt, by name: `done`, or the name of the error that met it. */
export type ProbeReport = Readonly<Record<string, string>>;

async function attempt(action: () => unknown): Promise<string> {
  try {
    await action();
    return "done";
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    // The module loader wraps what it met.
    return /Requires (read|import) access/.test(error.message) ? "NotCapable" : error.name;
  }
}

function listen(hostname: string, port: number): void {
  Deno.listen({ hostname, port }).close();
}

/** The foreign file and port are told through settings that mean nothing to the worker. */
async function probe(settings: BrokerSettings): Promise<ProbeReport> {
  const { dataDir, listeners, staticConfig, cluster } = settings;
  const foreignFile = staticConfig["foreign.file"]?.value ?? "";
  const foreignPort = Number(staticConfig["foreign.port"]?.value);
  const listener = listeners[0];
  const actions: Readonly<Record<string, () => unknown>> = {
    "write own file": () => Deno.writeTextFileSync(`${dataDir}/own`, "own"),
    "read own file": () => Deno.readTextFileSync(`${dataDir}/own`),
    "listen on own port": () => listen(listener?.host ?? "", listener?.port ?? 0),
    "read foreign file": () => Deno.readTextFileSync(foreignFile),
    "read foreign file through ..": () =>
      Deno.readTextFileSync(`${dataDir}/../${foreignFile.split("/").at(-1)}`),
    "list the directory above": () => [...Deno.readDirSync(`${dataDir}/..`)],
    "read /proc": () => Deno.readTextFileSync("/proc/self/environ"),
    "write foreign file": () => Deno.writeTextFileSync(foreignFile, "overwritten"),
    "remove foreign file": () => Deno.removeSync(foreignFile),
    "rename out of the directory": () => Deno.renameSync(`${dataDir}/own`, `${foreignFile}2`),
    "make a symbolic link": () => Deno.symlinkSync(foreignFile, `${dataDir}/made`),
    "make a hard link": () => Deno.linkSync(foreignFile, `${dataDir}/made`),
    "dial foreign port": () => Deno.connect({ hostname: "127.0.0.1", port: foreignPort }),
    "fetch from foreign port": () =>
      fetch(`http://127.0.0.1:${foreignPort}/`, { signal: AbortSignal.timeout(2_000) }),
    "dial another broker": () =>
      Deno.connect({ hostname: "127.0.0.9", port: cluster?.listen.port ?? 9093 }),
    "dial another machine": () => Deno.connect({ hostname: "127.0.0.9", port: foreignPort }),
    "listen on foreign port": () => listen("127.0.0.1", foreignPort),
    "listen on all addresses": () => listen("0.0.0.0", listener?.port ?? 0),
    "run a program": () => new Deno.Command("true").outputSync(),
    "read the environment": () => Deno.env.get("HOME"),
    "list the environment": () => Deno.env.toObject(),
    "ask for the host name": () => Deno.hostname(),
    "load foreign code": () => Deno.dlopen("/usr/lib/libc.so.6", {}),
    "import a module by computed name": () => import(`file://${foreignFile}`),
    "start a worker with all rights": () =>
      new Worker("data:text/javascript,0", {
        type: "module",
        deno: { permissions: { read: true } },
      }),
    "ask for more rights": async () => {
      const { state } = await Deno.permissions.request({ name: "read", path: foreignFile });
      if (state !== "granted") throw new Deno.errors.NotCapable(state);
    },
  };
  const report: Record<string, string> = {};
  for (const [name, action] of Object.entries(actions)) report[name] = await attempt(action);
  return report;
}

async function start(settings: BrokerSettings): Promise<RunningBroker> {
  const ended = Promise.withResolvers<void>();
  return {
    ready: {
      listeners: settings.listeners,
      http: undefined,
      // The one text of a broker's report that may be anything.
      clusterId: JSON.stringify(await probe(settings)),
      nodeId: 1,
    },
    ended: ended.promise,
    reload: () => undefined,
    stop: ended.resolve,
  };
}

serveBroker(globalThis as unknown as BrokerChannel, start, () => SILENT_LOGGER);
