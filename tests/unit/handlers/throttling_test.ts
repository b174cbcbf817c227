import assert from "node:assert/strict";
import { Accepted, Leased, NO_REPLY, Throttled } from "../../../src/handlers/route.ts";
import type { ApiDefinition } from "../../../src/protocol/codec.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { alterClientQuotasApi } from "../../../src/protocol/generated/apis/alter_client_quotas.ts";
import { createPartitionsApi } from "../../../src/protocol/generated/apis/create_partitions.ts";
import { createTopicsApi } from "../../../src/protocol/generated/apis/create_topics.ts";
import { deleteTopicsApi } from "../../../src/protocol/generated/apis/delete_topics.ts";
import { fetchApi } from "../../../src/protocol/generated/apis/fetch.ts";
import type { FetchResponse } from "../../../src/protocol/generated/fetch_response.ts";
import { metadataApi } from "../../../src/protocol/generated/apis/metadata.ts";
import { produceApi } from "../../../src/protocol/generated/apis/produce.ts";
import { ByteWriter } from "../../../src/protocol/wire/byte_writer.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";
import {
  batch,
  FETCH_BY_NAME,
  fetchRequest,
  produce,
  PRODUCE_BY_NAME,
} from "../support/requests.ts";

/** Sets a quota of every client that has none of its own; null takes it away. */
async function setQuota(fixture: BrokerFixture, key: string, value: number | null) {
  const { entries } = await fixture.call(alterClientQuotasApi, 1, {
    entries: [{
      entity: [{ entityType: "client-id", entityName: null }],
      ops: [{ key, value: value ?? 0, remove: value === null }],
    }],
    validateOnly: false,
  });
  assert.equal(entries[0]!.errorCode, 0);
}

/** What a handler answers, before it is encoded. */
async function answerOf<Init>(
  fixture: BrokerFixture,
  api: ApiDefinition<unknown, never, Init>,
  version: number,
  body: Init,
  clientId?: string,
): Promise<unknown> {
  const writer = new ByteWriter();
  api.request.write(writer, body, version);
  const reply = fixture.handle(api.key, version, writer.toBytes(), clientId);
  return await (reply instanceof Accepted ? reply.answer : reply);
}

/** For how long an answer mutes, which must be what it tells the client. */
function muteMsOf(answer: unknown): number {
  if (!(answer instanceof Throttled)) return 0;
  const { response, muteMs } = answer;
  if (response !== NO_REPLY) {
    const body = response instanceof Leased ? response.response : response;
    assert.equal((body as { throttleTimeMs: number }).throttleTimeMs, muteMs);
  }
  return muteMs;
}

function producing(records: Uint8Array, acks = 1) {
  const partitionData = [{ index: 0, records }];
  return {
    transactionalId: null,
    acks,
    timeoutMs: 1000,
    topicData: [{ name: "t", topicId: "AAAAAAAAAAAAAAAAAAAAAA" as never, partitionData }],
  };
}

Deno.test("Produce mutes a client above its producer_byte_rate, and no other", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t");
    const records = batch(["x".repeat(20_000)]);
    const send = async (acks = 1, clientId = "test") =>
      await answerOf(fixture, produceApi, PRODUCE_BY_NAME, producing(records, acks), clientId);
    assert.equal(muteMsOf(await send()), 0);
    await setQuota(fixture, "producer_byte_rate", 3000);
    // 20 kB are 2 kB/s over the ten seconds that a first burst is spread over.
    assert.equal(muteMsOf(await send()), 0);
    const muteMs = muteMsOf(await send());
    assert.ok(muteMs > 3_000 && muteMs < 4_000, `${muteMs} ms`);
    assert.equal(muteMsOf(await send(1, "other")), 0);
    // A client that gets no answer is muted all the same.
    const unanswered = await send(0);
    assert.ok(unanswered instanceof Throttled && unanswered.response === NO_REPLY);
    assert.ok(unanswered.muteMs > muteMs);
    await fixture.clock.advance(60_000);
    assert.equal(muteMsOf(await send()), 0);
    await setQuota(fixture, "producer_byte_rate", null);
    for (let i = 0; i < 5; i++) assert.equal(muteMsOf(await send()), 0);
  });
});

async function fetch(fixture: BrokerFixture, sessionId: number, sessionEpoch: number) {
  const request = fetchRequest([{}], { sessionId, sessionEpoch });
  const answer = await answerOf(fixture, fetchApi, FETCH_BY_NAME, request);
  const response = answer instanceof Throttled ? answer.response : answer;
  if (response instanceof Leased) response.release();
  const body = (response instanceof Leased ? response.response : response) as FetchResponse;
  return { muteMs: muteMsOf(answer), body, topics: body.responses.length };
}

Deno.test("Fetch gives no records to a client above its consumer_byte_rate", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t");
    await produce(fixture, "t", batch(["x".repeat(20_000)]));
    await setQuota(fixture, "consumer_byte_rate", 3000);
    const first = await fetch(fixture, 0, 0);
    assert.deepEqual([first.muteMs, first.topics], [0, 1]);
    const { sessionId } = first.body;
    const second = await fetch(fixture, sessionId, 1);
    assert.ok(second.muteMs > 3_000 && second.muteMs < 4_000, `${second.muteMs} ms`);
    assert.deepEqual([second.topics, second.body.errorCode], [0, 0]);
    assert.equal(second.body.sessionId, sessionId);
    // What was not sent does not count: the wait does not grow.
    const third = await fetch(fixture, sessionId, 2);
    assert.deepEqual([third.muteMs, third.topics], [second.muteMs, 0]);
    await fixture.clock.advance(second.muteMs + 8_000);
    const last = await fetch(fixture, sessionId, 3);
    assert.deepEqual([last.muteMs, last.topics], [0, 1]);
  });
});

Deno.test("Fetch drops the session that a throttled request has opened", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t");
    await produce(fixture, "t", batch(["x".repeat(20_000)]));
    await setQuota(fixture, "consumer_byte_rate", 3000);
    await fetch(fixture, 0, 0);
    const sessions = fixture.broker.fetchSessions.sessionCount;
    const { muteMs, body } = await fetch(fixture, 0, 0);
    assert.ok(muteMs > 0);
    assert.equal(body.sessionId, 0);
    assert.equal(fixture.broker.fetchSessions.sessionCount, sessions);
  });
});

Deno.test("Fetch lets an idle client past a batch larger than its quota ever allows", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t");
    await produce(fixture, "t", batch(["x".repeat(20_000)]));
    await setQuota(fixture, "consumer_byte_rate", 10);
    const first = await fetch(fixture, 0, -1);
    assert.deepEqual([first.muteMs, first.topics], [0, 1]);
    const second = await fetch(fixture, 0, -1);
    assert.ok(second.muteMs > 0);
    assert.equal(second.topics, 0);
  });
});

Deno.test("a request mutes its client when its time is above request_percentage", async () => {
  await BrokerFixture.with(async (fixture) => {
    const { clock } = fixture;
    const steadily = clock.monotonicMs.bind(clock);
    const request = {
      topics: [],
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    };
    const ask = async () => muteMsOf(await answerOf(fixture, metadataApi, 12, request));
    await setQuota(fixture, "request_percentage", 1);
    assert.equal(await ask(), 0);
    // Every look at the clock takes 60 ms: a request that is looked at twice takes as long.
    clock.monotonicMs = () => clock.nowMs += 60;
    await ask();
    const muteMs = await ask();
    clock.monotonicMs = steadily;
    assert.ok(muteMs > 0 && muteMs <= 1000, `${muteMs} ms`);
  });
});

Deno.test("topics are refused above controller_mutation_rate, where clients know of it", async () => {
  await BrokerFixture.with(async (fixture) => {
    // A burst of eleven seconds' worth, 11 partitions, and debt for what goes beyond.
    await setQuota(fixture, "controller_mutation_rate", 1);
    const creating = (name: string, numPartitions: number) => ({
      topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: 1000,
    });
    const create = async (version: number, name: string, numPartitions: number) => {
      const answer = await answerOf(
        fixture,
        createTopicsApi,
        version,
        creating(name, numPartitions),
      );
      const body = (answer instanceof Throttled ? answer.response : answer) as {
        topics: { errorCode: number }[];
      };
      return [body.topics[0]!.errorCode, muteMsOf(answer)];
    };
    const { THROTTLING_QUOTA_EXCEEDED } = ErrorCode;
    assert.deepEqual(await create(7, "a", 15), [0, 0]);
    assert.deepEqual(await create(7, "b", 1), [THROTTLING_QUOTA_EXCEEDED, 4000]);
    assert.deepEqual(await create(5, "b", 1), [0, 5000]);
    const growing = {
      topics: [{ name: "a", count: 16, assignments: null }],
      timeoutMs: 1000,
      validateOnly: false,
    };
    const grown = await fixture.call(createPartitionsApi, 3, growing);
    assert.equal(grown.results[0]!.errorCode, THROTTLING_QUOTA_EXCEEDED);
    const deleting = { topics: [], topicNames: ["b"], timeoutMs: 1000 };
    const deleted = await fixture.call(deleteTopicsApi, 5, deleting);
    assert.equal(deleted.responses[0]!.errorCode, THROTTLING_QUOTA_EXCEEDED);
    assert.equal(deleted.throttleTimeMs, 5000);
    await fixture.clock.advance(5_000);
    assert.equal((await fixture.call(deleteTopicsApi, 5, deleting)).responses[0]!.errorCode, 0);
    assert.equal((await fixture.call(createPartitionsApi, 3, growing)).throttleTimeMs, 1000);
  });
});
