import assert from "node:assert/strict";
import { createTopic } from "../../../src/client/admin/topics.ts";
import { CoordinatorKind } from "../../../src/client/cluster_client.ts";
import {
  BrokerError,
  ConnectError,
  NoBrokerError,
  UnsupportedApiError,
} from "../../../src/client/errors.ts";
import { EARLIEST, listOffsets } from "../../../src/client/list_offsets.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { createTopicsApi } from "../../../src/protocol/generated/apis/create_topics.ts";
import { findCoordinatorApi } from "../../../src/protocol/generated/apis/find_coordinator.ts";
import { heartbeatApi } from "../../../src/protocol/generated/apis/heartbeat.ts";
import { listGroupsApi } from "../../../src/protocol/generated/apis/list_groups.ts";
import { listOffsetsApi } from "../../../src/protocol/generated/apis/list_offsets.ts";
import { metadataApi } from "../../../src/protocol/generated/apis/metadata.ts";
import { DROP, FakeCluster, TOPIC_ID } from "./fake_cluster.ts";

const NEW_TOPIC = { name: "new", partitions: 1, replicationFactor: 1, configs: new Map() };

function created(errorCode: number) {
  const topic = { name: "new", topicId: TOPIC_ID, errorCode, errorMessage: null, configs: null };
  return { throttleTimeMs: 0, topics: [topic] };
}

Deno.test("ClusterClient asks the next address when one does not answer", async () => {
  const cluster = new FakeCluster(2);
  cluster.broker(1).isDown = true;
  const client = cluster.client([1, 2]);
  assert.deepEqual(await cluster.drive(client.brokerIds()), [2]);
  client.close();
});

Deno.test("ClusterClient fails at once, naming all addresses, when none answers", async () => {
  const cluster = new FakeCluster(2);
  for (const broker of cluster.brokers) broker.isDown = true;
  const client = cluster.client([1, 2]);
  const startMs = cluster.clock.nowMs;
  await assert.rejects(
    cluster.drive(client.brokerIds()),
    (error) =>
      error instanceof NoBrokerError &&
      error.message === "no broker answers: broker-1:9092: connection refused; " +
          "broker-2:9092: connection refused",
  );
  assert(cluster.clock.nowMs - startMs <= 20);
  client.close();
});

Deno.test("ClusterClient introduces itself in version 0 to a broker that knows no other", async () => {
  const cluster = new FakeCluster(1);
  cluster.broker(1).introductionMax = 0;
  const client = cluster.client();
  assert.deepEqual(await cluster.drive(client.brokerIds()), [1]);
  assert.equal(cluster.broker(1).connections, 2);
  client.close();
});

Deno.test("ClusterClient keeps one connection to each broker", async () => {
  const cluster = new FakeCluster(2);
  cluster.on(listGroupsApi, () => ({ throttleTimeMs: 0, errorCode: 0, groups: [] }));
  const client = cluster.client();
  const ask = (id: number) =>
    client.call({ to: "broker", id }, listGroupsApi, { statesFilter: [], typesFilter: [] });
  await cluster.drive(Promise.all([ask(1), ask(2)]));
  await cluster.drive(Promise.all([ask(1), ask(2)]));
  assert.deepEqual(cluster.brokers.map(({ connections }) => connections), [1, 1]);
  client.close();
});

Deno.test("ClusterClient.call() follows the controller when it moves", async () => {
  const cluster = new FakeCluster(2);
  cluster.on(
    createTopicsApi,
    (_request, _version, broker) =>
      created(broker.id === cluster.controllerId ? 0 : ErrorCode.NOT_CONTROLLER),
  );
  const client = cluster.client();
  await cluster.drive(createTopic(client, NEW_TOPIC));
  cluster.controllerId = 2;
  await cluster.drive(createTopic(client, NEW_TOPIC));
  assert.equal(cluster.broker(1).count(createTopicsApi), 2);
  assert.equal(cluster.broker(2).count(createTopicsApi), 1);
  client.close();
});

Deno.test("ClusterClient.call() tries again when the connection breaks", async () => {
  const cluster = new FakeCluster(1);
  let times = 0;
  cluster.on(createTopicsApi, () => ++times < 3 ? DROP : created(0));
  const client = cluster.client();
  await cluster.drive(createTopic(client, NEW_TOPIC));
  assert.equal(times, 3);
  assert.equal(cluster.broker(1).connections, 3);
  client.close();
});

Deno.test("ClusterClient.call() gives up when the operation's time is over", async () => {
  const cluster = new FakeCluster(1);
  cluster.on(createTopicsApi, () => created(ErrorCode.NOT_CONTROLLER));
  const client = cluster.client();
  const startMs = cluster.clock.nowMs;
  await assert.rejects(
    cluster.drive(createTopic(client, NEW_TOPIC)),
    (error) => error instanceof BrokerError && error.codeName === "NOT_CONTROLLER",
  );
  const elapsedMs = cluster.clock.nowMs - startMs;
  assert(elapsedMs > 3_000 && elapsedMs <= 5_000, `${elapsedMs} ms`);
  const times = cluster.broker(1).count(createTopicsApi);
  assert(times >= 5 && times <= 12, `${times} attempts`);
  client.close();
});

Deno.test("ClusterClient.call() does not repeat what was refused for good", async () => {
  const cluster = new FakeCluster(1);
  cluster.on(createTopicsApi, () => created(ErrorCode.TOPIC_ALREADY_EXISTS));
  const client = cluster.client();
  await assert.rejects(cluster.drive(createTopic(client, NEW_TOPIC)), /TOPIC_ALREADY_EXISTS/);
  assert.equal(cluster.broker(1).count(createTopicsApi), 1);
  client.close();
});

Deno.test("ClusterClient.call() throws when the broker does not serve the API", async () => {
  const cluster = new FakeCluster(1);
  const client = cluster.client();
  await assert.rejects(
    cluster.drive(client.call({ to: "any" }, listGroupsApi, { statesFilter: [], typesFilter: [] })),
    (error) =>
      error instanceof UnsupportedApiError &&
      error.message === "broker-1:9092: the broker does not serve ListGroups",
  );
  client.close();
});

Deno.test("ClusterClient.link() refuses versions outside what a request needs", async () => {
  const cluster = new FakeCluster(1);
  const client = cluster.client();
  const link = await cluster.drive(client.link({ to: "any" }));
  assert.equal(link.version(metadataApi), metadataApi.request.versions.max);
  assert.equal(link.version(metadataApi, { versionMax: 9 }), 9);
  assert.throws(() => link.version(metadataApi, { versionMin: 99 }), UnsupportedApiError);
  client.close();
});

Deno.test("ClusterClient finds a coordinator again when it has moved", async () => {
  const cluster = new FakeCluster(2);
  let coordinator = 1;
  cluster.on(findCoordinatorApi, ({ coordinatorKeys }) => ({
    throttleTimeMs: 0,
    coordinators: [{
      key: coordinatorKeys[0]!,
      nodeId: coordinator,
      host: `broker-${coordinator}`,
      port: 9092,
      errorCode: 0,
      errorMessage: null,
    }],
    errorCode: 0,
    errorMessage: null,
    nodeId: 0,
    host: "",
    port: 0,
  }));
  cluster.on(heartbeatApi, (_request, _version, { id }) => ({
    throttleTimeMs: 0,
    errorCode: id === coordinator ? 0 : ErrorCode.NOT_COORDINATOR,
  }));
  const client = cluster.client();
  const beat = () =>
    client.call(
      { to: "coordinator", kind: CoordinatorKind.group, key: "g" },
      heartbeatApi,
      { groupId: "g", generationId: 1, memberId: "m" },
      {
        check: ({ errorCode }) => {
          if (errorCode !== 0) throw new BrokerError(errorCode, "group g");
        },
      },
    );
  await cluster.drive(beat());
  await cluster.drive(beat());
  assert.equal(cluster.broker(1).count(findCoordinatorApi), 1, "the coordinator is remembered");
  coordinator = 2;
  await cluster.drive(beat());
  assert.equal(cluster.broker(2).count(heartbeatApi), 1);
  client.close();
});

Deno.test("ClusterClient.topic() throws at once when there is no such topic", async () => {
  const cluster = new FakeCluster(1);
  cluster.hasTopic = false;
  const client = cluster.client();
  await assert.rejects(
    cluster.drive(client.topic("orders")),
    (error) =>
      error instanceof BrokerError && !error.isRetriable &&
      error.message === "topic orders: no such topic (UNKNOWN_TOPIC_OR_PARTITION)",
  );
  client.close();
});

Deno.test("ClusterClient rejects with the connect error of a broker that stays away", async () => {
  const cluster = new FakeCluster(2);
  cluster.on(listGroupsApi, () => ({ throttleTimeMs: 0, errorCode: 0, groups: [] }));
  const client = cluster.client();
  await cluster.drive(client.brokerIds());
  cluster.broker(2).isDown = true;
  await assert.rejects(
    cluster.drive(
      client.call({ to: "broker", id: 2 }, listGroupsApi, { statesFilter: [], typesFilter: [] }),
    ),
    (error) => error instanceof ConnectError && error.reason === "refused",
  );
  client.close();
});

Deno.test("listOffsets() asks each leader once and follows leaders that move", async () => {
  const cluster = new FakeCluster(2, [1, 2, 1]);
  cluster.on(listOffsetsApi, ({ topics }, _version, { id }) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: cluster.leaders[partitionIndex] === id ? 0 : ErrorCode.NOT_LEADER_OR_FOLLOWER,
        offset: 10 * partitionIndex,
      })),
    })),
  }));
  const client = cluster.client();
  const questions = [2, 0, 1].map((partition) => ({
    topic: "orders",
    partition,
    timestamp: EARLIEST,
  }));
  const ask = async () => {
    const listed = await cluster.drive(listOffsets(client, questions));
    return listed.map(({ offset }) => offset);
  };
  assert.deepEqual(await ask(), [20, 0, 10]);
  assert.deepEqual(cluster.brokers.map((broker) => broker.count(listOffsetsApi)), [1, 1]);
  cluster.leaders = [2, 2, 2];
  assert.deepEqual(await ask(), [20, 0, 10]);
  client.close();
});
