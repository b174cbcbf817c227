/**
 * Compaction of a real broker that is killed in the middle of it, again and again: at the end a
 * reader of the whole topic must have exactly the last value of each key.
 *
 * `COMPACTION_RECORDS` sets how many records are written (200,000 by default; 10,000,000 is the long
 * form), `COMPACTION_KILLS` how often the broker is killed, `JOCKO_BIN` another executable.
 */
import assert from "node:assert/strict";
import { join } from "std/path";
import { fileURLToPath } from "node:url";
import { BrokerConnection } from "../../src/client/broker_connection.ts";
import { ConnectionClosedError } from "../../src/client/errors.ts";
import { DenoClock } from "../../src/host/deno_clock.ts";
import { DenoNetwork } from "../../src/host/deno_network.ts";
import { createTopicsApi } from "../../src/protocol/generated/apis/create_topics.ts";
import { fetchApi } from "../../src/protocol/generated/apis/fetch.ts";
import { listOffsetsApi } from "../../src/protocol/generated/apis/list_offsets.ts";
import { produceApi } from "../../src/protocol/generated/apis/produce.ts";
import { ZERO_UUID } from "../../src/base/uuid.ts";
import { buildBatch, type RecordInit } from "../../src/protocol/records/batch_builder.ts";
import { lastOffset } from "../../src/protocol/records/batch_layout.ts";
import { scanBatches } from "../../src/protocol/records/batch_scan.ts";
import { forEachRecord } from "../../src/protocol/records/record_reader.ts";
import { seeded } from "../unit/log/log_harness.ts";
import { JockoProcess } from "./jocko_process.ts";

const RECORDS = Number(Deno.env.get("COMPACTION_RECORDS") ?? 200_000);
const KILLS = Number(Deno.env.get("COMPACTION_KILLS") ?? 4);
const KEYS = Math.max(100, Math.floor(RECORDS / 20));
const RECORDS_PER_BATCH = 500;
const TOMBSTONE_SHARE = 0.1;
const TOPIC = "compacted";
const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
/** Segments so small, and a log so soon dirty, that there is always something to compact. */
const TOPIC_CONFIG = {
  "cleanup.policy": "compact",
  "segment.bytes": String(1024 * 1024),
  "min.cleanable.dirty.ratio": "0.02",
  "file.delete.delay.ms": "500",
};
const COMPACTION_TIMEOUT_MS = 60_000 + RECORDS / 10;
const NEVER_WRITTEN = -1;
/** Timestamps of ListOffsets that stand for the ends of the log. */
const LATEST = -1;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

Deno.test("a compacted topic has the last value of each key, however often the broker is killed", async () => {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "jocko-compaction-" }));
  const run = new KilledRun(directory);
  try {
    await run.start();
    await run.createTopic();
    for (let kill = 1; kill <= KILLS; kill++) {
      await run.writeUpTo(Math.floor(RECORDS * kill / (KILLS + 1)));
      await run.killInCompaction();
    }
    await run.writeUpTo(RECORDS);
    await run.compactedUpTo(0.8 * RECORDS);
    const read = await run.readAll();
    assert.ok(read < RECORDS / 2, `${read} of ${RECORDS} records are left`);
    assert.equal(await run.stop(), 0);
    await run.start();
    assert.ok(await run.readAll() <= read);
  } finally {
    await run.end();
    await Deno.remove(directory, { recursive: true });
  }
});

/** A broker, what was written to it, and what must be there. */
class KilledRun {
  readonly #chance = seeded(RECORDS);
  readonly #padding = "x".repeat(60);
  /** By number of the key: number of the last record that was written with it. */
  readonly #last = new Float64Array(KEYS).fill(NEVER_WRITTEN);
  readonly #isTombstone = new Uint8Array(KEYS);
  #written = 0;
  #broker: JockoProcess | undefined;
  #connection: BrokerConnection | undefined;

  constructor(private readonly directory: string) {}

  async start(): Promise<void> {
    const executable = Deno.env.get("JOCKO_BIN");
    const source = ["run", "-A", "--no-check", join(REPOSITORY, "main.ts")];
    const broker = new JockoProcess({
      program: executable ?? Deno.execPath(),
      args: [
        ...(executable === undefined ? source : []),
        ...["broker", "--data-dir", this.directory, "--listen", "127.0.0.1:0"],
        ...["--set", "log.cleaner.backoff.ms=20"],
      ],
      cwd: this.directory,
      env: { DENO_NO_UPDATE_CHECK: "1" },
    });
    this.#broker = broker;
    const [host, port] = (await broker.address()).split(":");
    this.#connection = await BrokerConnection.connect(
      new DenoNetwork(),
      new DenoClock(),
      { host: host!, port: Number(port) },
      { clientId: "compaction-test", requestTimeoutMs: 30_000 },
    );
  }

  async createTopic(): Promise<void> {
    const configs = Object.entries(TOPIC_CONFIG).map(([name, value]) => ({ name, value }));
    const topic = { name: TOPIC, numPartitions: 1, replicationFactor: 1, assignments: [], configs };
    const { topics } = await this.#connection!.send(createTopicsApi, 7, { topics: [topic] });
    assert.equal(topics[0]?.errorCode, 0);
  }

  /** Writes until `count` records have been written, counted from the start. */
  async writeUpTo(count: number): Promise<void> {
    while (this.#written < count) await this.#write(this.#nextBatch());
  }

  /**
   * Kills the broker while a compacted segment is being written or swapped in, and a batch is on its
   * way, of which nobody knows then whether it has arrived.
   */
  async killInCompaction(): Promise<void> {
    let isKilled = false;
    const killing = this.#underWay().then(() => {
      isKilled = true;
      return this.#broker!.kill();
    });
    let batch = this.#nextBatch();
    try {
      for (; !isKilled; batch = this.#nextBatch()) await this.#write(batch);
    } catch (error) {
      if (!(error instanceof ConnectionClosedError)) throw error;
    }
    await killing;
    this.#connection!.close();
    await this.start();
    const end = await this.#endOffset();
    assert.ok(end === this.#written || end === this.#written + batch.keys.length, `ends at ${end}`);
    if (end > this.#written) this.#note(batch);
  }

  /** Waits until the cleaner says that it has come that far. */
  async compactedUpTo(offset: number): Promise<void> {
    const pattern = new RegExp(`^${TOPIC} 0 (\\d+)$`, "m");
    const deadline = Date.now() + COMPACTION_TIMEOUT_MS;
    for (;;) {
      const path = join(this.directory, "cleaner-offset-checkpoint");
      const text = await Deno.readTextFile(path).catch(() => "");
      if (Number(pattern.exec(text)?.[1] ?? 0) >= offset) return;
      assert.ok(Date.now() < deadline, `compaction does not come to ${offset}: ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Reads the whole topic and compares; how many records there were. */
  async readAll(): Promise<number> {
    const seen = new Float64Array(KEYS).fill(NEVER_WRITTEN);
    const hasValue = new Uint8Array(KEYS);
    const end = await this.#endOffset();
    let count = 0;
    for (let offset = 0; offset < end;) {
      let next = offset;
      const records = await this.#fetch(offset);
      scanBatches(records, (at) => {
        forEachRecord(records, at, (record) => {
          assert.ok(record.offset >= next, "offsets go back");
          const key = Number(decoder.decode(record.key!).slice("key-".length));
          seen[key] = record.offset;
          hasValue[key] = record.value === null ? 0 : 1;
          if (record.value !== null) {
            assert.equal(Number(decoder.decode(record.value).split(" ")[0]), record.offset);
          }
          count++;
        });
        next = lastOffset(records, at) + 1;
      });
      assert.ok(next > offset, `nothing to read at ${offset}`);
      offset = next;
    }
    for (let key = 0; key < KEYS; key++) {
      assert.equal(seen[key], this.#last[key], `last record of key ${key}`);
      if (seen[key]! >= 0) assert.equal(hasValue[key], 1 - this.#isTombstone[key]!);
    }
    return count;
  }

  /** Ends the broker in order; its exit code. */
  async stop(): Promise<number> {
    this.#connection!.close();
    this.#broker!.signal("SIGTERM");
    return (await this.#broker!.end()).code;
  }

  async end(): Promise<void> {
    this.#connection?.close();
    await this.#broker?.kill();
  }

  /** Records of which each tells its own offset. */
  #nextBatch(): NumberedBatch {
    const keys: number[] = [];
    const records: RecordInit[] = [];
    const isTombstone: boolean[] = [];
    for (let i = 0; i < RECORDS_PER_BATCH; i++) {
      const key = Math.floor(this.#chance() * KEYS);
      const isDeleted = this.#chance() < TOMBSTONE_SHARE;
      keys.push(key);
      isTombstone.push(isDeleted);
      records.push({
        key: encoder.encode(`key-${key}`),
        value: isDeleted ? null : encoder.encode(`${this.#written + i} ${this.#padding}`),
        timestamp: Date.now(),
      });
    }
    return { keys, isTombstone, bytes: buildBatch(records) };
  }

  async #write(batch: NumberedBatch): Promise<void> {
    const partitionData = [{ index: 0, records: batch.bytes }];
    const { responses } = await this.#connection!.send(produceApi, 9, {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: TOPIC, topicId: ZERO_UUID, partitionData }],
    });
    const answer = responses[0]!.partitionResponses[0]!;
    assert.equal(answer.errorCode, 0);
    assert.equal(answer.baseOffset, this.#written);
    this.#note(batch);
  }

  #note({ keys, isTombstone }: NumberedBatch): void {
    keys.forEach((key, i) => {
      this.#last[key] = this.#written + i;
      this.#isTombstone[key] = isTombstone[i] ? 1 : 0;
    });
    this.#written += keys.length;
  }

  async #endOffset(): Promise<number> {
    const { topics } = await this.#connection!.send(listOffsetsApi, 7, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, timestamp: LATEST }] }],
      timeoutMs: 30_000,
    });
    return topics[0]!.partitions[0]!.offset;
  }

  async #fetch(offset: number): Promise<Uint8Array> {
    const { responses } = await this.#connection!.send(fetchApi, 12, {
      maxWaitMs: 1000,
      minBytes: 1,
      sessionEpoch: -1,
      topics: [{
        topic: TOPIC,
        topicId: ZERO_UUID,
        partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 4 * 1024 * 1024 }],
      }],
      forgottenTopicsData: [],
    });
    const answer = responses[0]!.partitions[0]!;
    assert.equal(answer.errorCode, 0);
    return answer.records!;
  }

  /** Settles as soon as files of an unfinished compaction are there. */
  async #underWay(): Promise<void> {
    const partition = join(this.directory, `${TOPIC}-0`);
    for (;;) {
      for await (const { name } of Deno.readDir(partition)) {
        if (name.endsWith(".cleaned") || name.endsWith(".swap")) return;
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

interface NumberedBatch {
  /** Number of the key of each record. */
  readonly keys: readonly number[];
  readonly isTombstone: readonly boolean[];
  readonly bytes: Uint8Array;
}
