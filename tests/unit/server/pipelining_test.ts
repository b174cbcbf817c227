import assert from "node:assert/strict";
import { Accepted, CLOSE_CONNECTION, NO_REPLY } from "../../../src/handlers/route.ts";
import type { Answer } from "../../../src/handlers/route.ts";
import type { HeartbeatResponseInit } from "../../../src/protocol/generated/heartbeat_response.ts";
import type { ProduceResponseInit } from "../../../src/protocol/generated/produce_response.ts";
import { settle } from "./fake_clock.ts";
import { concat, deferred, Fixture, heartbeat, produce } from "./fixture.ts";

const OK: HeartbeatResponseInit = { throttleTimeMs: 0, errorCode: 0 };
const PRODUCED: ProduceResponseInit = { throttleTimeMs: 0, responses: [] };

Deno.test("Connection answers in one write when requests come in one read", async () => {
  const { network, server } = new Fixture();
  const peer = network.dial();
  await settle();
  peer.send(concat(...Array.from({ length: 40 }, (_, i) => heartbeat(i))));
  await settle();
  assert.equal(peer.writes.length, 1);
  assert.deepEqual(peer.correlationIds(), Array.from({ length: 40 }, (_, i) => i));
  server.close();
});

Deno.test("Connection handles a request when it arrives byte by byte", async () => {
  const { network, server } = new Fixture();
  const peer = network.dial();
  const request = heartbeat(77);
  for (let i = 0; i < request.length; i++) {
    assert.equal(peer.writes.length, 0);
    peer.send(request.subarray(i, i + 1));
    await settle();
  }
  assert.deepEqual(peer.correlationIds(), [77]);
  server.close();
});

Deno.test("Connection lets the next request wait when a handler returns a promise", async () => {
  const { network, server, handlers } = new Fixture();
  const asked: number[] = [];
  const first = deferred<Answer<HeartbeatResponseInit>>();
  handlers.heartbeat = (context) => {
    asked.push(context.correlationId);
    return context.correlationId === 1 ? first.promise : OK;
  };
  const peer = network.dial();
  peer.send(concat(heartbeat(1), heartbeat(2)));
  peer.send(heartbeat(3));
  await settle();
  assert.deepEqual(asked, [1]);
  first.resolve(OK);
  await settle();
  assert.deepEqual(asked, [1, 2, 3]);
  assert.deepEqual(peer.correlationIds(), [1, 2, 3]);
  server.close();
});

Deno.test("Connection starts the next request when one was accepted, and answers in order", async () => {
  const { network, server, handlers } = new Fixture();
  const answers: PromiseWithResolvers<Answer<ProduceResponseInit>>[] = [];
  handlers.produce = () => {
    const answer = deferred<Answer<ProduceResponseInit>>();
    answers.push(answer);
    return new Accepted(answer.promise);
  };
  const peer = network.dial();
  const records = new Uint8Array(10);
  peer.send(concat(produce(1, records), produce(2, records), produce(3, records)));
  await settle();
  assert.equal(answers.length, 3);
  answers[2]!.resolve(PRODUCED);
  answers[1]!.resolve(PRODUCED);
  await settle();
  assert.equal(peer.writes.length, 0);
  answers[0]!.resolve(PRODUCED);
  await settle();
  assert.equal(peer.writes.length, 1);
  assert.deepEqual(peer.correlationIds(), [1, 2, 3]);
  server.close();
});

Deno.test("Connection sends accepted answers in one write when they settle in one turn", async () => {
  const { network, server, handlers } = new Fixture();
  const flushed = deferred<Answer<ProduceResponseInit>>();
  handlers.produce = () => new Accepted(flushed.promise);
  const peer = network.dial();
  peer.send(concat(...Array.from({ length: 20 }, (_, i) => produce(i, new Uint8Array(5)))));
  await settle();
  flushed.resolve(PRODUCED);
  await settle();
  assert.equal(peer.writes.length, 1);
  assert.equal(peer.correlationIds().length, 20);
  server.close();
});

Deno.test("Connection holds one answer back when it was ready before an accepted one", async () => {
  const { network, server, handlers } = new Fixture();
  const flushed = deferred<Answer<ProduceResponseInit>>();
  const beats: number[] = [];
  handlers.produce = () => new Accepted(flushed.promise);
  handlers.heartbeat = (context) => {
    beats.push(context.correlationId);
    return OK;
  };
  const peer = network.dial();
  peer.send(concat(produce(1, new Uint8Array(5)), heartbeat(2), heartbeat(3)));
  await settle();
  assert.deepEqual(beats, [2]);
  assert.equal(peer.writes.length, 0);
  flushed.resolve(PRODUCED);
  await settle();
  assert.deepEqual(peer.correlationIds(), [1, 2, 3]);
  server.close();
});

Deno.test("Connection handles no more than inFlightMax when nothing is answered", async () => {
  const { network, server, handlers } = new Fixture({ inFlightMax: 3 });
  const answers: PromiseWithResolvers<Answer<ProduceResponseInit>>[] = [];
  handlers.produce = () => {
    answers.push(deferred<Answer<ProduceResponseInit>>());
    return new Accepted(answers.at(-1)!.promise);
  };
  const peer = network.dial();
  peer.send(concat(...Array.from({ length: 5 }, (_, i) => produce(i, new Uint8Array(5)))));
  await settle();
  assert.equal(answers.length, 3);
  answers[0]!.resolve(PRODUCED);
  await settle();
  assert.equal(answers.length, 4);
  server.close();
});

Deno.test("Connection keeps the bytes of records unchanged when a handler waits", async () => {
  const { network, server, handlers } = new Fixture();
  const waiting = deferred<Answer<ProduceResponseInit>>();
  let views: Uint8Array | undefined;
  handlers.produce = async (_context, request) => {
    views = request.topicData[0]!.partitionData[0]!.records!;
    return await waiting.promise;
  };
  const peer = network.dial();
  peer.send(produce(1, new Uint8Array(700).fill(7)));
  await settle();
  for (let i = 0; i < 10; i++) peer.send(produce(2 + i, new Uint8Array(700).fill(9)));
  await settle();
  assert.equal(views!.length, 700);
  assert.ok(views!.every((byte) => byte === 7));
  // The buffer is 2 KiB and may neither move nor grow: reading stops when it is full.
  assert.equal(peer.stream.readsPending, 0);
  handlers.produce = () => PRODUCED;
  waiting.resolve(PRODUCED);
  await settle();
  assert.deepEqual(peer.correlationIds(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  server.close();
});

Deno.test("Connection sees the peer leave when a request waits", async () => {
  const { network, server, handlers } = new Fixture();
  const waiting = deferred<Answer<HeartbeatResponseInit>>();
  let closes = 0;
  handlers.heartbeat = (context) => {
    context.connection.onClose(() => closes++);
    return waiting.promise;
  };
  const peer = network.dial();
  peer.send(heartbeat(1));
  await settle();
  assert.equal(closes, 0);
  peer.end();
  await settle();
  assert.equal(closes, 1);
  assert.equal(server.metrics.connectionsOpen, 0);
  waiting.resolve(OK);
  await settle();
  assert.equal(peer.writes.length, 0);
  server.close();
});

Deno.test("Connection answers when the peer has ended its side after a request", async () => {
  const { network, server } = new Fixture();
  const peer = network.dial();
  peer.stopReading();
  peer.send(heartbeat(5));
  await settle();
  peer.end();
  await settle();
  assert.ok(!peer.isClosed);
  peer.takeWrites();
  await settle();
  assert.deepEqual(peer.correlationIds(), [5]);
  assert.ok(peer.isClosed);
  server.close();
});

Deno.test("Connection writes nothing when the answer is NO_REPLY", async () => {
  const { network, server, handlers } = new Fixture();
  handlers.produce = (context) =>
    context.correlationId === 1
      ? NO_REPLY
      : new Accepted<ProduceResponseInit>(Promise.resolve(NO_REPLY));
  const peer = network.dial();
  peer.send(concat(produce(1, new Uint8Array(3)), produce(2, new Uint8Array(3)), heartbeat(3)));
  await settle();
  assert.deepEqual(peer.correlationIds(), [3]);
  server.close();
});

Deno.test("Connection sends earlier answers first when it is to be closed", async () => {
  const { network, server, handlers } = new Fixture();
  handlers.produce = () => CLOSE_CONNECTION;
  const peer = network.dial();
  peer.send(concat(heartbeat(1), produce(2, new Uint8Array(3)), heartbeat(3)));
  await settle();
  assert.deepEqual(peer.correlationIds(), [1]);
  assert.ok(peer.isClosed);
  server.close();
});

Deno.test("Connection lets others run when its turn takes long", async () => {
  const { network, server, handlers, clock } = new Fixture();
  let handled = 0;
  handlers.heartbeat = () => {
    handled++;
    clock.nowMs += 2;
    return NO_REPLY;
  };
  const peer = network.dial();
  peer.send(concat(...Array.from({ length: 9 }, (_, i) => heartbeat(i))));
  await settle();
  assert.equal(handled, 3);
  await clock.advance(0);
  assert.equal(handled, 6);
  await clock.advance(0);
  assert.equal(handled, 9);
  server.close();
});
