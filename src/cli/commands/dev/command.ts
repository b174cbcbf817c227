/** `jocko dev`: a broker for the length of a session. */
import { buildCommand } from "@stricli/core";
import { createTopic } from "../../../client/admin/topics.ts";
import { ClusterClient } from "../../../client/cluster_client.ts";
import { BrokerThread } from "../../broker_thread/broker_thread.ts";
import type { CommandContext } from "../../command_context.ts";
import { ExitCode } from "../../exit_codes.ts";
import type { BrokerReady } from "../../running_broker.ts";
import { parseCount } from "../../session/flags.ts";
import type { Surroundings } from "../../surroundings.ts";
import { VERSION } from "../../version.ts";
import { runBroker } from "../broker.ts";

interface DevFlags {
  readonly port?: number | undefined;
  readonly topic?: readonly DevTopic[] | undefined;
  readonly set?: readonly (readonly [name: string, value: string])[] | undefined;
  readonly verbose?: boolean | undefined;
}

interface DevTopic {
  readonly name: string;
  readonly partitions: number;
}

const DEFAULT_PORT = 9092;
const TIMEOUT_MS = 10_000;

/** What makes a broker answer at once, and takes little room. */
const QUICK_SETTINGS: readonly (readonly [name: string, value: string])[] = [
  ["group.initial.rebalance.delay.ms", "0"],
  ["offsets.topic.num.partitions", "1"],
  ["transaction.state.log.num.partitions", "1"],
];

async function dev(context: CommandContext, flags: DevFlags): Promise<ExitCode> {
  const { files } = context.surroundings;
  const dataDir = files.makeTemporary("jocko-dev-");
  try {
    return await runBroker(context, {
      dataDir,
      listen: [`127.0.0.1:${flags.port ?? DEFAULT_PORT}`],
      set: [...QUICK_SETTINGS, ...(flags.set ?? [])].map(([key, value]) => ({ key, value })),
      logLevel: flags.verbose ? "info" : "warn",
    }, (settings) => {
      const thread = new BrokerThread(settings);
      return {
        ready: thread.ready.then((ready) => withTopics(context, ready, flags.topic ?? [])),
        ended: thread.ended,
        reload: (staticConfig) => thread.reload(staticConfig),
        stop: () => thread.stop(),
      };
    });
  } finally {
    files.removeDirectory(dataDir);
  }
}

/** Ready is who has the topics too. */
async function withTopics(
  { surroundings, process }: CommandContext,
  ready: BrokerReady | undefined,
  topics: readonly DevTopic[],
): Promise<BrokerReady | undefined> {
  if (ready === undefined || topics.length === 0) return ready;
  const client = clientOf(surroundings, process.clock, ready);
  try {
    for (const { name, partitions } of topics) {
      await createTopic(client, { name, partitions, replicationFactor: 1, configs: new Map() });
    }
  } finally {
    client.close();
  }
  return ready;
}

function clientOf(
  { network }: Surroundings,
  clock: CommandContext["process"]["clock"],
  { listeners }: BrokerReady,
): ClusterClient {
  return new ClusterClient({ network, clock }, {
    bootstrap: listeners,
    clientId: "jocko-dev",
    software: { name: "jocko-cli", version: VERSION },
    requestTimeoutMs: TIMEOUT_MS,
    operationTimeoutMs: TIMEOUT_MS,
  });
}

/** `orders` or `orders:3`. */
function parseTopic(text: string): DevTopic {
  const match = /^([^:]+)(?::(\d+))?$/.exec(text);
  if (match === null) throw new SyntaxError(`${text} is no TOPIC or TOPIC:PARTITIONS`);
  return { name: match[1]!, partitions: match[2] === undefined ? 1 : parseCount(match[2], 1) };
}

export const devCommand = buildCommand<DevFlags, [], CommandContext>({
  async func(flags) {
    this.process.exitCode = await dev(this, flags);
  },
  parameters: {
    flags: {
      port: {
        kind: "parsed",
        parse: (text: string) => parseCount(text),
        optional: true,
        placeholder: "PORT",
        brief: `Port on 127.0.0.1; 0 takes a free one (default ${DEFAULT_PORT})`,
      },
      topic: {
        kind: "parsed",
        parse: parseTopic,
        optional: true,
        variadic: true,
        placeholder: "NAME[:PARTITIONS]",
        brief: "Make this topic; may be repeated",
      },
      set: {
        kind: "parsed",
        parse: (text: string) => {
          const at = text.indexOf("=");
          if (at < 1) throw new SyntaxError(`${text} is not NAME=VALUE`);
          return [text.slice(0, at), text.slice(at + 1)] as const;
        },
        optional: true,
        variadic: true,
        placeholder: "NAME=VALUE",
        brief: "Set one of Kafka's broker settings; may be repeated",
      },
      verbose: { kind: "boolean", optional: true, withNegated: false, brief: "Print events too" },
    },
    aliases: { p: "port", t: "topic" },
  },
  docs: {
    brief: "Run a throw-away broker for development and tests",
    fullDescription:
      `Run a broker in a temporary directory that is removed at the end. The one line on
standard output tells when it is ready, and where; topics of --topic are there then.

EXAMPLES
  jocko dev
  jocko dev --port 0 --topic orders:3 --topic payments

EXIT CODES
  0 stopped as asked  1 failed  2 command line refused`,
  },
});
