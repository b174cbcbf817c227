import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { createTopicsApi } from "../../../src/protocol/generated/apis/create_topics.ts";
import type { ClusterClient } from "../client/cluster_client.ts";
import type { StableTopic } from "./workload.ts";

const CREATE_TOPICS_VERSION = 7;
const TIMEOUT_MS = 3000;

/** Creates a topic and tries until it is there. */
export async function ensureTopic(
  client: ClusterClient,
  { name, partitions }: StableTopic,
  replicationFactor: number,
  configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (;;) {
    const result = await client.toAny(createTopicsApi, CREATE_TOPICS_VERSION, {
      topics: [{
        name,
        numPartitions: partitions,
        replicationFactor,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      }],
      timeoutMs: TIMEOUT_MS,
    });
    if (result.kind === "answer") {
      const { errorCode } = result.response.topics[0]!;
      if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) return;
    }
    client.forgetGuide();
    await client.sleep(100);
  }
}
