/** Kafka's own command-line tools, run in one JVM by the Java program `ToolServer`. */
import { javaCommand, spawnJava } from "./java.ts";
import { lines, runProcess } from "./process.ts";

/** Main class of each tool, by the name of its shell script. */
const MAIN_CLASSES = {
  "kafka-topics": "org.apache.kafka.tools.TopicCommand",
  "kafka-configs": "kafka.admin.ConfigCommand",
  "kafka-console-producer": "org.apache.kafka.tools.ConsoleProducer",
  "kafka-console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
  "kafka-consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
  "kafka-get-offsets": "org.apache.kafka.tools.GetOffsetShell",
  "kafka-delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
  "kafka-log-dirs": "org.apache.kafka.tools.LogDirsCommand",
  "kafka-metadata-quorum": "org.apache.kafka.tools.MetadataQuorumCommand",
  "kafka-broker-api-versions": "org.apache.kafka.tools.BrokerApiVersionsCommand",
  "kafka-cluster": "org.apache.kafka.tools.ClusterTool",
  "kafka-features": "org.apache.kafka.tools.FeatureCommand",
  "kafka-client-metrics": "org.apache.kafka.tools.ClientMetricsCommand",
  "kafka-verifiable-consumer": "org.apache.kafka.tools.VerifiableConsumer",
  "kafka-verifiable-producer": "org.apache.kafka.tools.VerifiableProducer",
  "kafka-producer-perf-test": "org.apache.kafka.tools.ProducerPerformance",
  "kafka-acls": "org.apache.kafka.tools.AclCommand",
  "kafka-leader-election": "org.apache.kafka.tools.LeaderElectionCommand",
  "kafka-reassign-partitions": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
  "kafka-replica-verification": "org.apache.kafka.tools.ReplicaVerificationTool",
  "kafka-transactions": "org.apache.kafka.tools.TransactionsCommand",
  "kafka-dump-log": "kafka.tools.DumpLogSegments",
} as const;

/** A tool, by the name of its shell script. */
export type ToolName = keyof typeof MAIN_CLASSES;

/** What a tool printed and how it ended. */
export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A JVM that runs the tools, one at a time. */
export class KafkaTools {
  private constructor(
    private readonly child: Deno.ChildProcess,
    private readonly stdin: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>,
    private readonly answers: AsyncGenerator<string>,
    private readonly stderr: Promise<string>,
  ) {}

  static async start(): Promise<KafkaTools> {
    const child = await spawnJava("ToolServer", []);
    const stderr = new Response(child.stderr).text();
    return new KafkaTools(child, child.stdin.getWriter(), lines(child.stdout), stderr);
  }

  /** Runs a tool to its end, which must come within `timeoutMs`. */
  async run(
    tool: ToolName,
    args: readonly string[],
    stdin = "",
    timeoutMs = 60_000,
  ): Promise<ToolResult> {
    const request = JSON.stringify({ main: MAIN_CLASSES[tool], args, stdin });
    const timer = setTimeout(() => this.child.kill("SIGKILL"), timeoutMs);
    try {
      await this.stdin.write(new TextEncoder().encode(`${request}\n`));
      const answer = await this.answers.next();
      if (answer.done !== true) return JSON.parse(answer.value) as ToolResult;
      throw new Error(
        `${tool} ${args.join(" ")} had no end, or ended the JVM: ${await this.stderr}`,
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /** As {@link run}; a tool that fails throws. Gives what it printed. */
  async mustRun(tool: ToolName, args: readonly string[], stdin = ""): Promise<string> {
    const result = await this.run(tool, args, stdin);
    if (result.code === 0) return result.stdout;
    const output = `${result.stdout}\n${result.stderr}`;
    throw new Error(`${tool} ${args.join(" ")} ended with ${result.code}:\n${output}`);
  }

  /** Ends the JVM. */
  async stop(): Promise<void> {
    await this.stdin.close();
    for await (const line of this.answers) throw new Error(`an answer to nothing: ${line}`);
    await this.child.status;
    await this.stderr;
  }
}

/** Runs a tool in a JVM of its own, for those that count on its end. Gives what it printed. */
export async function runAlone(tool: ToolName, args: readonly string[]): Promise<string> {
  const command = await javaCommand(MAIN_CLASSES[tool], args);
  const result = await runProcess(command.program, command.args, { timeoutMs: 60_000 });
  const stdout = new TextDecoder().decode(result.stdout);
  if (result.code === 0) return stdout;
  throw new Error(`${tool} ended with ${result.code}:\n${stdout}\n${result.stderr}`);
}
