import assert from "node:assert/strict";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { alterClientQuotasApi } from "../../../src/protocol/generated/apis/alter_client_quotas.ts";
import { alterConfigsApi } from "../../../src/protocol/generated/apis/alter_configs.ts";
import { alterUserScramCredentialsApi } from "../../../src/protocol/generated/apis/alter_user_scram_credentials.ts";
import { createPartitionsApi } from "../../../src/protocol/generated/apis/create_partitions.ts";
import { createTopicsApi } from "../../../src/protocol/generated/apis/create_topics.ts";
import { deleteTopicsApi } from "../../../src/protocol/generated/apis/delete_topics.ts";
import { incrementalAlterConfigsApi } from "../../../src/protocol/generated/apis/incremental_alter_configs.ts";
import { initProducerIdApi } from "../../../src/protocol/generated/apis/init_producer_id.ts";
import { metadataApi } from "../../../src/protocol/generated/apis/metadata.ts";
import { updateFeaturesApi } from "../../../src/protocol/generated/apis/update_features.ts";
import { ZERO_UUID } from "../../../src/base/uuid.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";

const FULL = ErrorCode.KAFKA_STORAGE_ERROR;
const CONFIG = { name: "retention.ms", value: "1000" };
const RESOURCE = { resourceType: 2, resourceName: "there" };

function topicNamed(name: string) {
  return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
}

/** What each API answers, as its error codes, to a request that would change the metadata. */
const CHANGES: Readonly<Record<string, (fixture: BrokerFixture) => Promise<readonly number[]>>> = {
  async CreateTopics(fixture) {
    const request = { topics: [topicNamed("a"), topicNamed("b")], timeoutMs: 0 };
    const { topics } = await fixture.call(createTopicsApi, 7, request);
    assert.deepEqual(topics.map(({ name }) => name), ["a", "b"]);
    return topics.map(({ errorCode }) => errorCode);
  },
  async DeleteTopics(fixture) {
    const topics = [{ name: "there", topicId: ZERO_UUID }];
    const request = { topics, topicNames: [], timeoutMs: 0 };
    const { responses } = await fixture.call(deleteTopicsApi, 6, request);
    assert.deepEqual(responses.map(({ name }) => name), ["there"]);
    return responses.map(({ errorCode }) => errorCode);
  },
  async "DeleteTopics by name"(fixture) {
    const request = { topics: [], topicNames: ["there"], timeoutMs: 0 };
    const { responses } = await fixture.call(deleteTopicsApi, 5, request);
    assert.deepEqual(responses.map(({ name }) => name), ["there"]);
    return responses.map(({ errorCode }) => errorCode);
  },
  async CreatePartitions(fixture) {
    const topics = [{ name: "there", count: 3, assignments: null }];
    const request = { topics, timeoutMs: 0, validateOnly: false };
    const { results } = await fixture.call(createPartitionsApi, 3, request);
    assert.deepEqual(results.map(({ name }) => name), ["there"]);
    return results.map(({ errorCode }) => errorCode);
  },
  async AlterConfigs(fixture) {
    const resources = [{ ...RESOURCE, configs: [CONFIG] }];
    const { responses } = await fixture.call(alterConfigsApi, 2, {
      resources,
      validateOnly: false,
    });
    assert.deepEqual(responses.map(({ resourceName }) => resourceName), ["there"]);
    return responses.map(({ errorCode }) => errorCode);
  },
  async IncrementalAlterConfigs(fixture) {
    const resources = [{ ...RESOURCE, configs: [{ ...CONFIG, configOperation: 0 }] }];
    const request = { resources, validateOnly: false };
    const { responses } = await fixture.call(incrementalAlterConfigsApi, 1, request);
    assert.deepEqual(responses.map(({ resourceType }) => resourceType), [2]);
    return responses.map(({ errorCode }) => errorCode);
  },
  async AlterClientQuotas(fixture) {
    const entity = [{ entityType: "client-id", entityName: "c" }];
    const ops = [{ key: "request_percentage", value: 50, remove: false }];
    const request = { entries: [{ entity, ops }], validateOnly: false };
    const { entries } = await fixture.call(alterClientQuotasApi, 1, request);
    assert.deepEqual(entries.map((entry) => entry.entity), [entity]);
    return entries.map(({ errorCode }) => errorCode);
  },
  async AlterUserScramCredentials(fixture) {
    const saltedPassword = new Uint8Array(32).fill(1);
    const salt = new Uint8Array(16).fill(2);
    const { results } = await fixture.call(alterUserScramCredentialsApi, 0, {
      deletions: [],
      upsertions: [{ name: "u", mechanism: 1, iterations: 4096, salt, saltedPassword }],
    });
    assert.deepEqual(results.map(({ user }) => user), ["u"]);
    return results.map(({ errorCode }) => errorCode);
  },
  async UpdateFeatures(fixture) {
    const { errorCode } = await fixture.call(updateFeaturesApi, 0, {
      timeoutMs: 0,
      featureUpdates: [{
        feature: "transaction.version",
        maxVersionLevel: 1,
        allowDowngrade: true,
      }],
      validateOnly: false,
    });
    return [errorCode];
  },
  async InitProducerId(fixture) {
    const request = { transactionalId: null, transactionTimeoutMs: 0 };
    return [(await fixture.call(initProducerIdApi, 4, request)).errorCode];
  },
};

for (const [name, change] of Object.entries(CHANGES)) {
  Deno.test(`${name} is told of a full disk, and can be repeated when there is room`, async () => {
    await BrokerFixture.with(async (fixture) => {
      await fixture.createTopic("there");
      fixture.disk.plant({ operation: "write", kind: "noSpace", path: "__cluster_metadata" });
      const refused = await change(fixture);
      assert.deepEqual(refused, refused.map(() => FULL));
      assert.ok(refused.length > 0);
      const granted = await change(fixture);
      assert.deepEqual(granted, granted.map(() => ErrorCode.NONE));
    });
  });
}

Deno.test("Metadata has no leader yet for a topic that a full disk kept from being made", async () => {
  await BrokerFixture.with(async (fixture) => {
    const request = {
      topics: [{ topicId: ZERO_UUID, name: "new" }],
      allowAutoTopicCreation: true,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    };
    fixture.disk.plant({ operation: "write", kind: "noSpace", path: "__cluster_metadata" });
    const refused = await fixture.call(metadataApi, 12, request);
    assert.equal(refused.topics[0]!.errorCode, ErrorCode.LEADER_NOT_AVAILABLE);
    await fixture.call(metadataApi, 12, request);
    const granted = await fixture.call(metadataApi, 12, request);
    assert.equal(granted.topics[0]!.errorCode, ErrorCode.NONE);
  });
});
