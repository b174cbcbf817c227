import assert from "node:assert/strict";
import { Accepted, CLOSE_CONNECTION, Leased, Throttled } from "../../../src/handlers/route.ts";
import type { Answer } from "../../../src/handlers/route.ts";
import { apiVersionsResponse } from "../../../src/protocol/generated/api_versions_response.ts";
import { fetchApi } from "../../../src/protocol/generated/apis/fetch.ts";
import type { FetchResponseInit } from "../../../src/protocol/generated/fetch_response.ts";
import type { ProduceResponseInit } from "../../../src/protocol/generated/produce_response.ts";
import type { HeartbeatResponseInit } from "../../../src/protocol/generated/heartbeat_response.ts";
import { ZERO_UUID } from "../../../src/base/uuid.ts";
import { ByteReader } from "../../../src/protocol/wire/byte_reader.ts";
import { settle } from "./fake_clock.ts";
import { concat, deferred, fetchRequest, Fixture, frame, heartbeat, produce } from "./fixture.ts";

const OK: HeartbeatResponseInit = { throttleTimeMs: 0, errorCode: 0 };

function int32(value: number): Uint8Array {
  return new Uint8Array([value >> 24, value >> 16, value >> 8, value]);
}

/** A request header, version 1, without a body. */
function bareRequest(apiKey: number, apiVersion: number, correlationId: number): Uint8Array {
  const header = [apiKey >> 8, apiKey, apiVersion >> 8, apiVersion];
  return concat(int32(10), new Uint8Array(header), int32(correlationId), new Uint8Array(2));
}

function fetched(records: Uint8Array): FetchResponseInit {
  const partitions = [{
    partitionIndex: 0,
    errorCode: 0,
    highWatermark: 0,
    abortedTransactions: null,
    records,
  }];
  const responses = [{ topic: "t", topicId: ZERO_UUID, partitions }];
  return { throttleTimeMs: 0, errorCode: 0, responses };
}

const FETCH = { maxWaitMs: 0, minBytes: 0, topics: [], forgottenTopicsData: [] };

const MALFORMED: readonly (readonly [string, Uint8Array])[] = [
  ["a length is negative", concat(int32(-1), new Uint8Array(20))],
  ["a length is over the limit", int32(100 * 1024 * 1024 + 1)],
  ["a frame is empty", int32(0)],
  ["a header is cut off", concat(int32(6), new Uint8Array([0, 12, 0, 4, 0, 0]))],
  ["an API is unknown", bareRequest(9999, 0, 1)],
  ["a version is unknown", bareRequest(12, 99, 1)],
  ["a version is known and not served", frame(fetchApi, 5, 1, FETCH)],
  ["a version is negative", bareRequest(12, -1, 1)],
  ["a body is cut off", bareRequest(12, 0, 1)],
];

for (const [when, bytes] of MALFORMED) {
  Deno.test(`Connection ends with one log line when ${when}`, async () => {
    const { network, server, logger } = new Fixture();
    const healthy = network.dial("10.0.0.2");
    const peer = network.dial();
    await settle();
    peer.send(concat(heartbeat(1), bytes));
    await settle();
    assert.ok(peer.isClosed);
    assert.deepEqual(logger.lines, ["warn connection closed: no request"]);
    assert.equal(server.metrics.connectionsMalformed, 1);
    healthy.send(heartbeat(8));
    await settle();
    assert.deepEqual(healthy.correlationIds(), [8]);
    server.close();
  });
}

Deno.test("Server bounds its log lines when many peers send garbage", async () => {
  const { network, server, logger, clock } = new Fixture();
  for (let i = 0; i < 100; i++) network.dial().send(int32(-5));
  await settle();
  for (let i = 0; i < 20; i++) await settle();
  assert.equal(server.metrics.connectionsMalformed, 100);
  assert.equal(logger.lines.length, 20);
  await clock.advance(11_000);
  assert.equal(logger.lines.at(-1), "warn log lines about connections left out");
  assert.deepEqual(logger.fields.at(-1), { count: 80 });
  server.close();
});

Deno.test("Connection answers ApiVersions in version 0 when its version is unknown", async () => {
  const { network, server } = new Fixture();
  const peer = network.dial();
  peer.send(concat(bareRequest(18, 77, 42), heartbeat(43)));
  await settle();
  const [answer] = peer.frames();
  const reader = new ByteReader().reset(answer!);
  assert.equal(reader.int32(), 42);
  const { errorCode, apiKeys } = apiVersionsResponse.read(reader, 0);
  assert.equal(errorCode, 35);
  assert.deepEqual(apiKeys, [{ apiKey: 18, minVersion: 0, maxVersion: 4 }]);
  assert.equal(reader.remaining, 0);
  assert.deepEqual(peer.correlationIds(), [42, 43]);
  server.close();
});

Deno.test("Connection ends without an answer when a handler throws or rejects", async () => {
  const problem = new Error("a bug");
  const ways = [
    () => {
      throw problem;
    },
    () => Promise.reject<Answer<HeartbeatResponseInit>>(problem),
    () => ({ throttleTimeMs: 0, errorCode: 1e9 }),
  ];
  for (const handler of ways) {
    const { network, server, logger, handlers } = new Fixture();
    handlers.heartbeat = handler;
    const peer = network.dial();
    peer.send(heartbeat(1));
    await settle();
    assert.ok(peer.isClosed);
    assert.equal(peer.writes.length, 0);
    assert.deepEqual(logger.lines, ["error request handler failed"]);
    const { api, version, clientId } = logger.fields[0]!;
    assert.deepEqual({ api, version, clientId }, {
      api: "Heartbeat",
      version: 4,
      clientId: "test",
    });
    assert.equal([...server.metrics.apis()].find((each) => each.apiKey === 12)!.failures, 1);
    server.close();
  }
});

Deno.test("Connection sends earlier answers when a later handler throws", async () => {
  const { network, server, handlers } = new Fixture();
  handlers.heartbeat = (context) => {
    if (context.correlationId === 2) throw new Error("a bug");
    return OK;
  };
  const peer = network.dial();
  peer.send(concat(heartbeat(1), heartbeat(2), heartbeat(3)));
  await settle();
  assert.deepEqual(peer.correlationIds(), [1]);
  assert.ok(peer.isClosed);
  server.close();
});

Deno.test("Connection handles no more requests when the peer does not read", async () => {
  const { network, server, handlers } = new Fixture({ unsentBytesMax: 50_000 });
  let handled = 0;
  handlers.fetch = () => {
    handled++;
    return fetched(new Uint8Array(20_000));
  };
  const peer = network.dial();
  peer.stopReading();
  const requests = Array.from({ length: 20 }, (_, i) => fetchRequest(i));
  peer.send(concat(...requests));
  await settle();
  assert.equal(handled, 3 + 3);
  assert.equal(peer.stream.readsPending, 0);
  peer.takeWrites();
  for (let i = 0; i < 20; i++) await settle();
  assert.equal(handled, 20);
  assert.deepEqual(peer.correlationIds(), Array.from({ length: 20 }, (_, i) => i));
  server.close();
});

Deno.test("Connection releases a leased response when the last byte was taken", async () => {
  const { network, server, handlers } = new Fixture();
  const records = new Uint8Array(20_000).fill(3);
  let releases = 0;
  handlers.fetch = () => new Leased(fetched(records), () => releases++);
  const peer = network.dial();
  peer.stopReading();
  peer.send(fetchRequest(1));
  await settle();
  assert.equal(releases, 0);
  peer.takeWrites();
  await settle();
  assert.equal(releases, 1);
  // The header and the rest are writes of their own: the records were not copied.
  assert.deepEqual(peer.writes.map((write) => write.length > 19_999), [false, true, false]);
  assert.equal(peer.frames().length, 1);
  server.close();
});

Deno.test("Connection releases leased responses once when it closes before they leave", async () => {
  const { network, server, handlers } = new Fixture();
  const late = deferred<Answer<FetchResponseInit>>();
  const releases: number[] = [];
  handlers.fetch = (context) => {
    const answer = new Throttled(
      new Leased(
        fetched(new Uint8Array(20_000)),
        () => void releases.push(context.correlationId),
      ),
      0,
    );
    return context.correlationId < 3 ? answer.response : late.promise.then(() => answer);
  };
  const peer = network.dial();
  peer.stopReading();
  peer.send(fetchRequest(1));
  await settle();
  peer.send(fetchRequest(2));
  await settle();
  peer.send(fetchRequest(3));
  await settle();
  server.close();
  await settle();
  assert.deepEqual(releases.sort(), [1, 2]);
  late.resolve(CLOSE_CONNECTION);
  await settle();
  assert.deepEqual(releases.sort(), [1, 2, 3]);
});

Deno.test("Connection handles nothing for a while when a response is throttled", async () => {
  const { network, server, handlers, clock } = new Fixture();
  handlers.heartbeat = (context) => context.correlationId === 1 ? new Throttled(OK, 300) : OK;
  const peer = network.dial();
  peer.send(concat(heartbeat(1), heartbeat(2)));
  await settle();
  assert.deepEqual(peer.correlationIds(), [1]);
  await clock.advance(299);
  assert.deepEqual(peer.correlationIds(), [1]);
  await clock.advance(1);
  assert.deepEqual(peer.correlationIds(), [1, 2]);
  server.close();
});

Deno.test("Connection drops later answers when an earlier one is to close it", async () => {
  const { network, server, handlers } = new Fixture();
  const produced = deferred<Answer<ProduceResponseInit>>();
  const late = deferred<Answer<FetchResponseInit>>();
  let releases = 0;
  handlers.produce = () => new Accepted(produced.promise);
  handlers.fetch = () => late.promise;
  const peer = network.dial();
  peer.stopReading();
  peer.send(concat(heartbeat(1), produce(2, new Uint8Array(3)), fetchRequest(3)));
  await settle();
  produced.resolve(CLOSE_CONNECTION);
  await settle();
  late.resolve(new Leased(fetched(new Uint8Array(20_000)), () => releases++));
  await settle();
  assert.equal(releases, 1);
  assert.ok(!peer.isClosed);
  peer.takeWrites();
  await settle();
  assert.deepEqual(peer.correlationIds(), [1]);
  assert.ok(peer.isClosed);
  server.close();
});
