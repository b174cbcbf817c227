import { initialFeatureRecords } from "../../../../src/metadata/features.ts";
import assert from "node:assert/strict";
import fc from "fast-check";
import { SILENT_LOGGER } from "../../../../src/base/logger.ts";
import type { Uuid } from "../../../../src/base/uuid.ts";
import { MetadataDecisions } from "../../../../src/broker/metadata_log/decisions.ts";
import {
  METADATA_DIRECTORY,
  openMetadataLog,
} from "../../../../src/broker/metadata_log/open_metadata_log.ts";
import { NO_TRANSPORT } from "../../../../src/broker/metadata_log/quorum_transport.ts";
import { RaftQuorum } from "../../../../src/broker/metadata_log/raft_quorum.ts";
import { MetadataLogError } from "../../../../src/broker/metadata_quorum.ts";
import { DiskError } from "../../../../src/io/disk.ts";
import { DEFAULT_LOG_CONFIG } from "../../../../src/log/log_config.ts";
import { LogDirectory } from "../../../../src/log/log_directory.ts";
import { imageToRecords } from "../../../../src/metadata/cluster_image.ts";
import { DEFAULT_LAYERS } from "../../../../src/metadata/config/effective.ts";
import type { MetadataRecordInit } from "../../../../src/metadata/records.ts";
import { createTopics } from "../../../../src/metadata/topics.ts";
import { ManualClock } from "../../log/manual_clock.ts";
import { type Chance, SimulatedDisk } from "../../log/simulated_disk.ts";
import { brokerRecord, countingIds, describeRecords } from "../../metadata/fixtures.ts";

const SELF = { id: 1, directoryId: "AAAAAAAAAAAAAAAAAAAABQ" as Uuid };
const NEVER = Number.MAX_SAFE_INTEGER;
const LOG_FILE = `${METADATA_DIRECTORY}/00000000000000000000.log`;

interface Node {
  readonly quorum: RaftQuorum;
  readonly directory: LogDirectory;
}

async function start(disk: SimulatedDisk, snapshotIntervalBytes = NEVER): Promise<Node> {
  const clock = new ManualClock();
  const random = { fill: (bytes: Uint8Array) => void bytes.fill(7) };
  const directory = LogDirectory.open({ disk, clock, random, config: DEFAULT_LOG_CONFIG });
  const quorum = await RaftQuorum.open({
    log: openMetadataLog(directory),
    disk,
    clock,
    random,
    logger: SILENT_LOGGER,
    clusterId: "cluster",
    self: SELF,
    bootstrapVoters: [SELF],
    transport: NO_TRANSPORT,
    snapshotIntervalBytes,
  });
  return { quorum, directory };
}

async function stop({ quorum, directory }: Node): Promise<void> {
  await quorum.close();
  await directory.close();
}

function topic(count: number): MetadataRecordInit {
  const topicId = "A".repeat(6) + String(count).padStart(10, "B") + "AAAAAA" as Uuid;
  return { type: "TopicRecord", value: { name: `topic-${count}`, topicId } };
}

function names({ quorum }: Node): string[] {
  return [...quorum.image.topics.all()].map(({ name }) => name);
}

/** Before it a new log has a LeaderChange record and the feature levels. */
const FIRST_OFFSET = 1 + initialFeatureRecords().length;

function snapshotNames(disk: SimulatedDisk): string[] {
  const entries = disk.list(METADATA_DIRECTORY) ?? [];
  return entries.map(({ name }) => name).filter((name) => name.endsWith(".checkpoint")).sort();
}

function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

Deno.test("open() begins a first epoch and gives a new cluster its feature levels", async () => {
  const disk = new SimulatedDisk();
  const node = await start(disk);
  const { quorum } = node;
  assert.equal(quorum.leaderEpoch, 1);
  // The LeaderChange record, then one record for each feature that is on.
  assert.equal(quorum.highWatermark, FIRST_OFFSET);
  assert.equal(quorum.image.featureLevel("metadata.version"), 29);
  const { voters, ...description } = quorum.describe();
  assert.deepEqual(description, {
    leaderId: 1,
    leaderEpoch: 1,
    highWatermark: FIRST_OFFSET,
    observers: [],
  });
  assert.equal(voters[0]!.logEndOffset, FIRST_OFFSET);
  const state = new TextDecoder().decode(disk.content(`${METADATA_DIRECTORY}/quorum-state`));
  assert.deepEqual(JSON.parse(state), {
    clusterId: "",
    leaderId: 1,
    leaderEpoch: 1,
    votedId: 1,
    appliedOffset: 0,
    currentVoters: [{ voterId: 1 }],
    data_version: 0,
  });
  await stop(node);
});

Deno.test("propose() resolves when its records are durable and in the image", async () => {
  const node = await start(new SimulatedDisk());
  const { quorum } = node;
  const proposed = quorum.propose([topic(1), topic(2)]);
  assert.deepEqual(names(node), []);
  assert.equal(await proposed, FIRST_OFFSET + 1);
  assert.deepEqual(names(node), ["topic-1", "topic-2"]);
  assert.equal(quorum.highWatermark, FIRST_OFFSET + 2);
  await stop(node);
});

Deno.test("propose() lets proposals that come together share a flush, in order", async () => {
  const disk = new SimulatedDisk();
  const node = await start(disk);
  const commits: string[] = [];
  node.quorum.onCommit((records, lastOffset) =>
    commits.push(`${lastOffset} ${describeRecords(records).join(" ")}`)
  );
  const syncsBefore = disk.calls.get("sync") ?? 0;
  const proposals = Array.from({ length: 50 }, (_, i) => node.quorum.propose([topic(i)]));
  const offsets = await Promise.all(proposals);
  assert.deepEqual(offsets, offsets.toSorted((a, b) => a - b));
  assert.equal(commits.length, 50);
  assert.match(commits[49]!, new RegExp(`^${FIRST_OFFSET + 49} Topic name="topic-49"`));
  const syncs = (disk.calls.get("sync") ?? 0) - syncsBefore;
  assert.ok(syncs >= 1 && syncs <= 4, `${syncs} syncs`);
  await stop(node);
});

Deno.test("open() replays what was committed and begins another epoch", async () => {
  const disk = new SimulatedDisk();
  const first = await start(disk);
  await first.quorum.propose([brokerRecord(1), topic(1)]);
  await stop(first);
  const second = await start(disk);
  assert.equal(second.quorum.leaderEpoch, 2);
  assert.deepEqual(
    describeRecords(imageToRecords(second.quorum.image)),
    describeRecords(imageToRecords(first.quorum.image)),
  );
  await stop(second);
});

Deno.test("open() keeps to an epoch that only the quorum state remembers", async () => {
  const disk = new SimulatedDisk();
  await stop(await start(disk));
  const path = `${METADATA_DIRECTORY}/quorum-state`;
  const change = (text: string, by: string) => (bytes: Uint8Array) =>
    new TextEncoder().encode(new TextDecoder().decode(bytes).replace(text, by));
  disk.content(path, change('"leaderEpoch":1', '"leaderEpoch":40'));
  const node = await start(disk);
  assert.equal(node.quorum.leaderEpoch, 41);
  await stop(node);
  disk.content(path, change('"leaderEpoch":41', '"leaderEpoch":"x"'));
  await assert.rejects(() => start(disk), MetadataLogError);
});

const DURABLE_FILE = `${METADATA_DIRECTORY}/durable-offset`;

/** A log whose last batch is cut; `wasDurable` tells whether its flush had returned. */
async function tornLog(cutBytes: number, wasDurable: boolean): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const node = await start(disk);
  await node.quorum.propose([topic(1)]);
  const whole = disk.content(LOG_FILE)!.length;
  const durable = disk.content(DURABLE_FILE)!.slice();
  await node.quorum.propose([topic(2), topic(3)]);
  disk.crash("process", chanceOf(1));
  disk.content(LOG_FILE, (bytes) => bytes.slice(0, bytes.length - cutBytes));
  assert.ok(disk.content(LOG_FILE)!.length > whole);
  if (!wasDurable) disk.content(DURABLE_FILE, () => durable);
  return disk;
}

Deno.test("open() drops a torn batch that was never durable as a whole and keeps those before", async () => {
  for (const cutBytes of [1, 60, 100]) {
    const reopened = await start(await tornLog(cutBytes, false));
    assert.deepEqual(names(reopened), ["topic-1"]);
    assert.equal(await reopened.quorum.propose([topic(4)]), FIRST_OFFSET + 2);
    await stop(reopened);
  }
});

Deno.test("open() refuses a log that lost what was durable: a sole voter has nobody to ask", async () => {
  const disk = await tornLog(1, true);
  await assert.rejects(() => start(disk), {
    name: "MetadataLogError",
    message: /damaged at offset 5, and was durable up to 7/,
  });
});

Deno.test("propose() keeps its word through a power failure at any moment", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 60 }), fc.nat(), async (operations, seed) => {
      const disk = new SimulatedDisk();
      const node = await start(disk, 400);
      disk.crashAfter(operations + 1, chanceOf(seed));
      const acknowledged: string[] = [];
      let count = 0;
      try {
        for (; count < 30; count += 2) {
          const records = [topic(count), topic(count + 1)];
          await node.quorum.propose(records);
          acknowledged.push(`topic-${count}`, `topic-${count + 1}`);
        }
      } catch {
        // Only the planned crash can end the loop early; what it left is judged below.
      }
      disk.crash("power", chanceOf(seed + 1));
      const reopened = await start(disk, 400);
      const found = names(reopened);
      assert.deepEqual(found.slice(0, acknowledged.length), acknowledged);
      // Of the batch under way all or nothing may be there.
      const surplus = found.slice(acknowledged.length);
      assert.ok(surplus.length === 0 || surplus.length === 2, surplus.join());
      await reopened.quorum.propose([topic(1000)]);
      await stop(reopened);
    }),
    { numRuns: 60 },
  );
});

Deno.test("a snapshot takes the place of the log before it", async () => {
  const disk = new SimulatedDisk();
  const node = await start(disk, 300);
  for (let i = 0; i < 20; i++) await node.quorum.propose([topic(i)]);
  await stop(node);
  const snapshots = snapshotNames(disk);
  assert.equal(snapshots.length, 2);
  assert.match(snapshots[1]!, /^0{18}\d\d-0{9}1\.checkpoint$/);
  const reopened = await start(disk, 300);
  assert.equal(names(reopened).length, 20);
  const log = reopened.directory.get("__cluster_metadata", 0)!;
  assert.equal(log.startOffset, Number(snapshots[0]!.slice(0, 20)));
  await stop(reopened);
});

Deno.test("open() takes the older snapshot when the newest is damaged, and none but a whole one", async () => {
  const disk = new SimulatedDisk();
  const node = await start(disk, 300);
  for (let i = 0; i < 20; i++) await node.quorum.propose([topic(i)]);
  await stop(node);
  const [older, newest] = snapshotNames(disk);
  const flip = (name: string) =>
    disk.content(`${METADATA_DIRECTORY}/${name}`, (bytes) => {
      bytes[Math.floor(bytes.length / 2)]! ^= 0x10;
      return bytes;
    });
  flip(newest!);
  const reopened = await start(disk);
  assert.equal(names(reopened).length, 20);
  await stop(reopened);
  flip(older!);
  await assert.rejects(() => start(disk), MetadataLogError);
});

Deno.test("open() refuses a log that is damaged below its end", async () => {
  const disk = new SimulatedDisk();
  const node = await start(disk);
  for (let i = 0; i < 5; i++) await node.quorum.propose([topic(i)]);
  await stop(node);
  disk.content(LOG_FILE, (bytes) => {
    bytes[bytes.length - 150]! ^= 1;
    return bytes;
  });
  await assert.rejects(() => start(disk), MetadataLogError);
});

Deno.test("propose() rejects when the flush fails, and so does every proposal after it", async () => {
  const disk = new SimulatedDisk();
  const node = await start(disk);
  disk.plant({ operation: "sync", kind: "ioError", path: ".log" });
  const outcomes = await Promise.allSettled([
    node.quorum.propose([topic(1)]),
    node.quorum.propose([topic(2)]),
  ]);
  for (const outcome of outcomes) {
    assert.ok(outcome.status === "rejected" && outcome.reason instanceof DiskError);
  }
  await assert.rejects(() => node.quorum.propose([topic(3)]), DiskError);
  assert.deepEqual(names(node), []);
  await node.quorum.close();
  disk.crash("process", chanceOf(1));
});

Deno.test("propose() takes nothing more when a listener could not follow a commit", async () => {
  const node = await start(new SimulatedDisk());
  node.quorum.onCommit(() => {
    throw new RangeError("lost");
  });
  await assert.rejects(() => node.quorum.propose([topic(1)]), RangeError);
  await assert.rejects(() => node.quorum.propose([topic(2)]), RangeError);
  assert.deepEqual(names(node), ["topic-1"]);
  await stop(node);
});

Deno.test("propose() rejects on a full disk and goes on when there is room again", async () => {
  const disk = new SimulatedDisk();
  const node = await start(disk);
  disk.plant({ operation: "write", kind: "noSpace", path: ".log", partialBytes: 20 });
  await assert.rejects(() => node.quorum.propose([topic(1)]), DiskError);
  await node.quorum.propose([topic(2)]);
  await stop(node);
  const reopened = await start(disk);
  assert.deepEqual(names(reopened), ["topic-2"]);
  await stop(reopened);
});

Deno.test("close() waits for proposals under way and takes no more", async () => {
  const node = await start(new SimulatedDisk());
  const proposed = node.quorum.propose([topic(1)]);
  await node.quorum.close();
  assert.deepEqual(names(node), ["topic-1"]);
  await assert.rejects(() => node.quorum.propose([topic(2)]), MetadataLogError);
  assert.equal(await proposed, FIRST_OFFSET);
  await node.directory.close();
});

Deno.test("decide() grants a topic name to one of those who ask together", async () => {
  const node = await start(new SimulatedDisk());
  await node.quorum.propose([brokerRecord(1)]);
  const decisions = new MetadataDecisions(node.quorum);
  const newTopicId = countingIds();
  const ask = (name: string) => () =>
    decisions.decide((image) =>
      createTopics(
        image,
        {
          topics: [{
            name,
            numPartitions: 1,
            replicationFactor: 1,
            assignments: [],
            configs: [],
          }],
          timeoutMs: 1,
          validateOnly: false,
        },
        { layers: DEFAULT_LAYERS, newTopicId, startIndex: 0, startShift: 0 },
      )
    );
  const responses = await Promise.all(["a.b", "a_b", "c", "c"].map((name) => ask(name)()));
  assert.deepEqual(responses.map(({ topics }) => topics[0]!.errorCode), [0, 17, 0, 36]);
  assert.deepEqual(names(node), ["a.b", "c"]);
  await stop(node);
});

Deno.test("decide() rejects the call whose function throws, and serves the next", async () => {
  const node = await start(new SimulatedDisk());
  const decisions = new MetadataDecisions(node.quorum);
  const failed = decisions.decide(() => {
    throw new RangeError("no");
  });
  const next = decisions.decide((_image, nextOffset) => ({ records: [], response: nextOffset }));
  await assert.rejects(failed, RangeError);
  assert.equal(await next, FIRST_OFFSET);
  await stop(node);
});
