// deno-lint-ignore-file no-console -- a command-line tool: what it prints is its result
/**
 * Makes a record of each line of standard input:
 *
 *     printf 'one\ntwo\n' | deno run -A examples/typescript/produce.ts 127.0.0.1:9092 greetings
 */
import { Kafka } from "kafkajs";

const [bootstrap, topic] = Deno.args;
if (bootstrap === undefined || topic === undefined) {
  console.error("usage: produce.ts BOOTSTRAP TOPIC");
  Deno.exit(2);
}
const input = await new Response(Deno.stdin.readable).text();
const messages = input.split("\n").filter((line) => line !== "").map((value) => ({ value }));

const producer = new Kafka({ brokers: bootstrap.split(",") }).producer({ idempotent: true });
await producer.connect();
// An idempotent producer asks for acks=all: a record counts when all replicas in sync have it.
await producer.send({ topic, messages });
await producer.disconnect();
console.log(`${messages.length} records to ${topic}`);
