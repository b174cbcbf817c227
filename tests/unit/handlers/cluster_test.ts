/** ApiVersions, DescribeCluster, DescribeTopicPartitions, DescribeLogDirs, DescribeQuorum. */
import assert from "node:assert/strict";
import { ZERO_UUID } from "../../../src/base/uuid.ts";
import { apiVersionsApi } from "../../../src/protocol/generated/apis/api_versions.ts";
import { describeClusterApi } from "../../../src/protocol/generated/apis/describe_cluster.ts";
import { describeLogDirsApi } from "../../../src/protocol/generated/apis/describe_log_dirs.ts";
import { describeQuorumApi } from "../../../src/protocol/generated/apis/describe_quorum.ts";
import { describeTopicPartitionsApi } from "../../../src/protocol/generated/apis/describe_topic_partitions.ts";
import { initProducerIdApi } from "../../../src/protocol/generated/apis/init_producer_id.ts";
import type { CursorInit } from "../../../src/protocol/generated/describe_topic_partitions_request.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";
import { batch, produced } from "../support/requests.ts";

const NAMED = { clientSoftwareName: "kcat", clientSoftwareVersion: "1.7.0-rc1" };

Deno.test("ApiVersions advertises what is routed", async () => {
  await BrokerFixture.with(async (fixture) => {
    const { apiKeys, errorCode } = await fixture.call(apiVersionsApi, 4, NAMED);
    assert.equal(errorCode, 0);
    const routed = fixture.routes.map(({ api, versions, advertised }) => ({
      apiKey: api.key,
      minVersion: (advertised ?? versions).min,
      maxVersion: versions.max,
    }));
    assert.deepEqual(apiKeys.map((each) => ({ ...each })), routed);
    assert.deepEqual(routed.map(({ apiKey }) => apiKey), [
      ...new Set(routed.map(({ apiKey }) => apiKey)),
    ]);
    assert.deepEqual(routed[0], { apiKey: 0, minVersion: 0, maxVersion: 13 });
    for (const { apiKey, minVersion, maxVersion } of routed) {
      assert.ok(minVersion <= maxVersion, `API ${apiKey}`);
    }
  });
});

Deno.test("ApiVersions wants a sensible name of the client's software from version 3 on", async () => {
  await BrokerFixture.with(async (fixture) => {
    const ask = async (clientSoftwareName: string, clientSoftwareVersion: string, version = 3) => {
      const wish = { clientSoftwareName, clientSoftwareVersion };
      const { errorCode, apiKeys } = await fixture.call(apiVersionsApi, version, wish);
      if (errorCode !== 0) assert.equal(apiKeys.length, 0);
      return errorCode;
    };
    assert.equal(await ask("kcat", "1.0"), 0);
    assert.equal(fixture.connection.clientSoftwareName, "kcat");
    assert.equal(fixture.connection.clientSoftwareVersion, "1.0");
    for (const bad of ["", "-a", "a-", ".", "a b", "ä", "a\n"]) {
      assert.equal(await ask(bad, "1"), 42, JSON.stringify(bad));
      assert.equal(await ask("a", bad), 42, JSON.stringify(bad));
    }
    assert.equal(await ask("a", "1"), 0);
    const unnamed = { clientSoftwareName: "", clientSoftwareVersion: "" };
    assert.equal((await fixture.call(apiVersionsApi, 2, unnamed)).errorCode, 0);
  });
});

Deno.test("ApiVersions tells features that begin at level 0 from version 4 on", async () => {
  await BrokerFixture.with(async (fixture) => {
    const supported = async (version: number) =>
      (await fixture.call(apiVersionsApi, version, NAMED)).supportedFeatures;
    const v3 = await supported(3);
    const v4 = await supported(4);
    assert.ok(v3.every(({ minVersion }) => minVersion > 0));
    assert.ok(v4.some(({ minVersion }) => minVersion === 0));
    assert.deepEqual(v4.filter(({ minVersion }) => minVersion > 0), v3);
    const { finalizedFeatures } = await fixture.call(apiVersionsApi, 3, NAMED);
    assert.ok(finalizedFeatures.some(({ name }) => name === "metadata.version"));
  });
});

Deno.test("DescribeCluster tells brokers, and refuses other kinds of endpoints", async () => {
  await BrokerFixture.with(async (fixture) => {
    const ask = (endpointType: number, version = 2, operations = false) =>
      fixture.call(describeClusterApi, version, {
        includeClusterAuthorizedOperations: operations,
        includeFencedBrokers: false,
        ...(version >= 1 ? { endpointType } : {}),
      });
    const response = await ask(1, 2, true);
    assert.deepEqual(
      response.brokers.map(({ brokerId, host, port, isFenced }) => ({
        brokerId,
        host,
        port,
        isFenced,
      })),
      [{ brokerId: 1, host: "192.0.2.1", port: 9092, isFenced: false }],
    );
    assert.equal(response.controllerId, 1);
    assert.equal(response.clusterAuthorizedOperations, 0b1111110100000 | 1 << 8);
    assert.equal((await ask(1, 0)).clusterAuthorizedOperations, -2147483648);
    assert.equal((await ask(2)).errorCode, 114);
    assert.equal((await ask(3)).errorCode, 115);
  });
});

Deno.test("DescribeTopicPartitions goes through topics by name, a page at a time", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("b", 2);
    await fixture.createTopic("a", 3);
    const ask = async (
      names: readonly string[],
      responsePartitionLimit: number,
      cursor: CursorInit | null = null,
    ) => {
      const response = await fixture.call(describeTopicPartitionsApi, 0, {
        topics: names.map((name) => ({ name })),
        responsePartitionLimit,
        cursor,
      });
      const topics = response.topics.map(({ name, errorCode, partitions }) =>
        errorCode === 0
          ? `${name} ${partitions.map(({ partitionIndex }) => partitionIndex)}`
          : `${name} [${errorCode}]`
      );
      const { nextCursor } = response;
      if (nextCursor !== null) {
        topics.push(`> ${nextCursor.topicName} ${nextCursor.partitionIndex}`);
      }
      return topics;
    };
    const from = (topicName: string, partitionIndex: number) => ({ topicName, partitionIndex });
    assert.deepEqual(await ask([], 100), ["a 0,1,2", "b 0,1"]);
    assert.deepEqual(await ask([], 2), ["a 0,1", "> a 2"]);
    assert.deepEqual(await ask([], 2, from("a", 2)), ["a 2", "b 0", "> b 1"]);
    assert.deepEqual(await ask([], 2, from("b", 1)), ["b 1"]);
    assert.deepEqual(await ask([], 3), ["a 0,1,2", "> b 0"]);
    assert.deepEqual(await ask(["b", "c", "a", "b", "no/name"], 100), [
      "a 0,1,2",
      "b 0,1",
      "c [3]",
      "no/name [17]",
    ]);
    assert.deepEqual(await ask(["a"], 100, from("b", 0)), ["a [42]"]);
    assert.deepEqual(await ask(["a"], 100, from("a", -1)), ["a [42]"]);
    assert.deepEqual(await ask(["a"], 0), ["a 0", "> a 1"]);
  });
});

Deno.test("DescribeLogDirs tells the size of logs in the data directory", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t", 2);
    await fixture.createTopic("u");
    await produced(fixture, "t", batch(["a"]), { partition: 1 });
    const ask = async (topics: readonly { topic: string; partitions: number[] }[] | null) => {
      const { results, errorCode } = await fixture.call(describeLogDirsApi, 4, { topics });
      assert.equal(errorCode, 0);
      assert.equal(results[0]!.logDir, "/data");
      assert.equal(results[0]!.totalBytes, -1);
      return results[0]!.topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, partitionSize }) =>
          `${name}-${partitionIndex} ${partitionSize}`
        )
      );
    };
    const size = batch(["a"]).length;
    assert.deepEqual(await ask(null), ["t-0 0", `t-1 ${size}`, "u-0 0"]);
    const some = [{ topic: "t", partitions: [1, 9] }, { topic: "gone", partitions: [0] }];
    assert.deepEqual(await ask(some), [`t-1 ${size}`]);
    assert.deepEqual(await ask([]), []);
  });
});

Deno.test("DescribeQuorum tells the leader and voter, and no nodes before version 2", async () => {
  await BrokerFixture.with(async (fixture) => {
    for (const version of [0, 1, 2]) {
      const ask = (topicName: string, partitionIndex: number) =>
        fixture.call(describeQuorumApi, version, {
          topics: [{ topicName, partitions: [{ partitionIndex }] }],
        });
      const response = await ask("__cluster_metadata", 0);
      const partition = response.topics[0]!.partitions[0]!;
      assert.equal(partition.leaderId, 1);
      assert.equal(partition.highWatermark, fixture.broker.quorum.highWatermark);
      const [voter] = partition.currentVoters;
      const { directoryId } = fixture.broker.identity;
      assert.equal(voter!.replicaDirectoryId, version >= 2 ? directoryId : ZERO_UUID);
      assert.equal(response.nodes.length, version >= 2 ? 1 : 0);
      assert.equal((await ask("__cluster_metadata", 1)).topics[0]!.partitions[0]!.errorCode, 3);
      assert.equal((await ask("t", 0)).topics[0]!.partitions[0]!.errorCode, 3);
    }
  });
});

Deno.test("InitProducerId gives every idempotent producer an id of its own", async () => {
  await BrokerFixture.with(async (fixture) => {
    const ask = (producerId = -1, producerEpoch = -1, transactionalId: string | null = null) =>
      fixture.call(initProducerIdApi, 5, {
        transactionalId,
        transactionTimeoutMs: 1000,
        producerId,
        producerEpoch,
      });
    const ids = new Set<number>();
    const answers = await Promise.all(Array.from({ length: 1500 }, () => ask()));
    for (const { errorCode, producerId, producerEpoch } of answers) {
      assert.deepEqual({ errorCode, producerEpoch }, { errorCode: 0, producerEpoch: 0 });
      ids.add(producerId);
    }
    assert.equal(ids.size, 1500);
    assert.equal((await ask(-1, -1, "")).errorCode, 42);
    assert.equal((await ask(5, -1)).errorCode, 42);
    assert.equal((await ask(-1, 5)).errorCode, 42);
    assert.equal((await ask(5, 5)).errorCode, 0);
  });
});
