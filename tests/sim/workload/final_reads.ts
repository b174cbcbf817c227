import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { listOffsetsApi } from "../../../src/protocol/generated/apis/list_offsets.ts";
import type { Judge } from "../checkers/judge.ts";
import type { SeenRecord } from "../checkers/log_checker.ts";
import type { ClusterClient } from "../client/cluster_client.ts";
import type { World } from "../world/world.ts";
import { TOPICS } from "./topics.ts";
import { TailingConsumer } from "./tailing_consumer.ts";
import type { WorkloadContext } from "./workload.ts";

const LIST_OFFSETS_VERSION = 7;
const LATEST = -1;
const RETRY_MS = 100;

/** Reads everything from the first offset on, in both isolations, and has it judged. */
export async function finalReads(client: ClusterClient, judge: Judge, world: World): Promise<void> {
  for (const { name, partitions } of TOPICS) {
    for (let index = 0; index < partitions; index++) {
      const context = (reader: string): WorkloadContext => ({
        name: `${reader}-${name}-${index}`,
        client,
        judge,
        random: world.random.fork(reader),
        topics: TOPICS,
        thinkMs: 0,
        isOn: () => true,
      });
      const end = await latestOffset(client, name, index, 0);
      const seen: SeenRecord[] = [];
      const options = { topic: name, partition: index, isolation: "read_uncommitted" } as const;
      const reader = new TailingConsumer(context("last-reader"), options);
      reader.onRecord = (record) => void seen.push(record);
      await readTo(reader, client, end);
      judge.log(name, index).finish(seen, 0, end);
      // Transactions that were left open are aborted when their time is up.
      while (await latestOffset(client, name, index, 1) < end) await client.sleep(RETRY_MS);
      const committed = new TailingConsumer(context("last-committed-reader"), {
        ...options,
        isolation: "read_committed",
      });
      await readTo(committed, client, end);
    }
  }
}

async function readTo(reader: TailingConsumer, client: ClusterClient, end: number): Promise<void> {
  while (reader.offset < end) if (!await reader.step(100)) await client.sleep(RETRY_MS);
}

async function latestOffset(
  client: ClusterClient,
  topic: string,
  partition: number,
  isolationLevel: 0 | 1,
): Promise<number> {
  for (;;) {
    const result = await client.toLeader(topic, partition, listOffsetsApi, LIST_OFFSETS_VERSION, {
      replicaId: -1,
      isolationLevel,
      timeoutMs: 1000,
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: LATEST }] }],
    });
    const answer = result.kind === "answer" ? result.response.topics[0]?.partitions[0] : undefined;
    if (answer?.errorCode === ErrorCode.NONE) return answer.offset;
    client.forgetLeader(topic, partition);
    await client.sleep(RETRY_MS);
  }
}
