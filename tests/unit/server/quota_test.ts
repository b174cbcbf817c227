import assert from "node:assert/strict";
import { Accepted, type Answer, NO_REPLY, Throttled } from "../../../src/handlers/route.ts";
import type { ProduceResponseInit } from "../../../src/protocol/generated/produce_response.ts";
import { DEFAULT_LIMITS } from "../../../src/server/limits.ts";
import { Server } from "../../../src/server/server.ts";
import { settle } from "./fake_clock.ts";
import { concat, deferred, Fixture, heartbeat, produce } from "./fixture.ts";
import { MemoryNetwork } from "./memory_network.ts";

Deno.test("Connection is muted by a throttled request that gets no answer", async () => {
  const { network, server, handlers, clock } = new Fixture();
  handlers.produce = () => new Throttled<ProduceResponseInit>(NO_REPLY, 300);
  const peer = network.dial();
  peer.send(concat(produce(1, new Uint8Array(3)), heartbeat(2)));
  await settle();
  await clock.advance(299);
  assert.deepEqual(peer.correlationIds(), []);
  await clock.advance(1);
  assert.deepEqual(peer.correlationIds(), [2]);
  server.close();
});

Deno.test("Connection stays muted for the longest time of pipelined requests", async () => {
  const { network, server, handlers, clock } = new Fixture();
  const answers = [1000, 200].map((muteMs) => {
    const { promise, resolve } = deferred<Answer<ProduceResponseInit>>();
    return { promise, resolve: () => resolve(new Throttled({ responses: [] }, muteMs)) };
  });
  handlers.produce = ({ correlationId }) => new Accepted(answers[correlationId - 1]!.promise);
  const peer = network.dial();
  peer.send(concat(produce(1, new Uint8Array(3)), produce(2, new Uint8Array(3))));
  await settle();
  for (const { resolve } of answers) resolve();
  await settle();
  peer.send(heartbeat(3));
  await clock.advance(999);
  assert.deepEqual(peer.correlationIds(), [1, 2]);
  await clock.advance(1);
  assert.deepEqual(peer.correlationIds(), [1, 2, 3]);
  server.close();
});

/** A server that lets each address in once, and refuses it after 500 ms from then on. */
function strictServer() {
  const fixture = new Fixture();
  const { clock, logger } = fixture;
  fixture.server.close();
  const network = new MemoryNetwork();
  const seen = new Set<string>();
  const server = new Server({
    network,
    clock,
    logger,
    routes: fixture.routes(),
    limits: { ...DEFAULT_LIMITS, connectionsPerIpMax: 2 },
    connectionQuota: {
      accepted: () => 0,
      connected(ip) {
        const delayMs = seen.has(ip) ? 500 : 0;
        seen.add(ip);
        return delayMs;
      },
    },
  });
  server.listen("PLAINTEXT", { host: "127.0.0.1", port: 0 });
  return { server, network, clock };
}

Deno.test("Server closes a connection that came too early, unserved and later", async () => {
  const { server, network, clock } = strictServer();
  const first = network.dial();
  const early = network.dial();
  first.send(heartbeat(1));
  early.send(heartbeat(1));
  await settle();
  assert.deepEqual([first.correlationIds(), early.correlationIds()], [[1], []]);
  await clock.advance(499);
  assert.equal(early.isClosed, false);
  await clock.advance(1);
  assert.deepEqual([first.isClosed, early.isClosed], [false, true]);
  assert.equal(server.metrics.connectionsRefused, 1);
  server.close();
});

Deno.test("Server.close() closes connections that wait to be refused", async () => {
  const { server, network, clock } = strictServer();
  network.dial();
  const early = network.dial();
  await settle();
  server.close();
  await settle();
  assert.equal(early.isClosed, true);
  assert.equal(clock.pendingTimers, 0);
});

Deno.test("Server counts a connection that waits to be refused among those of its address", async () => {
  const { server, network, clock } = strictServer();
  network.dial();
  network.dial();
  await settle();
  const third = network.dial();
  await settle();
  assert.equal(third.isClosed, true);
  await clock.advance(500);
  const fourth = network.dial();
  await settle();
  assert.equal(fourth.isClosed, false);
  server.close();
});

Deno.test("Server accepts no more for as long as the quota says, and serves who is in", async () => {
  const fixture = new Fixture();
  const { clock, logger } = fixture;
  fixture.server.close();
  const network = new MemoryNetwork();
  let count = 0;
  const server = new Server({
    network,
    clock,
    logger,
    routes: fixture.routes(),
    limits: DEFAULT_LIMITS,
    connectionQuota: { connected: () => 0, accepted: () => ++count === 1 ? 300 : 0 },
  });
  server.listen("PLAINTEXT", { host: "127.0.0.1", port: 0 });
  const first = network.dial();
  const second = network.dial();
  first.send(heartbeat(1));
  second.send(heartbeat(1));
  await settle();
  await clock.advance(299);
  assert.deepEqual([first.correlationIds(), second.correlationIds()], [[1], []]);
  await clock.advance(1);
  assert.deepEqual([first.correlationIds(), second.correlationIds()], [[1], [1]]);
  assert.equal(server.metrics.connectionsRefused, 0);
  server.close();
});

Deno.test("Server lets those in who wait when the most connections are raised", async () => {
  const fixture = new Fixture();
  const { clock, logger } = fixture;
  fixture.server.close();
  const network = new MemoryNetwork();
  const limits = { ...DEFAULT_LIMITS, connectionsMax: 1 };
  const server = new Server({ network, clock, logger, routes: fixture.routes(), limits });
  server.listen("PLAINTEXT", { host: "127.0.0.1", port: 0 });
  network.dial();
  const second = network.dial();
  second.send(heartbeat(1));
  await clock.advance(5_000);
  assert.deepEqual(second.correlationIds(), []);
  limits.connectionsMax = 2;
  await clock.advance(1_000);
  assert.deepEqual(second.correlationIds(), [1]);
  server.close();
});
