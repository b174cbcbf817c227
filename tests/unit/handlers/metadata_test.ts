import assert from "node:assert/strict";
import { type Uuid, ZERO_UUID } from "../../../src/base/uuid.ts";
import { metadataApi } from "../../../src/protocol/generated/apis/metadata.ts";
import type { MetadataRequestInit } from "../../../src/protocol/generated/metadata_request.ts";
import type { MetadataResponse } from "../../../src/protocol/generated/metadata_response.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";
import { produced } from "../support/requests.ts";
import { buildBatch } from "../../../src/protocol/records/batch_builder.ts";

const UNKNOWN_ID = "BBBBBBBBBBBBBBBBBBBBBA" as Uuid;
const NOT_ASKED = -2147483648;

function request(
  topics: MetadataRequestInit["topics"],
  rest: Partial<MetadataRequestInit> = {},
): MetadataRequestInit {
  return {
    topics,
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
    ...rest,
  };
}

function named(...names: readonly string[]) {
  return names.map((name) => ({ name, topicId: ZERO_UUID }));
}

/** The topics of a response: `orders x2`, or `gone [3]`. */
function topicsOf({ topics }: MetadataResponse): string[] {
  return topics.map(({ name, errorCode, partitions }) =>
    errorCode === 0 ? `${name} x${partitions.length}` : `${name} [${errorCode}]`
  );
}

Deno.test("Metadata tells the brokers, and the address that the client dialled", async () => {
  await BrokerFixture.with(async (fixture) => {
    const response = await fixture.call(metadataApi, 12, request([]));
    assert.deepEqual(
      response.brokers.map(({ nodeId, host, port, rack }) => ({ nodeId, host, port, rack })),
      [{ nodeId: 1, host: "192.0.2.1", port: 9092, rack: null }],
    );
    assert.equal(response.controllerId, 1);
    assert.equal(response.clusterId, fixture.broker.identity.clusterId);
    assert.deepEqual(topicsOf(response), []);
  });
});

Deno.test("Metadata takes a missing list for all topics, and before version 1 an empty one", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("a", 2);
    await fixture.createTopic("b");
    const all = ["a x2", "b x1"];
    assert.deepEqual(topicsOf(await fixture.call(metadataApi, 12, request(null))), all);
    assert.deepEqual(
      topicsOf(
        await fixture.call(metadataApi, 1, {
          ...request(null),
          allowAutoTopicCreation: true,
        }),
      ),
      all,
    );
    const v0 = { ...request([]), allowAutoTopicCreation: true };
    assert.deepEqual(topicsOf(await fixture.call(metadataApi, 0, v0)), all);
    assert.deepEqual(topicsOf(await fixture.call(metadataApi, 1, v0)), []);
  });
});

Deno.test("Metadata describes partitions, ids and what may be done", async () => {
  await BrokerFixture.with(async (fixture) => {
    const { topicId } = await fixture.createTopic("t");
    const wish = { includeTopicAuthorizedOperations: true };
    const response = await fixture.call(metadataApi, 12, request(named("t"), wish));
    const topic = response.topics[0]!;
    assert.equal(topic.topicId, topicId);
    assert.equal(topic.isInternal, false);
    assert.equal(topic.topicAuthorizedOperations, 0b110111111000);
    const { leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas } = topic.partitions[0]!;
    assert.deepEqual(
      { leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas },
      { leaderId: 1, leaderEpoch: 0, replicaNodes: [1], isrNodes: [1], offlineReplicas: [] },
    );
    const plain = await fixture.call(metadataApi, 12, request(named("t")));
    assert.equal(plain.topics[0]!.topicAuthorizedOperations, NOT_ASKED);
    const cluster = request([], { includeClusterAuthorizedOperations: true });
    const old = await fixture.call(metadataApi, 8, cluster);
    assert.equal(old.clusterAuthorizedOperations, 0b1111110100000 | 1 << 8);
  });
});

Deno.test("Metadata finds topics by id, and collapses what is named twice", async () => {
  await BrokerFixture.with(async (fixture) => {
    const { topicId } = await fixture.createTopic("t");
    const byId = [{ name: null, topicId }, { name: null, topicId: UNKNOWN_ID }];
    const found = await fixture.call(metadataApi, 12, request(byId));
    assert.deepEqual(topicsOf(found), ["t x1", "null [100]"]);
    assert.equal(found.topics[1]!.topicId, UNKNOWN_ID);
    const twice = [...named("t", "t"), { name: null, topicId }];
    assert.deepEqual(topicsOf(await fixture.call(metadataApi, 12, request(twice))), ["t x1"]);
  });
});

Deno.test("Metadata ends the connection of who names ids before version 12", async () => {
  await BrokerFixture.with(async (fixture) => {
    const { topicId } = await fixture.createTopic("t");
    const wish = request([{ name: "t", topicId }]);
    assert.equal(await fixture.send(metadataApi, 11, wish), "close connection");
    assert.equal(await fixture.send(metadataApi, 10, wish), "close connection");
  });
});

Deno.test("Metadata creates a topic when the client names it, and both sides let it", async () => {
  await BrokerFixture.with(async (fixture) => {
    const ask = async (allowAutoTopicCreation: boolean, ...names: string[]) =>
      topicsOf(
        await fixture.call(metadataApi, 12, request(named(...names), { allowAutoTopicCreation })),
      );
    assert.deepEqual(await ask(false, "t"), ["t [3]"]);
    assert.deepEqual(await ask(true, "t", "no/name", ".", ""), [
      "t x3",
      "no/name [17]",
      ". [17]",
      " [17]",
    ]);
    assert.deepEqual(await ask(true, "a.b", "a_b"), ["a.b x3", "a_b [17]"]);
    const old = { ...request(named("old")), allowAutoTopicCreation: true };
    assert.deepEqual(topicsOf(await fixture.call(metadataApi, 3, old)), ["old x3"]);
    const batch = buildBatch([{ value: null }]);
    assert.equal(await produced(fixture, "t", batch, { partition: 2 }), "0");
  }, { config: { "num.partitions": "3" } });
  await BrokerFixture.with(async (fixture) => {
    const wish = request(named("t"), { allowAutoTopicCreation: true });
    assert.deepEqual(topicsOf(await fixture.call(metadataApi, 12, wish)), ["t [3]"]);
  }, { config: { "auto.create.topics.enable": "false" } });
});

Deno.test("Metadata creates internal topics in the shape that their coordinators want", async () => {
  await BrokerFixture.with(async (fixture) => {
    const names = ["__consumer_offsets", "__transaction_state", "__share_group_state"];
    const wish = request(named(...names), { allowAutoTopicCreation: true });
    const response = await fixture.call(metadataApi, 12, wish);
    assert.deepEqual(topicsOf(response), [
      "__consumer_offsets x7",
      "__transaction_state x8",
      "__share_group_state [3]",
    ]);
    assert.equal(response.topics[0]!.isInternal, true);
    for (const topic of fixture.broker.partitions.topics()) {
      assert.equal(topic.settings.log.cleanupCompact, true, topic.name);
    }
  }, {
    config: {
      "offsets.topic.num.partitions": "7",
      "transaction.state.log.num.partitions": "8",
    },
  });
});
