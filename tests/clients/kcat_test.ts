/** kcat, that is librdkafka: producer, consumer of chosen partitions, metadata, offset queries. */
import assert from "node:assert/strict";
import { clientTools } from "../../scripts/client_tools.ts";
import { type BrokerUnderTest, restart, withBroker } from "./support/broker.ts";
import { Kcat, valuesOf } from "./support/kcat.ts";
import { runWhileOpen } from "./support/kcat_pipe.ts";
import {
  BAD_TOPIC_NAMES,
  CODECS,
  LARGE_BYTES,
  noise,
  TOO_LARGE_BYTES,
  uniqueTopic,
} from "./support/records.ts";
import { eventually } from "./support/process.ts";

type Behaviour = readonly [name: string, check: (kcat: Kcat) => Promise<void>];

const NO_CREATION = ["-X", "allow.auto.create.topics=false"];

/** `count` distinct lines of text, and what kcat reads for them. */
function numberedLines(count: number, stem = "line"): { text: string; values: string[] } {
  const values = Array.from({ length: count }, (_, i) => `${stem} ${i} é`);
  return { text: values.map((value) => `${value}\n`).join(""), values };
}

/** Lines without a line feed in them, otherwise any bytes. */
function binaryLines(count: number): Uint8Array {
  const all = noise(count * 100, 3);
  for (let i = 0; i < all.length; i++) {
    if (i % 100 === 99) all[i] = 10;
    else if (all[i] === 10) all[i] = 11;
  }
  return all;
}

const PRODUCING: readonly Behaviour[] = [
  ...CODECS.flatMap((codec) =>
    ["false", "true"].map((idempotence): Behaviour => [
      `bytes come back as sent, ${codec}, idempotence ${idempotence}`,
      async (kcat) => {
        const topic = uniqueTopic("codec");
        const sent = binaryLines(500);
        const options = ["-z", codec, "-X", `enable.idempotence=${idempotence}`];
        await kcat.produce(topic, sent, options);
        const records = await kcat.consume(topic, ["-o", "beginning"]);
        assert.equal(records.length, 500);
        records.forEach((record, i) => {
          assert.equal(record.offset, i);
          const expected = sent.subarray(i * 100, i * 100 + 99);
          assert.ok(record.value !== null && record.value.toHex() === expected.toHex(), `${i}`);
        });
      },
    ])
  ),
  ...["0", "1", "-1"].map((acks): Behaviour => [`acks=${acks} writes`, async (kcat) => {
    const topic = uniqueTopic("acks");
    const { text, values } = numberedLines(200);
    await kcat.produce(topic, text, ["-X", `acks=${acks}`]);
    assert.deepEqual(valuesOf(await kcat.consumeCount(topic, 200, ["-o", "beginning"])), values);
  }]),
  ["null and empty keys and values stay apart", async (kcat) => {
    const topic = uniqueTopic("nulls");
    await kcat.produce(topic, "k:v\n:empty key\nempty value:\n:\n", ["-K", ":"]);
    await kcat.produce(topic, "k:v\n:null key\nnull value:\n:\n", ["-K", ":", "-Z"]);
    const sizes = (await kcat.consume(topic)).map(({ key, value }) => [key?.length, value?.length]);
    const none = undefined;
    assert.deepEqual(sizes.slice(0, 4), [[1, 1], [0, 9], [11, 0], [0, 0]]);
    assert.deepEqual(sizes.slice(4), [[1, 1], [none, 8], [10, none], [none, none]]);
  }],
  ["headers keep order, repetition and null", async (kcat) => {
    const topic = uniqueTopic("headers");
    const headers = ["-H", "b=2", "-H", "a=1", "-H", "a=größer", "-H", "none", "-H", "empty="];
    await kcat.produce(topic, "x\n", headers);
    const [record] = await kcat.consume(topic);
    assert.equal(record?.headers, "b=2,a=1,a=größer,none=NULL,empty=");
  }],
  ["explicit partitions are used", async (kcat) => {
    const topic = uniqueTopic("partition");
    await kcat.produce(topic, "to zero\n", ["-p", "0"]);
    assert.deepEqual(valuesOf(await kcat.consume(topic, ["-p", "0"])), ["to zero"]);
    const result = await kcat.run(["-P", "-t", topic, "-p", "5"], { stdin: "x\n" });
    assert.notEqual(result.code, 0);
    assert.match(result.stderr, /Unknown partition/);
  }],
  ["a large record fits", async (kcat) => {
    const topic = uniqueTopic("large");
    const large = noise(LARGE_BYTES).map((byte) => byte === 10 ? 11 : byte);
    await kcat.produce(topic, large);
    const [record] = await kcat.consume(topic);
    assert.equal(record?.value?.length, LARGE_BYTES);
    assert.ok(record.value.every((byte, i) => byte === large[i]));
  }],
  ["a record over max.message.bytes is refused", async (kcat) => {
    const topic = uniqueTopic("too-large");
    await kcat.produce(topic, "0\n");
    const tooLarge = noise(TOO_LARGE_BYTES).map((byte) => byte === 10 ? 11 : byte);
    const args = ["-P", "-t", topic, "-X", "message.max.bytes=3000000"];
    const result = await kcat.run(args, { stdin: tooLarge });
    assert.notEqual(result.code, 0);
    assert.match(result.stderr, /Broker: Message size too large/);
    assert.deepEqual(valuesOf(await kcat.consume(topic)), ["0"]);
  }],
  ["a bad topic name is refused", async (kcat) => {
    for (const name of BAD_TOPIC_NAMES.slice(0, 4)) {
      const result = await kcat.run(["-P", "-t", name], { stdin: "x\n" });
      assert.notEqual(result.code, 0, name);
      assert.match(result.stderr, /Broker: Invalid topic/, name);
    }
  }],
];

const CONSUMING: readonly Behaviour[] = [
  ["consuming starts at an offset, the beginning, the end, before the end", async (kcat) => {
    const topic = uniqueTopic("start");
    const { text, values } = numberedLines(100);
    await kcat.produce(topic, text);
    assert.deepEqual(valuesOf(await kcat.consume(topic, ["-o", "beginning"])), values);
    assert.deepEqual(valuesOf(await kcat.consume(topic, ["-o", "60"])), values.slice(60));
    assert.deepEqual(valuesOf(await kcat.consume(topic, ["-o", "-7"])), values.slice(93));
    assert.deepEqual(await kcat.consume(topic, ["-o", "end"]), []);
  }],
  ["consuming starts and stops at a timestamp", async (kcat) => {
    const topic = uniqueTopic("time");
    await kcat.produce(topic, numberedLines(10, "early").text);
    const early = (await kcat.consume(topic)).map((record) => record.timestampMs);
    const boundaryMs = Math.max(...early) + 1;
    // The clock of records is the producer's: wait until it is past the boundary.
    await eventually(
      "the clock to move",
      () => Promise.resolve(Date.now() > boundaryMs || undefined),
    );
    const { text, values } = numberedLines(10, "late");
    await kcat.produce(topic, text);
    const late = await kcat.consume(topic, ["-p", "0", "-o", `s@${boundaryMs}`]);
    assert.deepEqual(valuesOf(late), values);
    const range = ["-p", "0", "-o", "s@0", "-o", `e@${boundaryMs}`];
    assert.equal((await kcat.consume(topic, range)).length, 10);
    assert.equal(await kcat.queryOffset(topic, 0, boundaryMs), 10);
    assert.equal(await kcat.queryOffset(topic, 0, -1), 20);
    assert.equal(await kcat.queryOffset(topic, 0, -2), 0);
  }],
  ["an offset out of range fails or resets", async (kcat) => {
    const topic = uniqueTopic("range");
    const { text, values } = numberedLines(10);
    await kcat.produce(topic, text);
    const at = ["-C", "-t", topic, "-p", "0", "-o", "1000", "-e"];
    const failed = await kcat.run([...at, "-X", "topic.auto.offset.reset=error"]);
    assert.notEqual(failed.code, 0);
    assert.match(failed.stderr, /Offset out of range/);
    const reset = ["-p", "0", "-o", "1000", "-X", "topic.auto.offset.reset=earliest"];
    assert.deepEqual(valuesOf(await kcat.consume(topic, reset)), values);
  }],
  ["a consumer follows what is written", async (kcat) => {
    const topic = uniqueTopic("live");
    await kcat.produce(topic, "before\n");
    const { text, values } = numberedLines(300);
    const following = kcat.consumeCount(topic, 301, ["-o", "beginning", "-u"]);
    for (let i = 0; i < 3; i++) {
      const part = text.split("\n").slice(i * 100, i * 100 + 100).join("\n");
      await kcat.produce(topic, `${part}\n`);
    }
    assert.deepEqual(valuesOf(await following), ["before", ...values]);
  }],
  ["tiny byte limits still make progress", async (kcat) => {
    const topic = uniqueTopic("limits");
    for (let i = 0; i < 3; i++) {
      const value = noise(30_000, i + 1).map((byte) => byte === 10 ? 11 : byte);
      await kcat.produce(topic, value);
    }
    const limits = ["-X", "fetch.message.max.bytes=1000", "-X", "fetch.max.bytes=1000"];
    const more = ["-X", "message.max.bytes=1000", "-X", "receive.message.max.bytes=2000000"];
    assert.equal((await kcat.consume(topic, [...limits, ...more])).length, 3);
  }],
  ["read_committed reads what has no transaction", async (kcat) => {
    const topic = uniqueTopic("committed");
    const { text, values } = numberedLines(50);
    await kcat.produce(topic, text);
    const records = await kcat.consume(topic, ["-X", "isolation.level=read_committed"]);
    assert.deepEqual(valuesOf(records), values);
  }],
];

interface KcatMetadata {
  readonly controllerid: number;
  readonly brokers: readonly { readonly id: number; readonly name: string }[];
  readonly topics: readonly {
    readonly topic: string;
    readonly error?: string;
    readonly partitions: readonly { readonly partition: number; readonly leader: number }[];
  }[];
}

async function metadata(kcat: Kcat, topic: string): Promise<KcatMetadata> {
  const result = await kcat.mustRun(["-L", "-J", "-t", topic, ...NO_CREATION]);
  return JSON.parse(new TextDecoder().decode(result.stdout));
}

const METADATA: readonly Behaviour[] = [
  ["metadata lists broker, topic and leader", async (kcat) => {
    const topic = uniqueTopic("metadata");
    await kcat.produce(topic, "x\n");
    const { brokers, topics, controllerid } = await metadata(kcat, topic);
    assert.equal(brokers.length, 1);
    assert.equal(controllerid, brokers[0]?.id);
    assert.equal(topics[0]?.topic, topic);
    assert.equal(topics[0].error, undefined);
    assert.deepEqual(topics[0].partitions.map(({ leader }) => leader), [brokers[0]?.id]);
  }],
  ["an unknown topic stays unknown when creation is not allowed", async (kcat) => {
    const topic = uniqueTopic("none");
    const answer = await metadata(kcat, topic);
    assert.match(answer.topics[0]?.error ?? "", /Unknown topic or partition/);
    const result = await kcat.run(["-C", "-e", "-t", topic, ...NO_CREATION]);
    assert.notEqual(result.code, 0);
    assert.match(result.stderr, /Unknown topic or partition/);
  }],
];

/** Feeds kcat while the broker ends and comes back. */
async function producesOverRestart(
  broker: BrokerUnderTest,
  kcat: Kcat,
  signal: "SIGTERM" | "SIGKILL",
): Promise<void> {
  const topic = uniqueTopic("restart");
  const { text, values } = numberedLines(2000);
  const input = text.split("\n");
  await kcat.produce(topic, "first\n");
  // Without -E kcat gives up at the moment that no broker is connected.
  const args = ["-E", "-P", "-t", topic, "-z", "lz4", "-X", "enable.idempotence=true"];
  await runWhileOpen(kcat, [...args, "-X", "message.timeout.ms=60000"], async (write) => {
    await write(`${input.slice(0, 1000).join("\n")}\n`);
    await kcat.consumeCount(topic, 500, ["-o", "beginning"]);
    await restart(broker, signal);
    await write(input.slice(1000).join("\n"));
  });
  const read = valuesOf(await kcat.consume(topic, ["-o", "beginning"]));
  assert.deepEqual(read, ["first", ...values]);
}

Deno.test("kcat works as with Kafka", async (t) => {
  await clientTools();
  await withBroker(async (broker) => {
    const kcat = new Kcat(broker.bootstrap);
    for (const [name, check] of [...PRODUCING, ...CONSUMING, ...METADATA]) {
      await t.step(name, () => check(kcat));
    }
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await t.step({
        name: `an idempotent producer goes on after ${signal}, each record once, in order`,
        ignore: !broker.canRestart,
        fn: () => producesOverRestart(broker, kcat, signal),
      });
    }
  });
});
