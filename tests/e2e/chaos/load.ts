/** All clients together, and what must hold once they have finished. */
import assert from "node:assert/strict";
import { pause } from "../../clients/support/process.ts";
import { JAVA_PARTITIONS, JavaClient, type JavaOutcome } from "./java_client.ts";
import { CommitWatch, KafkaJsLoad, KafkaJsMember } from "./kafkajs_clients.ts";
import { type ClientPlace, KcatLoad, KcatMember, readNumbers } from "./kcat_clients.ts";
import { firstFlaw, firstGap } from "./log_checker.ts";

/** The topics that the clients use; each has three partitions. */
export const TOPICS = {
  kcat: "by-kcat",
  kafkajs: "by-kafkajs",
  java: "by-java",
  transactions: "by-transactions",
} as const;

const GROUPS = new Map([
  ["kcat-readers", TOPICS.kcat],
  ["kafkajs-readers", TOPICS.kafkajs],
  [`${TOPICS.java}-java`, TOPICS.java],
]);
const CATCH_UP_MS = 120_000;

/** Something that runs until it is asked to stop, and is looked at then. */
interface Client {
  /** Waits for what is under way and fails at the first flaw. */
  finish(): Promise<void>;
  /** Ends it at once, whatever its state. */
  abandon(): Promise<void>;
}

async function librdkafka(place: ClientPlace): Promise<Client> {
  const member = await KcatMember.start(place, "kcat-readers", TOPICS.kcat);
  const load = await KcatLoad.start(place, TOPICS.kcat);
  return {
    async finish() {
      const count = await load.end();
      assert.ok(count > 0);
      const records = await readNumbers(place, TOPICS.kcat);
      assert.equal(firstFlaw(records, { count }), undefined, "librdkafka's producer");
      await member.caughtUp(count, CATCH_UP_MS);
      assert.equal(firstFlaw(member.records, { count, copies: 0 }), undefined);
      assert.equal(firstGap(member.records), undefined, "librdkafka's group");
      await member.end();
    },
    async abandon() {
      await Promise.all([load.kill(), member.kill()]);
    },
  };
}

async function java(place: ClientPlace): Promise<Client> {
  const client = await JavaClient.start(place, TOPICS.java, TOPICS.transactions);
  return {
    async finish() {
      const outcome = await client.end(CATCH_UP_MS + 60_000);
      assert.equal(outcome.flaw, null, "Java");
      assert.equal(outcome.acknowledged, outcome.sent);
      assert.ok(outcome.commits > 0 && outcome.transactions > 0, JSON.stringify(outcome));
      const records = await readNumbers(place, TOPICS.java);
      assert.equal(firstFlaw(records, { count: outcome.sent }), undefined, "Java's producer");
      await assertTransactions(place, outcome);
    },
    abandon: () => client.kill(),
  };
}

async function assertTransactions(place: ClientPlace, outcome: JavaOutcome): Promise<void> {
  const records = await readNumbers(place, TOPICS.transactions);
  const flaw = firstFlaw(records, {
    count: outcome.transactions,
    unknown: new Set(outcome.unknown),
    absent: new Set(outcome.aborted),
    copies: JAVA_PARTITIONS,
  });
  assert.equal(flaw, undefined, "transactions");
}

async function nodeClient(place: ClientPlace): Promise<Client> {
  const member = await KafkaJsMember.start(place.bootstrap, "kafkajs-readers", TOPICS.kafkajs);
  const load = await KafkaJsLoad.start(place.bootstrap, TOPICS.kafkajs, 3);
  const watch = new CommitWatch(place.bootstrap, GROUPS);
  return {
    async finish() {
      const count = await load.end();
      const { unknown } = load;
      const records = await readNumbers(place, TOPICS.kafkajs);
      assert.equal(firstFlaw(records, { count, unknown }), undefined, "KafkaJS's producer");
      const endMs = performance.now() + CATCH_UP_MS;
      while (member.read < records.length && performance.now() < endMs) await pause(100);
      assert.equal(member.flaw, undefined, "KafkaJS's group");
      assert.equal(member.read, records.length, "the group reads everything");
      assert.ok(member.committed > 0);
      await Promise.all([member.end(), watch.end()]);
      assert.equal(watch.flaw, undefined);
      assert.ok(watch.answers > 0);
    },
    async abandon() {
      await Promise.allSettled([load.end(), member.end(), watch.end()]);
    },
  };
}

/**
 * Runs `disturb` while clients write and read {@link TOPICS}, which must exist, then has everything
 * finished and checked.
 *
 * @param isKafkaJs whether KafkaJS takes part, which runs in this process
 */
export async function underLoad(
  place: ClientPlace,
  isKafkaJs: boolean,
  disturb: () => Promise<void>,
): Promise<void> {
  const clients: Client[] = [];
  try {
    clients.push(await librdkafka(place), await java(place));
    if (isKafkaJs) clients.push(await nodeClient(place));
    await disturb();
    while (clients.length > 0) {
      await clients[0]!.finish();
      clients.shift();
    }
  } finally {
    await Promise.all(clients.map((client) => client.abandon()));
  }
}
