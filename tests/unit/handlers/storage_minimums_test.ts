import assert from "node:assert/strict";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { createPartitionsApi } from "../../../src/protocol/generated/apis/create_partitions.ts";
import { createTopicsApi } from "../../../src/protocol/generated/apis/create_topics.ts";
import { incrementalAlterConfigsApi } from "../../../src/protocol/generated/apis/incremental_alter_configs.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";

/** 850,000 bytes may be taken up by logs. */
const CONFIG = { "log.storage.capacity.bytes": "1000000" };

function withBroker(test: (fixture: BrokerFixture) => Promise<void>): Promise<void> {
  return BrokerFixture.with(test, { config: CONFIG });
}

async function create(
  fixture: BrokerFixture,
  topics: readonly (readonly [name: string, partitions: number, minBytes: number])[],
): Promise<string[]> {
  const response = await fixture.call(createTopicsApi, 7, {
    topics: topics.map(([name, numPartitions, minBytes]) => ({
      name,
      numPartitions,
      replicationFactor: 1,
      assignments: [],
      configs: [{ name: "retention.min.bytes", value: String(minBytes) }],
    })),
  });
  return response.topics.map(({ errorCode, errorMessage }) => `${errorCode} ${errorMessage}`);
}

async function alter(fixture: BrokerFixture, topic: string, name: string, value: string) {
  const configs = [{ name, configOperation: 0, value }];
  const resources = [{ resourceType: 2, resourceName: topic, configs }];
  const request = { resources, validateOnly: false };
  const { responses } = await fixture.call(incrementalAlterConfigsApi, 1, request);
  return responses[0]!;
}

Deno.test("CreateTopics refuses minimums that don't fit, with the arithmetic", () =>
  withBroker(async (fixture) => {
    assert.deepEqual(await create(fixture, [["a", 2, 200_000]]), ["0 null"]);
    assert.deepEqual(await create(fixture, [["b", 1, 450_000], ["c", 3, 200_000]]), [
      "0 null",
      `${ErrorCode.POLICY_VIOLATION} On broker 1 the sum of retention.min.bytes would be 1450000, ` +
      "of 850000 that its logs may take: c 3 x 200000 + b 1 x 450000 + a 2 x 200000.",
    ]);
    assert.deepEqual(await create(fixture, [["d", 100, 0]]), ["0 null"]);
  }));

Deno.test("CreatePartitions refuses minimums that don't fit", () =>
  withBroker(async (fixture) => {
    await create(fixture, [["a", 2, 200_000]]);
    const grow = async (count: number) => {
      const topics = [{ name: "a", count, assignments: null }];
      const request = { topics, timeoutMs: 0, validateOnly: false };
      const { results } = await fixture.call(createPartitionsApi, 3, request);
      return results[0]!.errorCode;
    };
    assert.equal(await grow(5), ErrorCode.POLICY_VIOLATION);
    assert.equal(await grow(4), ErrorCode.NONE);
  }));

Deno.test("IncrementalAlterConfigs refuses minimums that don't fit, and totals below them", () =>
  withBroker(async (fixture) => {
    await create(fixture, [["a", 2, 200_000]]);
    const much = await alter(fixture, "a", "retention.min.bytes", "500000");
    assert.equal(much.errorCode, ErrorCode.POLICY_VIOLATION);
    const { errorCode, errorMessage } = await alter(
      fixture,
      "a",
      "retention.topic.bytes",
      "300000",
    );
    assert.equal(errorCode, ErrorCode.INVALID_CONFIG);
    assert.equal(
      errorMessage,
      "retention.topic.bytes (300000) is less than 2 partitions x retention.min.bytes (200000) = 400000.",
    );
    assert.equal((await alter(fixture, "a", "retention.topic.bytes", "400000")).errorCode, 0);
    assert.equal((await alter(fixture, "a", "retention.topic.bytes", "5 lumps")).errorCode, 40);
  }));
