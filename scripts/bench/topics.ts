/**
 * Topics on the broker under test: made before a pass, deleted after it.
 *
 * @module
 */

import { type RunningBroker } from "./brokers.ts";
import { pause } from "./processes.ts";
import { isNotReady, type NewTopic, WireConnection } from "./wire.ts";

const LEADERS_TIMEOUT_MS = 300_000;
const POLL_MS = 5;

/** Runs `work` on a connection of its own. */
export async function withConnection<T>(
  broker: RunningBroker,
  work: (connection: WireConnection) => Promise<T>,
): Promise<T> {
  const connection = await WireConnection.open(broker.bootstrap);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

/** Makes topics, asking again while the broker is not ready, until every partition has a leader. */
export async function makeTopics(
  connection: WireConnection,
  topics: readonly NewTopic[],
): Promise<void> {
  let missing = topics;
  while (missing.length > 0) {
    const codes = await connection.createTopics(missing);
    missing = missing.filter(({ name }) => codes.get(name) !== 0);
    for (const { name } of missing) {
      const code = codes.get(name) ?? -1;
      if (!isNotReady(code)) throw new Error(`creating ${name} failed with error code ${code}`);
    }
    if (missing.length > 0) await pause(POLL_MS);
  }
  await awaitLeaders(connection, topics);
}

/** Resolves when every partition of these topics has a leader. */
export async function awaitLeaders(
  connection: WireConnection,
  topics: readonly NewTopic[],
): Promise<void> {
  const names = topics.map(({ name }) => name);
  const wanted = topics.reduce((sum, { partitions }) => sum + partitions, 0);
  const deadlineMs = performance.now() + LEADERS_TIMEOUT_MS;
  for (;;) {
    const leaders = await connection.leaders(names);
    const led = leaders.reduce((sum, { ledCount }) => sum + ledCount, 0);
    if (led === wanted) return;
    if (performance.now() > deadlineMs) {
      throw new Error(`${wanted - led} of ${wanted} partitions are without a leader`);
    }
    await pause(POLL_MS);
  }
}

/** Produces one batch to each of the partitions, asking again while the broker is not ready. */
export async function produceUntilAcknowledged(
  connection: WireConnection,
  topic: string,
  partitions: readonly number[],
  batch: Uint8Array,
): Promise<void> {
  for (;;) {
    const code = await connection.produce(topic, partitions, batch);
    if (code === 0) return;
    if (!isNotReady(code)) throw new Error(`producing to ${topic} failed with error code ${code}`);
    await pause(POLL_MS);
  }
}

/** Makes a topic, runs `work`, deletes the topic and waits until the disk has what was written. */
export async function withTopic<T>(
  broker: RunningBroker,
  topic: NewTopic,
  work: () => Promise<T>,
): Promise<T> {
  await withConnection(broker, (connection) => makeTopics(connection, [topic]));
  const result = await work();
  await withConnection(broker, (connection) => connection.deleteTopics([topic.name]));
  await syncDisk();
  return result;
}

/** sync(1): what one run wrote must not be written back during the next. */
export async function syncDisk(): Promise<void> {
  await new Deno.Command("sync").output();
}
