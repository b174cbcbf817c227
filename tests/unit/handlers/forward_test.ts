import assert from "node:assert/strict";
import { clusterRoutes, type ClusterStage } from "../../../src/handlers/cluster_routes.ts";
import { decidedRoutes } from "../../../src/handlers/decided_routes.ts";
import { controllerRoutes } from "../../../src/handlers/forward.ts";
import { CLOSE_CONNECTION, type RequestContext } from "../../../src/handlers/route.ts";
import { routes } from "../../../src/handlers/routes.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { createTopicsApi } from "../../../src/protocol/generated/apis/create_topics.ts";
import { fetchApi } from "../../../src/protocol/generated/apis/fetch.ts";
import { decodeMessage, encodeMessage } from "../../../src/protocol/wire/message_bytes.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";

const ORIGIN = { clientId: "admin", clientHost: "192.0.2.7", listenerName: "PLAINTEXT" };

function createTopic(name: string) {
  const topics = [{
    name,
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  }];
  return {
    ...ORIGIN,
    apiKey: createTopicsApi.key,
    apiVersion: 7,
    requestBytes: encodeMessage(createTopicsApi.request, { topics, timeoutMs: 1000 }, 7),
  };
}

Deno.test("controllerRoutes() answers as the route does, and says what an image must show", async () => {
  await BrokerFixture.with(async ({ broker }) => {
    const controller = controllerRoutes(broker, decidedRoutes(broker));
    const answer = await controller.handle(createTopic("t"));
    assert.equal(answer.errorCode, ErrorCode.NONE);
    assert.equal(answer.metadataOffset, broker.quorum.image.lastOffset + 1);
    const { topics } = decodeMessage(createTopicsApi.response, answer.responseBytes, 7);
    assert.deepEqual(topics.map(({ name, errorCode }) => [name, errorCode]), [["t", 0]]);
    assert.ok(broker.quorum.image.topics.byName("t") !== undefined);
  });
});

Deno.test("controllerRoutes() refuses what the controller does not decide, and what it can't read", async () => {
  await BrokerFixture.with(async ({ broker }) => {
    const controller = controllerRoutes(broker, decidedRoutes(broker));
    const request = createTopic("t");
    const codeOf = async (change: Partial<typeof request>) =>
      (await controller.handle({ ...request, ...change })).errorCode;
    assert.equal(await codeOf({ apiKey: fetchApi.key }), ErrorCode.UNSUPPORTED_VERSION);
    assert.equal(await codeOf({ apiVersion: 99 }), ErrorCode.UNSUPPORTED_VERSION);
    const cut = request.requestBytes.subarray(0, 5);
    assert.equal(await codeOf({ requestBytes: cut }), ErrorCode.INVALID_REQUEST);
    assert.equal(broker.quorum.image.topics.byName("t"), undefined);
  });
});

Deno.test("decidedRoutes() are those of the route table, each once", async () => {
  await BrokerFixture.with(({ broker }) => {
    const served = routes(broker).map(({ api }) => api.key);
    assert.deepEqual(served, [...new Set(served)].sort((a, b) => a - b));
    for (const { api } of decidedRoutes(broker)) assert.ok(served.includes(api.key), api.name);
    return Promise.resolve();
  });
});

Deno.test("clusterRoutes() end connections that come before the broker is there", async () => {
  await BrokerFixture.with(({ connection }) => {
    const stage: ClusterStage = {
      broker: undefined,
      gossip: undefined,
      promise: () => assert.fail("nobody asks for a promise here"),
    };
    const context: RequestContext = {
      connection,
      apiVersion: 0,
      correlationId: 1,
      clientId: "",
      requestBytes: 0,
    };
    const keys = clusterRoutes(stage).map(({ api, handle }) => {
      if (api.name !== "FormationPromise") {
        assert.equal(handle(context, {}), CLOSE_CONNECTION, api.name);
      }
      return api.key;
    });
    assert.equal(new Set(keys).size, keys.length);
    return Promise.resolve();
  });
});
