/** The metrics that Apache Kafka's Java producer pushes when it is asked to (KIP-714). */
import assert from "node:assert/strict";
import { JockoBroker } from "./support/broker.ts";
import { KafkaTools } from "./support/kafka_tools.ts";
import { eventually } from "./support/process.ts";

const SUBSCRIPTION =
  "interval.ms=500,metrics=[org.apache.kafka.producer.],match=[client_id=perf.*]";

Deno.test("a Java producer pushes the metrics that it is asked for", async () => {
  const directory = await Deno.makeTempDir({ prefix: "jocko-telemetry-" });
  const broker = new JockoBroker(directory, ["--http", "127.0.0.1:0"]);
  try {
    await broker.start();
    const tools = await KafkaTools.start();
    try {
      await checkPushes(broker, tools);
    } finally {
      await tools.stop();
    }
  } finally {
    await broker.dispose();
  }
});

async function checkPushes(broker: JockoBroker, tools: KafkaTools): Promise<void> {
  const http = /http on ([0-9.]+:[0-9]+)/.exec(broker.readyLine)?.[1];
  assert.ok(http !== undefined, broker.readyLine);
  const metrics = async () => await (await fetch(`http://${http}/metrics`)).text();
  const bootstrap = ["--bootstrap-server", broker.bootstrap];
  const entity = ["--entity-type", "client-metrics", "--entity-name", "all"];
  const alter = ["--alter", ...entity, "--add-config", SUBSCRIPTION];
  await tools.mustRun("kafka-configs", [...bootstrap, ...alter]);
  assert.doesNotMatch(await metrics(), /^kafka_client_/m);
  const produced = tools.mustRun("kafka-producer-perf-test", [
    ...["--topic", "pushed", "--num-records", "4000", "--record-size", "100"],
    ...["--throughput", "400", "--producer-props", `bootstrap.servers=${broker.bootstrap}`],
    "client.id=perf-1",
  ]);
  const seen = await eventually("a push of the producer", async () => {
    const pushed = (await metrics()).split("\n").filter((line) => line.startsWith("kafka_client_"));
    return pushed.length > 0 ? pushed : undefined;
  }, 20_000);
  assert.ok(seen.every((line) => line.startsWith("kafka_client_producer_")), seen.join("\n"));
  assert.ok(seen.some((line) => line.includes('client_id="perf-1"')), seen.join("\n"));
  assert.match(seen.join("\n"), /client_software_name="apache-kafka-java"/);
  await produced;
  await eventually("its last push to end what is told of it", async () => {
    return /^kafka_client_/m.test(await metrics()) ? undefined : true;
  }, 20_000);
}
