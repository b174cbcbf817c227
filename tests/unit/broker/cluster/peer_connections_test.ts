import assert from "node:assert/strict";
import {
  PeerConnections,
  PeerUnknownError,
} from "../../../../src/broker/cluster/peer_connections.ts";
import type { SocketAddress } from "../../../../src/io/network.ts";
import { ScriptedNetwork } from "../../client/scripted_network.ts";
import { FakeClock, settle } from "../../server/fake_clock.ts";

class World {
  readonly network = new ScriptedNetwork();
  readonly clock = new FakeClock();
  address: SocketAddress | undefined = { host: "10.0.0.2", port: 9093 };
  readonly connections = new PeerConnections({
    network: this.network,
    clock: this.clock,
    addresses: { addressOf: () => this.address },
    clientId: "broker-1",
    requestTimeoutMs: 1000,
  });

  get dials(): number {
    return this.network.peers.length;
  }
}

Deno.test("PeerConnections.shared() keeps one connection for each broker and purpose", async () => {
  const world = new World();
  const first = await world.connections.shared(2, "raft");
  assert.equal(await world.connections.shared(2, "raft"), first);
  assert.notEqual(await world.connections.shared(2, "control"), first);
  assert.equal(world.dials, 2);
  first.close();
  await settle();
  assert.notEqual(await world.connections.shared(2, "raft"), first);
  assert.equal(world.dials, 3);
  world.connections.close();
  await settle();
});

Deno.test("PeerConnections.shared() waits longer after each failed dial, and not for a new address", async () => {
  const world = new World();
  const refused = () => world.network.failures.push(new Error("refused"));
  refused();
  await assert.rejects(world.connections.shared(2, "raft"), /refused/);
  await assert.rejects(world.connections.shared(2, "raft"), /refused/, "not dialled again");
  await world.clock.advance(20);
  refused();
  await assert.rejects(world.connections.shared(2, "raft"), /refused/);
  await world.clock.advance(20);
  await assert.rejects(world.connections.shared(2, "raft"), /refused/, "twice as long");
  world.address = { host: "10.0.0.7", port: 9093 };
  assert.equal((await world.connections.shared(2, "raft")).address.host, "10.0.0.7");
  assert.equal(world.network.failures.length, 0);
  world.connections.close();
  await settle();
});

Deno.test("PeerConnections.shared() leaves the old address of a broker that has moved", async () => {
  const world = new World();
  const before = await world.connections.shared(2, "raft");
  world.address = { host: "10.0.0.7", port: 9093 };
  const after = await world.connections.shared(2, "raft");
  assert.equal(after.address.host, "10.0.0.7");
  await settle();
  assert.equal(before.isOpen, false);
  world.connections.close();
  await settle();
});

Deno.test("PeerConnections.dial() opens a connection of the caller's own", async () => {
  const world = new World();
  const shared = await world.connections.shared(2, "raft");
  const own = await world.connections.dial(2);
  assert.notEqual(own, shared);
  world.connections.close();
  await settle();
  assert.deepEqual([own.isOpen, shared.isOpen], [false, false]);
  assert.equal(world.clock.pendingTimers, 0);
});

Deno.test("PeerConnections refuses brokers that nobody knows, and everybody once it is closed", async () => {
  const world = new World();
  world.address = undefined;
  await assert.rejects(world.connections.shared(2, "raft"), PeerUnknownError);
  await assert.rejects(world.connections.dial(2), PeerUnknownError);
  world.address = { host: "10.0.0.2", port: 9093 };
  world.connections.close();
  await assert.rejects(world.connections.shared(2, "raft"), PeerUnknownError);
});
