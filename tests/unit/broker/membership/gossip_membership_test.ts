/** Memberships on real packets and streams over loopback. */
import assert from "node:assert/strict";
import { ClusterKeys } from "../../../../src/broker/cluster/cluster_keys.ts";
import { streamCiphers } from "../../../../src/broker/cluster/secure_handshake.ts";
import { SecureNetwork } from "../../../../src/broker/cluster/secure_network.ts";
import { GossipMembership } from "../../../../src/broker/membership/gossip_membership.ts";
import type { Member } from "../../../../src/broker/membership/membership.ts";
import { DEFAULT_GOSSIP_CONFIG } from "../../../../src/gossip/config.ts";
import { gossipPingRoute, gossipPushPullRoute } from "../../../../src/handlers/gossip.ts";
import { DenoCiphers } from "../../../../src/host/deno_ciphers.ts";
import { DenoClock } from "../../../../src/host/deno_clock.ts";
import { DenoDatagrams } from "../../../../src/host/deno_datagrams.ts";
import { DenoDigests } from "../../../../src/host/deno_digests.ts";
import { DenoNetwork } from "../../../../src/host/deno_network.ts";
import { DenoRandom } from "../../../../src/host/deno_random.ts";
import type { Network, SocketAddress } from "../../../../src/io/network.ts";
import { DEFAULT_LIMITS } from "../../../../src/server/limits.ts";
import { Server } from "../../../../src/server/server.ts";
import { SimulatedDisk } from "../../log/simulated_disk.ts";
import { RecordingLogger } from "../../server/fixture.ts";

const KEY = new Uint8Array(32).fill(1);
const clock = new DenoClock();
const random = new DenoRandom();
const digests = new DenoDigests();

interface Node {
  readonly membership: GossipMembership;
  readonly address: SocketAddress;
  readonly disk: SimulatedDisk;
  readonly logger: RecordingLogger;
  stop(): Promise<void>;
}

interface NodeOptions {
  readonly name: string;
  readonly key?: Uint8Array;
  readonly disk?: SimulatedDisk;
}

/** A membership with the cluster port that its streams need. */
function start({ name, key, disk = new SimulatedDisk() }: NodeOptions): Node {
  const logger = new RecordingLogger();
  const keys = key === undefined ? undefined : new ClusterKeys(digests, [key]);
  const ciphers = DenoCiphers.aes256Gcm();
  const plain = new DenoNetwork();
  const network: Network = keys === undefined ? plain : new SecureNetwork(plain, {
    keys,
    ciphers: streamCiphers(ciphers),
    digests,
    random,
    clock,
    logger,
  });
  let membership: GossipMembership | undefined;
  const peer = () => {
    assert.ok(membership !== undefined);
    return membership;
  };
  const server = new Server({
    network,
    clock,
    logger,
    limits: DEFAULT_LIMITS,
    routes: [
      gossipPushPullRoute({
        answerPushPull: (request) => peer().answerPushPull(request),
        answerPing: (request) => peer().answerPing(request),
      }),
      gossipPingRoute({
        answerPushPull: (request) => peer().answerPushPull(request),
        answerPing: (request) => peer().answerPing(request),
      }),
    ],
  });
  const address = server.listen("CLUSTER", { host: "127.0.0.1", port: 0 });
  const started = membership = GossipMembership.start({
    name,
    listen: address,
    advertised: address,
    tags: new Map([["of", name]]),
    datagrams: new DenoDatagrams(),
    network,
    clock,
    random,
    disk,
    logger,
    ...(keys === undefined ? {} : { security: { keys, ciphers } }),
    config: { ...DEFAULT_GOSSIP_CONFIG, gossipIntervalMs: 20, joinRetryMs: 50 },
  });
  const stop = async () => {
    await started.close();
    server.close();
  };
  return { membership, address, disk, logger, stop };
}

/** Resolves when `isSo` holds of what `node` knows. */
function until(node: Node, isSo: (members: ReadonlyMap<string, Member>) => boolean): Promise<void> {
  const check = () => isSo(new Map(node.membership.members().map((one) => [one.name, one])));
  if (check()) return Promise.resolve();
  return new Promise((resolve) => {
    node.membership.onChange(() => {
      if (check()) resolve();
    });
  });
}

function hasAlive(...names: string[]) {
  return (members: ReadonlyMap<string, Member>) =>
    names.every((name) => members.get(name)?.state === "alive");
}

for (const key of [undefined, KEY]) {
  const how = key === undefined ? "in the open" : "with a cluster key";
  Deno.test(`GossipMembership finds others, hears of tags and of farewells ${how}`, async () => {
    const nodes = ["a", "b", "c"].map((name) => start({ name, ...(key && { key }) }));
    const [a, b, c] = nodes as [Node, Node, Node];
    b.membership.join([b.address, a.address]);
    c.membership.join([b.address]);
    await Promise.all(nodes.map((node) => until(node, hasAlive("a", "b", "c"))));
    assert.equal(b.membership.members()[0]?.name, "b");
    assert.deepEqual(a.membership.members().find(({ name }) => name === "c")?.address, c.address);
    c.membership.setTags(new Map([["of", "c"], ["rack", "r1"]]));
    const isTold = (members: ReadonlyMap<string, Member>) =>
      members.get("c")?.tags.get("rack") === "r1";
    await Promise.all([until(a, isTold), until(b, isTold)]);
    await c.membership.leave();
    await Promise.all([a, b].map((node) => until(node, (all) => all.get("c")?.state === "left")));
    await Promise.all(nodes.map((node) => node.stop()));
    assert.ok(a.logger.lines.includes("info member left"));
    assert.ok(!a.logger.lines.includes("warn member failed"));
    assert.equal(a.membership.counters.packetsRejected, 0);
    assert.ok(a.membership.counters.packetsReceived > 0);
  });
}

Deno.test("GossipMembership finds its way back by what it remembers, as a later run", async () => {
  const [a, b] = [start({ name: "a" }), start({ name: "b" })];
  b.membership.join([a.address]);
  await Promise.all([until(a, hasAlive("b")), until(b, hasAlive("a"))]);
  const before = b.membership.self;
  await b.stop();
  const again = start({ name: "b", disk: b.disk });
  assert.ok(again.membership.self.incarnation > before.incarnation);
  await until(again, hasAlive("a"));
  await until(a, (members) => members.get("b")?.bootId === again.membership.self.bootId);
  await Promise.all([a.stop(), again.stop()]);
});

Deno.test("GossipMembership with another key finds nobody and changes nothing", async () => {
  const a = start({ name: "a", key: KEY });
  const stranger = start({ name: "stranger", key: new Uint8Array(32).fill(2) });
  const open = start({ name: "open" });
  stranger.membership.join([a.address]);
  open.membership.join([a.address]);
  const isRefused = (node: Node) => node.logger.lines.includes("warn member can't be reached");
  while (!isRefused(stranger) || !isRefused(open)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const socket = new DenoDatagrams().bind({ host: "127.0.0.1", port: 0 });
  for (let i = 0; i < 10; i++) socket.send(new Uint8Array(100 * i).fill(i), a.address);
  while (a.membership.counters.packetsReceived === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  socket.close();
  const { packetsReceived, packetsRejected } = a.membership.counters;
  assert.equal(packetsRejected, packetsReceived);
  for (const node of [a, stranger, open]) assert.equal(node.membership.members().length, 1);
  await Promise.all([a.stop(), stranger.stop(), open.stop()]);
});

Deno.test("GossipMembership.leave() resolves at once when nobody is there, and after close()", async () => {
  const a = start({ name: "a" });
  await a.membership.leave();
  await a.membership.leave();
  await a.stop();
  await a.membership.leave();
  await a.membership.close();
});

Deno.test("GossipMembership.start() refuses a name that is too long, and a port that is taken", async () => {
  const a = start({ name: "a" });
  const options = {
    listen: a.address,
    advertised: a.address,
    tags: new Map<string, string>(),
    datagrams: new DenoDatagrams(),
    network: new DenoNetwork(),
    clock,
    random,
    disk: new SimulatedDisk(),
    logger: new RecordingLogger(),
  };
  assert.throws(() => GossipMembership.start({ ...options, name: "n".repeat(65) }), RangeError);
  assert.throws(() => GossipMembership.start({ ...options, name: "b" }), /EADDRINUSE/);
  await a.stop();
});

Deno.test("GossipMembership passes over a list whose member has an unknown state", async () => {
  const a = start({ name: "a" });
  const member = {
    name: "x",
    host: "127.0.0.1",
    port: 1,
    bootId: "x",
    incarnation: 1,
    state: 9,
    tags: [],
  };
  const answer = a.membership.answerPushPull({ members: [member] });
  assert.deepEqual(answer.members.map(({ name }) => name), ["a"]);
  const taken = a.membership.answerPushPull({ members: [{ ...member, state: 0 }] });
  assert.deepEqual(taken.members.map(({ name }) => name), ["a", "x"]);
  assert.deepEqual(a.membership.answerPing({ target: "x" }), { name: "a" });
  await a.stop();
});
