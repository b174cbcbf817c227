/** Whole clusters of the state machine on a virtual network. */
import assert from "node:assert/strict";
import { DEFAULT_GOSSIP_CONFIG, PACKET_BYTES_MAX } from "../../../src/gossip/config.ts";
import { addressOf, VirtualCluster } from "./virtual_cluster.ts";

function started(count: number, seed = 1): VirtualCluster {
  const cluster = new VirtualCluster(seed);
  for (let i = 0; i < count; i++) cluster.start(`n${i}`, i === 0 ? [] : ["n0"]);
  cluster.runUntil(() => cluster.isConverged(), 10_000);
  return cluster;
}

/** Changes to `failed` that somebody saw. */
function failures(cluster: VirtualCluster): string[] {
  return cluster.changes.filter(({ state }) => state === "failed")
    .map(({ by, about }) => `${about} by ${by}`);
}

function half(name: string, count: number): boolean {
  return Number(name.slice(1)) < count / 2;
}

for (const [count, joinMsMax, failMsMax] of [[3, 500, 8000], [10, 1500, 10_000]] as const) {
  Deno.test(`Gossip of ${count} members learns of joins, failures and farewells in time`, () => {
    for (let seed = 1; seed <= 5; seed++) {
      const cluster = new VirtualCluster(seed);
      for (let i = 0; i < count; i++) cluster.start(`n${i}`, i === 0 ? [] : ["n0"]);
      cluster.runUntil(() => cluster.isConverged(), joinMsMax);
      cluster.run(5000);
      cluster.stop("n1");
      cluster.runUntil(() => cluster.allHold("n1", "failed"), failMsMax);
      cluster.tell(cluster.node("n2"), { type: "leave" });
      cluster.runUntil(() => cluster.allHold("n2", "left"), 2000);
      cluster.run(2000);
      const farewells = cluster.effects.filter(({ effect }) => effect.type === "farewellSent");
      assert.deepEqual(farewells.map(({ by }) => by), ["n2"]);
      cluster.stop("n2");
      cluster.run(20_000);
      assert.ok(cluster.allHold("n2", "left"), "left is not failed");
      assert.deepEqual(
        new Set(failures(cluster).map((text) => text.split(" ")[0])),
        new Set(["n1"]),
      );
    }
  });
}

Deno.test("Gossip of 100 members learns of a join and a failure, in packets that fit", () => {
  const cluster = new VirtualCluster(7);
  for (let i = 0; i < 100; i++) cluster.start(`n${i}`, i === 0 ? [] : ["n0"]);
  cluster.runUntil(() => cluster.isConverged(), 4000);
  cluster.stop("n5");
  cluster.runUntil(() => cluster.allHold("n5", "failed"), 20_000);
  assert.deepEqual(new Set(failures(cluster).map((text) => text.split(" ")[0])), new Set(["n5"]));
  assert.ok(cluster.packetBytesMax <= DEFAULT_GOSSIP_CONFIG.payloadBytesMax);
  assert.ok(cluster.packetBytesMax < PACKET_BYTES_MAX);
});

Deno.test("Gossip sends two packets a second and member when nothing happens", () => {
  const cluster = started(10);
  cluster.run(10_000);
  cluster.packets = 0;
  cluster.run(10_000);
  assert.ok(cluster.packets <= 10 * 10 * 2.2, String(cluster.packets));
});

Deno.test("Gossip finds nobody failed while every fifth packet is lost", () => {
  for (let seed = 1; seed <= 3; seed++) {
    const cluster = started(10, seed);
    cluster.packetLoss = 0.2;
    cluster.run(60_000);
    assert.deepEqual(failures(cluster), []);
  }
});

Deno.test("Gossip finds a failure while every fifth packet is lost", () => {
  const cluster = started(10, 3);
  cluster.packetLoss = 0.2;
  cluster.run(5000);
  cluster.stop("n4");
  cluster.runUntil(() => cluster.allHold("n4", "failed"), 20_000);
});

Deno.test("Gossip lets suspects refute when packets are lost and streams don't help", () => {
  const cluster = started(10, 2);
  cluster.packetLoss = 0.2;
  cluster.hasStreamPings = false;
  cluster.run(60_000);
  const suspected = cluster.changes.filter(({ state }) => state === "suspect").length;
  const refuted = cluster.changes
    .filter(({ state, previous }) => state === "alive" && previous === "suspect").length;
  assert.ok(suspected > 20, `${suspected} suspicions`);
  assert.ok(refuted > suspected * 0.8, `${refuted} of ${suspected} refuted`);
  assert.deepEqual(failures(cluster), []);
});

Deno.test("Gossip keeps members by streams when packets between them are dropped", () => {
  const cluster = started(3);
  cluster.isPacketCut = (from, to) => [from, to].sort().join() === "n1,n2";
  cluster.run(5000);
  cluster.isPacketCut = () => true;
  cluster.run(60_000);
  assert.deepEqual(failures(cluster), []);
  assert.ok(cluster.effects.some(({ effect }) => effect.type === "packetsLost"));
});

Deno.test("Gossip lets a slow member accuse nobody, and hardly suffer itself", () => {
  const cluster = started(10, 4);
  cluster.changes.length = 0;
  for (let i = 0; i < 15; i++) {
    cluster.node("n1").stalledUntilMs = cluster.nowMs + 3000;
    cluster.run(4000);
  }
  const accused = cluster.changes.filter(({ state, about }) => state !== "alive" && about !== "n1");
  assert.deepEqual(accused, []);
  assert.deepEqual(failures(cluster), []);
});

Deno.test("Gossip knows a member again that starts anew, whatever its incarnation", () => {
  const cluster = started(5);
  cluster.run(3000);
  cluster.stop("n1");
  cluster.run(500);
  const again = cluster.start("n1", ["n0"], 1);
  const knowsRun = (by: string) => cluster.view(by).get("n1")?.bootId === again.bootId;
  cluster.runUntil(() => cluster.isConverged() && cluster.names().every(knowsRun), 5000);
  cluster.stop("n1");
  cluster.runUntil(() => cluster.allHold("n1", "failed"), 10_000);
  const third = cluster.start("n1", ["n0"], 1);
  cluster.runUntil(
    () => cluster.isConverged() && cluster.view("n4").get("n1")?.bootId === third.bootId,
    5000,
  );
});

Deno.test("Gossip takes a member back that has left", () => {
  const cluster = started(3);
  cluster.tell(cluster.node("n1"), { type: "leave" });
  cluster.runUntil(() => cluster.allHold("n1", "left"), 2000);
  cluster.stop("n1");
  cluster.run(1000);
  cluster.start("n1", ["n0"], 1);
  cluster.runUntil(() => cluster.isConverged(), 5000);
});

Deno.test("Gossip makes both sides of a cut cluster one again", () => {
  for (const count of [4, 10, 30]) {
    const cluster = started(count, count);
    cluster.isCut = (from, to) => half(from, count) !== half(to, count);
    cluster.run(60_000);
    for (const by of cluster.names()) {
      for (const [about, { state }] of cluster.view(by)) {
        assert.equal(state, half(by, count) === half(about, count) ? "alive" : "failed");
      }
    }
    cluster.isCut = () => false;
    cluster.runUntil(() => cluster.isConverged(), 10_000);
  }
});

Deno.test("Gossip makes groups one that started apart, by a seed that did not answer", () => {
  const cluster = new VirtualCluster(3);
  cluster.start("a", ["d"]);
  cluster.start("c", ["a"]);
  cluster.run(5000);
  cluster.start("d");
  cluster.start("b", ["d"]);
  cluster.runUntil(() => cluster.isConverged(), 12_000);
});

Deno.test("Gossip spreads tags to all", () => {
  const cluster = started(10);
  cluster.tell(cluster.node("n3"), { type: "setTags", tags: new Map([["version", "2"]]) });
  const versions = () =>
    cluster.names().map((by) => cluster.view(by).get("n3")?.tags.get("version"));
  cluster.runUntil(() => versions().every((version) => version === "2"), 2000);
});

Deno.test("Gossip survives one-way loss without finding anybody failed", () => {
  const cluster = started(5);
  cluster.isCut = (from, to) => from === "n1" && to === "n2";
  cluster.run(30_000);
  assert.deepEqual(failures(cluster), []);
});

Deno.test("Gossip is not moved by noise and by packets for others", () => {
  const cluster = started(3);
  const before = JSON.stringify([...cluster.view("n0")]);
  const { gossip } = cluster.node("n0");
  let word = 1;
  for (let i = 0; i < 2000; i++) {
    const payload = new Uint8Array(i % 1500);
    for (let at = 0; at < payload.length; at++) {
      word = Math.imul(word, 1_103_515_245) + 12_345;
      payload[at] = word >>> 16;
    }
    gossip.step(cluster.nowMs, { type: "packet", payload });
  }
  assert.equal(JSON.stringify([...cluster.view("n0")]), before);
  assert.equal(gossip.members().length, 3);
});

Deno.test("Gossip does the same for the same seed", () => {
  const run = () => {
    const cluster = started(10, 42);
    cluster.packetLoss = 0.3;
    cluster.run(10_000);
    return [cluster.packets, cluster.packetBytes, cluster.changes];
  };
  assert.deepEqual(run(), run());
  assert.equal(addressOf("a").port, 9093);
});
