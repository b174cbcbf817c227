// deno-lint-ignore-file no-console -- a command-line tool: what it prints is its result
/**
 * Prints COUNT records as a member of a group, and commits how far it came:
 *
 *     deno run -A examples/typescript/consume.ts 127.0.0.1:9092 greetings readers 2
 */
import { Kafka } from "kafkajs";

const [bootstrap, topic, groupId, count] = Deno.args;
if (bootstrap === undefined || topic === undefined || groupId === undefined) {
  console.error("usage: consume.ts BOOTSTRAP TOPIC GROUP COUNT");
  Deno.exit(2);
}
const wanted = Number(count);
const consumer = new Kafka({ brokers: bootstrap.split(",") }).consumer({ groupId });
const done = Promise.withResolvers<void>();
let printed = 0;

await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  autoCommit: false,
  async eachMessage({ partition, message }) {
    if (printed === wanted) return;
    console.log(`${partition} ${message.offset} ${message.value?.toString() ?? ""}`);
    // What is committed is the next offset to be read.
    const offset = String(Number(message.offset) + 1);
    await consumer.commitOffsets([{ topic, partition, offset }]);
    if (++printed === wanted) done.resolve();
  },
});
await done.promise;
await consumer.disconnect();
