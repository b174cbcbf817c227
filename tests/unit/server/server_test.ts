import assert from "node:assert/strict";
import type { Answer } from "../../../src/handlers/route.ts";
import type { HeartbeatResponseInit } from "../../../src/protocol/generated/heartbeat_response.ts";
import { FakeClock, settle } from "./fake_clock.ts";
import { concat, deferred, Fixture, heartbeat, produce } from "./fixture.ts";

const OK: HeartbeatResponseInit = { throttleTimeMs: 0, errorCode: 0 };

Deno.test("Server closes a connection when a request is not completed in time", async () => {
  const { network, server, clock, logger } = new Fixture({ frameTimeoutMs: 30_000 });
  const slow = network.dial();
  const steady = network.dial("10.0.0.2");
  slow.send(heartbeat(1).subarray(0, 7));
  const large = produce(2, new Uint8Array(4_000_000));
  await settle();
  for (let second = 0; second < 33; second++) {
    steady.send(large.subarray(second * 30_000, (second + 1) * 30_000));
    await clock.advance(1000);
  }
  assert.ok(slow.isClosed);
  assert.ok(!steady.isClosed);
  assert.equal(server.metrics.connectionsTimedOut, 1);
  assert.deepEqual(logger.lines, ["info connection timed out"]);
  server.close();
});

Deno.test("Server closes a connection when it drips slower than the least rate", async () => {
  const { network, server, clock } = new Fixture({ frameBytesPerSecondMin: 1000 });
  const peer = network.dial();
  const large = produce(2, new Uint8Array(1_000_000));
  let second = 0;
  for (; second < 200 && !peer.isClosed; second++) {
    peer.send(large.subarray(second * 500, (second + 1) * 500));
    await clock.advance(1000);
  }
  // 30 s of grace, then 1000 B/s are due of which half comes: even after 60 s.
  assert.ok(second >= 60 && second <= 64, `closed after ${second} s`);
  server.close();
});

Deno.test("Server closes a connection when it is idle, and not while a request waits", async () => {
  const { network, server, clock, handlers } = new Fixture({ connectionIdleMsMax: 10_000 });
  const waiting = deferred<Answer<HeartbeatResponseInit>>();
  handlers.heartbeat = () => waiting.promise;
  const idle = network.dial();
  const busy = network.dial("10.0.0.2");
  busy.send(heartbeat(1));
  await settle();
  await clock.advance(9_000);
  assert.ok(!idle.isClosed);
  await clock.advance(3_000);
  assert.ok(idle.isClosed);
  assert.ok(!busy.isClosed);
  waiting.resolve(OK);
  await settle();
  assert.deepEqual(busy.correlationIds(), [1]);
  server.close();
});

Deno.test("Server closes a connection when its peer takes no reply", async () => {
  const { network, server, clock } = new Fixture({ writeTimeoutMs: 20_000 });
  const peer = network.dial();
  peer.stopReading();
  peer.send(heartbeat(1));
  await settle();
  await clock.advance(20_000);
  assert.ok(!peer.isClosed);
  await clock.advance(2_000);
  assert.ok(peer.isClosed);
  server.close();
});

Deno.test("Server refuses a connection when its address has as many as it may", async () => {
  const { network, server } = new Fixture({
    connectionsPerIpMax: 2,
    connectionsPerIpOverrides: new Map([["10.0.0.9", 1]]),
  });
  const peers = ["10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.9", "10.0.0.9"]
    .map((host) => network.dial(host));
  await settle();
  assert.deepEqual(peers.map((peer) => peer.isClosed), [false, false, true, false, true]);
  peers[0]!.end();
  await settle();
  const next = network.dial("10.0.0.1");
  await settle();
  assert.ok(!next.isClosed);
  assert.equal(server.metrics.connectionsRefused, 2);
  server.close();
});

Deno.test("Server accepts no more than connectionsMax until one has ended", async () => {
  const { network, server } = new Fixture({ connectionsMax: 2 });
  const peers = [network.dial(), network.dial(), network.dial()];
  await settle();
  assert.equal(network.listeners[0]!.accepted, 2);
  peers[0]!.end();
  await settle();
  assert.equal(network.listeners[0]!.accepted, 3);
  peers[2]!.send(heartbeat(3));
  await settle();
  assert.deepEqual(peers[2]!.correlationIds(), [3]);
  server.close();
});

Deno.test("Server waits longer each time when accept fails, then goes on", async () => {
  const { network, server, clock } = new Fixture();
  await settle();
  for (let i = 0; i < 3; i++) network.listeners[0]!.offer(new Error("EMFILE"));
  const peer = network.dial();
  peer.send(heartbeat(1));
  await settle();
  assert.equal(server.metrics.acceptErrors, 1);
  await clock.advance(10);
  assert.equal(server.metrics.acceptErrors, 2);
  await clock.advance(19);
  assert.equal(server.metrics.acceptErrors, 2);
  await clock.advance(1);
  assert.equal(server.metrics.acceptErrors, 3);
  assert.equal(peer.writes.length, 0);
  await clock.advance(40);
  assert.deepEqual(peer.correlationIds(), [1]);
  server.close();
});

Deno.test("Server.drain() answers what is under way, takes nothing new, and ends", async () => {
  const { network, server, handlers, clock } = new Fixture();
  const waiting = deferred<Answer<HeartbeatResponseInit>>();
  handlers.heartbeat = () => waiting.promise;
  const idle = network.dial();
  const busy = network.dial();
  busy.send(concat(heartbeat(1), heartbeat(2)));
  await settle();
  let isDrained = false;
  const drained = server.drain(5_000).then(() => isDrained = true);
  await settle();
  assert.ok(idle.isClosed);
  assert.ok(network.listeners[0]!.isClosed);
  assert.ok(!busy.isClosed && !isDrained);
  waiting.resolve(OK);
  await drained;
  assert.deepEqual(busy.correlationIds(), [1]);
  assert.ok(busy.isClosed);
  assert.equal(clock.pendingTimers, 0);
});

Deno.test("Server.drain() ends at its deadline when a request is not answered", async () => {
  const { network, server, handlers, clock } = new Fixture();
  handlers.heartbeat = () => new Promise(() => {});
  const peer = network.dial();
  peer.send(heartbeat(1));
  await settle();
  const drained = server.drain(5_000);
  await clock.advance(4_999);
  assert.ok(!peer.isClosed);
  await clock.advance(1);
  await drained;
  assert.ok(peer.isClosed);
});

Deno.test("Server counts requests, bytes and latency by API", async () => {
  const { network, server, handlers, clock } = new Fixture();
  handlers.heartbeat = () => {
    clock.nowMs += 3;
    return OK;
  };
  const peer = network.dial();
  peer.send(concat(heartbeat(1), heartbeat(2)));
  await settle();
  const metrics = [...server.metrics.apis()].find((each) => each.apiName === "Heartbeat")!;
  assert.equal(metrics.requestsByVersion[4], 2);
  assert.equal(metrics.requestBytes, 2 * (heartbeat(1).length - 4));
  assert.equal(metrics.responseBytes, server.metrics.bytesOut);
  assert.equal(metrics.latency.count, 2);
  assert.equal(metrics.latency.sumMs, 6);
  assert.equal(metrics.latency.counts[5], 2);
  assert.equal(server.metrics.bytesIn, 2 * heartbeat(1).length);
  server.close();
});

Deno.test("FakeClock runs timers in order of their due times", async () => {
  const clock = new FakeClock();
  const ran: number[] = [];
  clock.schedule(20, () => ran.push(20));
  clock.schedule(10, () => ran.push(10));
  clock.schedule(30, () => ran.push(30)).cancel();
  await clock.advance(40);
  assert.deepEqual(ran, [10, 20]);
});

Deno.test("Server.listen() lets connections wait until it is opened", async () => {
  const { network, server } = new Fixture();
  const opening = deferred<void>();
  server.listen("LATE", { host: "127.0.0.1", port: 0 }, opening.promise);
  const peer = network.dial("10.0.0.1", 1);
  peer.send(heartbeat(1));
  await settle();
  assert.equal(peer.writes.length, 0);
  assert.equal(server.metrics.connectionsAccepted, 0);
  opening.resolve();
  await settle();
  assert.deepEqual(peer.correlationIds(), [1]);
  server.close();
});
