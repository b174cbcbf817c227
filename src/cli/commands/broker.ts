/** `jocko broker`: resolve the configuration, start the confined broker, wait for its end. */
import { buildCommand } from "@stricli/core";
import { BrokerThread } from "../broker_thread/broker_thread.ts";
import type { CommandContext } from "../command_context.ts";
import { BROKER_CONFIG_OF } from "../../metadata/config/broker_configs.ts";
import { type ConfigurationFlags, parseKeyValue } from "../configuration/flags.ts";
import {
  type ConfigurationResult,
  resolveBrokerSettings,
} from "../configuration/broker_settings.ts";
import { planReload } from "../configuration/reload.ts";
import { ConfigurationError, describeProblem } from "../configuration/setting.ts";
import {
  type BrokerSettings,
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFormat,
  type LogLevel,
} from "../configuration/settings.ts";
import { EventLog } from "../event_log.ts";
import { ExitCode } from "../exit_codes.ts";
import { readyLine } from "../ready_line.ts";

/** The flags of `jocko broker`, as parsed. */
export interface BrokerFlags extends ConfigurationFlags {
  readonly config?: string | undefined;
  readonly logFormat?: LogFormat | undefined;
  readonly logLevel?: LogLevel | undefined;
}

/** Starts the thread that serves; replaced in tests. */
export type StartThread = (
  settings: BrokerSettings,
) => Pick<BrokerThread, "ready" | "ended" | "stop" | "reload">;

/** How long a broker that was asked to stop may take before the process ends without it. */
export const STOP_DEADLINE_MS = 90_000;

/**
 * Runs a broker until it is told to stop or fails.
 *
 * The first signal asks the broker to drain; a second one ends the process at once.
 */
export async function runBroker(
  { process, machine }: CommandContext,
  flags: BrokerFlags,
  startThread: StartThread = (settings) => new BrokerThread(settings),
): Promise<ExitCode> {
  const resolve = () =>
    resolveBrokerSettings(
      { flags, environment: process.environment(), definitions: BROKER_CONFIG_OF },
      machine,
    );
  let configuration;
  try {
    configuration = resolve();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.writeError(`jocko: ${error.message}\n`);
    return ExitCode.usage;
  }
  const { settings, warnings } = configuration;
  const log = new EventLog((line) => process.writeError(line), process.clock, settings.log);
  for (const warning of warnings) log.warn("configuration", { warning });

  const broker = startThread(settings);
  // Without a file there is nothing to read again, and SIGHUP ends the process as it does others.
  const forgetReloads = flags.config === undefined
    ? () => undefined
    : process.onReloadSignal(reloading(broker, settings.staticConfig, log, resolve));
  let stopping = false;
  const forgetSignals = process.onStopSignal((signal) => {
    if (stopping) process.exit(ExitCode.failure);
    stopping = true;
    log.info("stopping", { signal });
    broker.stop();
    process.clock.schedule(STOP_DEADLINE_MS, () => {
      log.error("broker did not stop in time", { deadlineMs: STOP_DEADLINE_MS });
      process.exit(ExitCode.failure);
    });
  });
  try {
    const ready = await broker.ready;
    if (ready !== undefined) {
      process.writeOutput(`${readyLine(ready, settings.dataDir, process.uptimeMs())}\n`);
    }
    const end = await broker.ended;
    if (end.kind === "stopped") return ExitCode.ok;
    log.error("broker failed", { error: end.failure.message, stack: end.failure.stack });
    return ExitCode.failure;
  } finally {
    forgetSignals();
    forgetReloads();
  }
}

/** What SIGHUP does: all that can change takes effect, or nothing, and one event tells. */
function reloading(
  broker: Pick<BrokerThread, "reload">,
  initial: BrokerSettings["staticConfig"],
  log: EventLog,
  resolve: () => ConfigurationResult,
): () => void {
  let current = initial;
  return () => {
    try {
      const { settings, warnings } = resolve();
      const plan = planReload(current, settings.staticConfig, BROKER_CONFIG_OF);
      current = plan.staticConfig;
      broker.reload(current);
      const { applied, needRestart } = plan;
      log.info("configuration read again", { applied, needRestart, warnings });
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      const problems = error.problems.map(describeProblem);
      log.error("configuration refused, nothing has changed", { problems });
    }
  };
}

/** The command as the command line sees it. */
export const brokerCommand = buildCommand<BrokerFlags, [], CommandContext>({
  async func(flags) {
    this.process.exitCode = await runBroker(this, flags);
  },
  parameters: {
    flags: {
      dataDir: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "DIR",
        brief: "Directory that holds all data; made when missing (default ./data)",
      },
      listen: {
        kind: "parsed",
        parse: String,
        optional: true,
        variadic: true,
        placeholder: "[NAME://]HOST:PORT",
        brief: "Listen for clients; may be repeated (default PLAINTEXT://127.0.0.1:9092)",
      },
      advertise: {
        kind: "parsed",
        parse: String,
        optional: true,
        variadic: true,
        placeholder: "[NAME://]HOST:PORT",
        brief: "Tell clients this address (default: the one they dialled)",
      },
      http: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "HOST:PORT",
        brief: "Serve metrics and health over HTTP (default off)",
      },
      clusterListen: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "HOST:PORT",
        brief: "Listen for other brokers, over TCP and UDP (default: stay alone)",
      },
      join: {
        kind: "parsed",
        parse: String,
        optional: true,
        variadic: true,
        placeholder: "HOST:PORT",
        brief: "Find the cluster by this cluster port of another broker; may be repeated",
      },
      expect: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "N",
        brief: "Form a cluster with N brokers, this one included, that start as empty",
      },
      clusterKey: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "Let in only brokers that hold a key of this file (or of JOCKO_CLUSTER_KEY)",
      },
      config: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "Read settings from a Kafka server.properties file",
      },
      set: {
        kind: "parsed",
        parse: parseKeyValue,
        optional: true,
        variadic: true,
        placeholder: "KEY=VALUE",
        brief: "Set one of Kafka's broker settings; may be repeated",
      },
      logFormat: {
        kind: "enum",
        values: LOG_FORMATS,
        optional: true,
        brief: "How events are written to standard error (default text)",
      },
      logLevel: {
        kind: "enum",
        values: LOG_LEVELS,
        optional: true,
        brief: "The least severe events that are written (default info)",
      },
    },
  },
  docs: {
    brief: "Run a broker",
    fullDescription: `Run a broker until SIGTERM or Ctrl-C; a second Ctrl-C ends it at once.

A flag wins over the environment (JOCKO_LOG_RETENTION_MS, then KAFKA_LOG_RETENTION_MS, for
log.retention.ms), the environment over the --config file, and that over the default.

One line on standard output tells when the broker is ready. Events go to standard error.
On SIGHUP a broker with a --config file reads it again, and says what needs a restart.

EXAMPLES
  jocko broker
  jocko broker --data-dir /var/lib/jocko --listen 0.0.0.0:9092
  jocko broker --listen INTERNAL://10.0.0.5:9092 --listen LOCAL://127.0.0.1:19092
  jocko broker --config server.properties --set log.retention.hours=24
  jocko broker --data-dir a --listen 127.0.0.1:9092 --cluster-listen 127.0.0.1:9093 --expect 3
  jocko broker --data-dir b --listen 127.0.0.2:9092 --cluster-listen 127.0.0.2:9093 --expect 3 \\
    --join 127.0.0.1:9093

EXIT CODES
  0  stopped as asked
  1  failed
  2  command line or configuration refused; nothing was started`,
  },
});
