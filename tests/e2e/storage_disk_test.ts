/**
 * Brokers on small file systems that are written to without end. `STORAGE_SOAK_SECONDS` sets for
 * how long (4 by default; 600 is the long form). The file systems are mounted by the test, which only
 * root may do; elsewhere the tests are skipped.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { commitOffsets } from "../../src/client/admin/groups.ts";
import { alterConfigs, ConfigResourceType } from "../../src/client/admin/configs.ts";
import { createTopic, deleteTopic } from "../../src/client/admin/topics.ts";
import type { ClusterClient } from "../../src/client/cluster_client.ts";
import { EARLIEST, listOffsets } from "../../src/client/list_offsets.ts";
import { ErrorCode } from "../../src/protocol/error_codes.ts";
import { JockoProcess } from "./jocko_process.ts";
import { canMount, SmallDisk } from "./small_disk.ts";
import {
  batchOfBytes,
  FillWatch,
  Flood,
  openClient,
  produceBatch,
  Tail,
} from "./storage_clients.ts";

const SOAK_SECONDS = Number(Deno.env.get("STORAGE_SOAK_SECONDS") ?? 4);
const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const BATCH_BYTES = 256 * 1024;
/** What is waited for takes so long at most, on a machine that does other things as well. */
const PATIENCE_MS = 60_000;
const MIB = 2 ** 20;
const DISK_MIB = 96;
const ignore = !await canMount();

function startBroker(
  disk: SmallDisk,
  name: string,
  more: readonly string[] = [],
): JockoProcess {
  const directory = `${disk.path}/${name}`;
  Deno.mkdirSync(directory);
  return new JockoProcess({
    program: Deno.execPath(),
    args: [
      ...["run", "-A", "--no-check", "main.ts", "broker", "--data-dir", directory],
      ...["--listen", "127.0.0.1:0", "--set", "log.storage.shrink.grace.ms=500", ...more],
    ],
    cwd: REPOSITORY,
  });
}

/** Runs `body` with brokers on one small disk; sees to it that it was never full. */
async function withBrokers(
  mib: number,
  names: readonly string[],
  body: (clients: readonly ClusterClient[], watch: FillWatch, disk: SmallDisk) => Promise<void>,
): Promise<void> {
  const disk = await SmallDisk.mount(mib);
  assert.ok(disk !== undefined);
  const processes = names.map((name) => startBroker(disk, name));
  const watch = new FillWatch(disk.path);
  const clients: ClusterClient[] = [];
  try {
    for (const process of processes) clients.push(openClient(await process.address()));
    await body(clients, watch, disk);
    watch.stop();
    for (const process of processes) process.signal("SIGTERM");
    for (const process of processes) {
      const { code, errors } = await process.end();
      assert.equal(code, 0, errors.join("\n"));
    }
  } finally {
    for (const client of clients) client.close();
    for (const process of processes) await process.kill();
    try {
      watch.stop();
    } finally {
      await disk.unmount();
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endMs = Date.now() + PATIENCE_MS;
  while (!await isSo()) {
    assert.ok(Date.now() < endMs, what);
    await sleep(50);
  }
}

async function topic(
  client: ClusterClient,
  name: string,
  partitions: number,
  configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  const map = new Map(Object.entries(configs));
  await createTopic(client, { name, partitions, replicationFactor: 1, configs: map });
}

Deno.test({
  name: "a producer that never stops neither fills the disk nor stops the broker",
  ignore,
  fn: () =>
    withBrokers(DISK_MIB, ["only"], async ([client], watch) => {
      assert.ok(client !== undefined);
      await topic(client, "flood", 2);
      const flood = new Flood(client, "flood", 2, BATCH_BYTES);
      const tail = new Tail(client, "flood", 2);
      const endMs = Date.now() + SOAK_SECONDS * 1000;
      const { figures } = flood;
      const isEnough = () => Date.now() >= endMs && figures.bytes > 2 * DISK_MIB * MIB;
      for (let round = 0; !isEnough() && Date.now() < endMs + PATIENCE_MS; round++) {
        await sleep(500);
        const offset = tail.position(0);
        await commitOffsets(client, "readers", [{ topic: "flood", partition: 0, offset }]);
        await topic(client, `passing-${round}`, 1);
        await deleteTopic(client, `passing-${round}`);
      }
      await flood.stop();
      await tail.stop();
      // deno-lint-ignore no-console -- the figures are what the long form is run for
      console.log(JSON.stringify({ ...figures, ...tail.figures, fullest: watch.fullest }));
      assert.equal(figures.refused, 0);
      assert.equal(tail.figures.lost, 0, "records that a consumer did not see");
      assert.ok(figures.bytes > 2 * DISK_MIB * MIB, "more was written than the disk holds");
      const [start] = await listOffsets(client, [{
        topic: "flood",
        partition: 0,
        timestamp: EARLIEST,
      }]);
      assert.ok(start!.offset > 0);
    }),
});

Deno.test({
  name: "producers are refused when nothing may go, and all else goes on",
  ignore,
  fn: () =>
    withBrokers(64, ["only"], async ([client]) => {
      assert.ok(client !== undefined);
      await topic(client, "kept", 1);
      const broker = { type: ConfigResourceType.broker, name: "" };
      await alterConfigs(client, broker, [{ name: "log.retention.disk.percent", value: "-1" }]);
      const batch = batchOfBytes(900_000);
      let errorCode: number = ErrorCode.NONE;
      let throttledMs = 0;
      for (let i = 0; errorCode === ErrorCode.NONE && i < 2000; i++) {
        const answer = await produceBatch(client, "kept", 0, batch);
        errorCode = answer.errorCode;
        throttledMs = Math.max(throttledMs, answer.throttleTimeMs);
      }
      assert.equal(errorCode, ErrorCode.KAFKA_STORAGE_ERROR);
      assert.ok(throttledMs > 0, "it was slowed before it was refused");
      await commitOffsets(client, "readers", [{ topic: "kept", partition: 0, offset: 3 }]);
      await topic(client, "other", 1);
      const config = { type: ConfigResourceType.topic, name: "kept" };
      await alterConfigs(client, config, [{ name: "retention.ms", value: "100000000" }]);
      const tail = new Tail(client, "kept", 1);
      await until(() => tail.figures.records >= 20, "records are read");
      await tail.stop();
      await deleteTopic(client, "kept");
      let reopened: number = ErrorCode.KAFKA_STORAGE_ERROR;
      await until(async () => {
        reopened = (await produceBatch(client, "other", 0, batch)).errorCode;
        return reopened === ErrorCode.NONE;
      }, "what is deleted makes room at once");
    }),
});

Deno.test({
  name: "two brokers share a file system without filling it, and one that was first gives way",
  ignore,
  fn: () =>
    withBrokers(128, ["one", "two"], async ([one, two], watch, disk) => {
      assert.ok(one !== undefined && two !== undefined);
      await topic(one, "t", 1);
      await topic(two, "t", 1);
      const first = new Flood(one, "t", 1, BATCH_BYTES);
      await sleep(1500);
      const second = new Flood(two, "t", 1, BATCH_BYTES);
      await until(() => {
        const sizes = ["one", "two"].map((name) => directorySize(`${disk.path}/${name}/t-0`));
        return Math.min(...sizes) > 0.8 * Math.max(...sizes);
      }, "each has about as much as the other");
      await first.stop();
      await second.stop();
      assert.ok(watch.look() > 0.7, "and what there is is used");
    }),
});

function directorySize(path: string): number {
  let bytes = 0;
  for (const { name } of Deno.readDirSync(path)) bytes += Deno.statSync(`${path}/${name}`).size;
  return bytes;
}

Deno.test({
  name: "the smallest disk among the replicas governs",
  ignore,
  fn: async () => {
    const disks = [await SmallDisk.mount(160), await SmallDisk.mount(64)];
    const port = freePort();
    const cluster = (host: string) => ["--cluster-listen", `${host}:${port}`, "--expect", "2"];
    const processes = [
      startBroker(disks[0]!, "large", cluster("127.0.0.1")),
      startBroker(disks[1]!, "small", [...cluster("127.0.0.2"), "--join", `127.0.0.1:${port}`]),
    ];
    let client: ClusterClient | undefined;
    const watch = new FillWatch(disks[1]!.path);
    try {
      client = openClient(await processes[0]!.address());
      await processes[1]!.address();
      await createTopic(client, {
        name: "t",
        partitions: 2,
        replicationFactor: 2,
        configs: new Map(),
      });
      const flood = new Flood(client, "t", 2, BATCH_BYTES);
      await until(() => flood.figures.bytes > 150 * MIB, "more than the small disk holds");
      await flood.stop();
      watch.stop();
      const large = directorySize(`${disks[0]!.path}/large/t-0`);
      assert.ok(large < 64 * MIB, `${large} bytes on the large disk`);
      assert.ok(watch.fullest > 0.6, "the small one is used");
    } finally {
      watch.stop();
      client?.close();
      for (const process of processes) await process.kill();
      for (const disk of disks) await disk?.unmount();
    }
  },
});

/** A port that nobody listens on, of those that are seldom given out. */
function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
