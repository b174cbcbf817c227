import assert from "node:assert/strict";
import type { ByteStream } from "../../../src/io/network.ts";
import { GOOD_LINK } from "../../sim/world/fabric.ts";
import type { Machine } from "../../sim/world/machine.ts";
import { SimulatedCiphers } from "../../sim/world/simulated_ciphers.ts";
import { type Environment, World } from "../../sim/world/world.ts";

const PORT = 7;

/** Two machines with a process each. */
function pair(seed = 1) {
  const world = new World(seed);
  const boot = (name: string, host: string) => {
    const machine = world.addMachine(name, host);
    return { machine, io: world.environment(machine.boot()) };
  };
  return { world, a: boot("a", "10.0.0.1"), b: boot("b", "10.0.0.2") };
}

/** A connection between the two. */
async function connected(world: World, from: Environment, to: Environment, host: string) {
  const listener = to.network.listen({ host, port: PORT });
  const accepting = listener.accept();
  const dialling = from.network.connect({ host, port: PORT });
  const near = await world.time.runUntil(dialling, 1000);
  const far = await world.time.runUntil(accepting, 1000);
  assert.ok(far !== undefined);
  return { near, far };
}

async function readText(world: World, stream: ByteStream, limitMs = 1000): Promise<string> {
  const into = new Uint8Array(100);
  const count = await world.time.runUntil(stream.read(into), limitMs);
  return new TextDecoder().decode(into.subarray(0, count));
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

function setBlocks(world: World, from: Machine, to: Machine, blocks: number): void {
  world.fabric.link(from.host, to.host).blocks = blocks;
}

Deno.test("VirtualTime runs events in the order of their times, and of their making", async () => {
  const { time } = new World(1);
  const seen: string[] = [];
  time.schedule(5, () => seen.push("late"));
  time.schedule(2, () => seen.push("first"));
  time.schedule(2, () => seen.push("second"));
  time.schedule(3, () => seen.push("cancelled")).cancel();
  await time.run(4);
  assert.deepEqual(seen, ["first", "second"]);
  assert.equal(time.nowMs, 4);
  await time.run(10);
  assert.deepEqual(seen, ["first", "second", "late"]);
});

Deno.test("VirtualTime settles every promise before the next event", async () => {
  const { time } = new World(1);
  const seen: string[] = [];
  const chain = async () => {
    for (let i = 0; i < 1000; i++) await null;
    seen.push("chain");
  };
  time.schedule(1, () => void chain());
  time.schedule(1, () => seen.push("next event"));
  await time.run(2);
  assert.deepEqual(seen, ["chain", "next event"]);
});

Deno.test("VirtualTime.run() throws what the run was failed with", async () => {
  const { time } = new World(1);
  time.schedule(1, () => time.fail(new Error("broken rule")));
  await assert.rejects(time.run(5), /broken rule/);
});

Deno.test("SimulatedStream delivers what was written, in order, and the end", async () => {
  const { world, a, b } = pair();
  const { near, far } = await connected(world, a.io, b.io, b.machine.host);
  await near.write(bytesOf("one "));
  await near.write(bytesOf("two"));
  near.close();
  let text = "";
  for (let part = "x"; part !== ""; text += part) part = await readText(world, far);
  assert.equal(text, "one two");
});

Deno.test("SimulatedStream holds a writer back when nobody reads", async () => {
  const { world, a, b } = pair();
  const { near, far } = await connected(world, a.io, b.io, b.machine.host);
  let isWritten = false;
  void near.write(new Uint8Array(300_000)).then(() => isWritten = true);
  await world.time.run(world.time.nowMs + 1000);
  assert.equal(isWritten, false);
  await world.time.runUntil(far.read(new Uint8Array(200_000)), 1000);
  await world.time.run(world.time.nowMs + 10);
  assert.equal(isWritten, true);
});

Deno.test("SimulatedStream delivers after a blocked link is open again", async () => {
  const { world, a, b } = pair();
  const { near, far } = await connected(world, a.io, b.io, b.machine.host);
  setBlocks(world, a.machine, b.machine, 1);
  await near.write(bytesOf("late"));
  const reading = far.read(new Uint8Array(10));
  await world.time.run(world.time.nowMs + 3000);
  setBlocks(world, a.machine, b.machine, 0);
  const healedMs = world.time.nowMs;
  assert.equal(await world.time.runUntil(reading, 20_000), 4);
  assert.ok(world.time.nowMs > healedMs);
  // The other direction was never blocked.
  await far.write(bytesOf("back"));
  assert.equal(await readText(world, near), "back");
});

Deno.test("SimulatedStream gives up when a link stays blocked", async () => {
  const { world, a, b } = pair();
  const { near } = await connected(world, a.io, b.io, b.machine.host);
  setBlocks(world, a.machine, b.machine, 1);
  await near.write(bytesOf("lost"));
  await assert.rejects(readText(world, near, 200_000), { name: "TimedOut" });
});

Deno.test("Machine.kill() tells peers when the process dies", async () => {
  for (let seed = 1; seed <= 6; seed++) {
    const { world, a, b } = pair(seed);
    const { near } = await connected(world, a.io, b.io, b.machine.host);
    b.machine.kill("process");
    const text = await readText(world, near).catch((error: Error) => error.name);
    assert.ok(text === "" || text === "ConnectionReset", text);
    const refused = a.io.network.connect({ host: b.machine.host, port: PORT });
    await assert.rejects(world.time.runUntil(refused, 1000), { name: "ConnectionRefused" });
  }
});

Deno.test("Machine.kill() tells nobody when the power fails, until the machine is back", async () => {
  const { world, a, b } = pair();
  const { near } = await connected(world, a.io, b.io, b.machine.host);
  b.machine.kill("power");
  const reading = readText(world, near, 100_000).catch((error: Error) => error.name);
  await near.write(bytesOf("anybody?"));
  await world.time.run(world.time.nowMs + 5000);
  b.machine.boot();
  assert.equal(await reading, "ConnectionReset");
});

Deno.test("Machine.kill() leaves no timer and no promise of the process alive", async () => {
  const { world, a } = pair();
  const { clock, disk } = a.io;
  const seen: string[] = [];
  const file = disk.open("f", { create: true });
  void file.sync().then(() => seen.push("synced"), () => seen.push("sync failed"));
  clock.schedule(10, () => seen.push("timer"));
  a.machine.kill("process");
  clock.schedule(0, () => seen.push("timer of the dead"));
  // The rest of the turn in which it died.
  assert.throws(() => disk.open("f"), { name: "SimulatedCrash" });
  await world.time.run(1000);
  assert.deepEqual(seen, []);
});

Deno.test("Machine.boot() finds on the disk what the crash has left", async () => {
  const { world, a } = pair();
  const file = a.io.disk.open("f", { create: true });
  a.io.disk.syncDirectory("");
  file.write(bytesOf("synced"), 0);
  file.syncNow();
  file.write(bytesOf(" and not"), 6);
  a.machine.kill("process");
  await world.time.run(1);
  const again = world.environment(a.machine.boot());
  assert.equal(again.disk.open("f").size(), 14);
  a.machine.disk.crash("power", () => 0.1);
  assert.equal(world.environment(a.machine.boot()).disk.open("f").size(), 6);
});

Deno.test("SimulatedProcess.pause() holds events back until it goes on", async () => {
  const { world, a } = pair();
  const seen: number[] = [];
  a.io.clock.schedule(10, () => seen.push(world.time.nowMs));
  a.machine.process?.pause();
  await world.time.run(100);
  assert.deepEqual(seen, []);
  a.machine.process?.resume();
  assert.deepEqual(seen, [100]);
});

Deno.test("ProcessClock drifts and jumps with its machine", async () => {
  const { world, a } = pair();
  const startMs = a.io.clock.wallMs();
  a.machine.setRate(1.5);
  await world.time.run(1000);
  assert.equal(a.io.clock.monotonicMs(), 1500);
  a.machine.wallOffsetMs = -5000;
  assert.equal(a.io.clock.wallMs(), startMs + 1500 - 5000);
  let ranAtMs = 0;
  a.io.clock.schedule(150, () => ranAtMs = world.time.nowMs);
  await world.time.run(2000);
  assert.equal(Math.round(ranAtMs), 1100);
});

Deno.test("SimulatedNetwork.connect() fails in time when nobody can answer", async () => {
  const { world, a, b } = pair();
  setBlocks(world, b.machine, a.machine, 1);
  b.io.network.listen({ host: b.machine.host, port: PORT });
  const dialling = a.io.network.connect({ host: b.machine.host, port: PORT });
  await assert.rejects(world.time.runUntil(dialling, 200_000), { name: "TimedOut" });
});

Deno.test("SimulatedDatagrams lose, repeat and reorder packets as the link says", async () => {
  const { world, a, b } = pair();
  const quality = { ...GOOD_LINK, loss: 0.2, duplication: 0.2, reordering: 0.2 };
  world.fabric.setQuality(quality);
  const from = a.io.datagrams.bind({ host: a.machine.host, port: 0 });
  const to = b.io.datagrams.bind({ host: b.machine.host, port: PORT });
  const seen: number[] = [];
  const receive = async () => {
    for (;;) {
      const packet = await to.receive();
      if (packet === undefined) return;
      assert.deepEqual(packet.from, from.address);
      seen.push(packet.bytes[0]!);
    }
  };
  void receive();
  for (let i = 0; i < 200; i++) {
    world.time.schedule(i, () => from.send(Uint8Array.of(i), to.address));
  }
  await world.time.run(1000);
  const distinct = new Set(seen).size;
  assert.ok(distinct > 120 && distinct < 190, `${distinct} arrived`);
  assert.ok(seen.length > distinct + 10, "some arrive twice");
  assert.ok(seen.some((value, i) => i > 0 && value < seen[i - 1]!), "some are overtaken");
});

Deno.test("SimulatedDisk fails writes when it is full, and has room again", () => {
  const { a } = pair();
  const file = a.io.disk.open("f", { create: true });
  a.machine.disk.limitTo(10);
  file.write(new Uint8Array(8), 0);
  assert.throws(() => file.write(new Uint8Array(8), 8), { kind: "noSpace" });
  file.write(new Uint8Array(8), 0);
  a.machine.disk.limitTo(Infinity);
  file.write(new Uint8Array(8), 8);
});

Deno.test("SimulatedInode.rot() flips one bit, also of what was durable", () => {
  const { a } = pair();
  const file = a.io.disk.open("f", { create: true });
  a.io.disk.syncDirectory("");
  file.write(Uint8Array.of(1, 2, 3), 0);
  file.syncNow();
  a.machine.disk.files()[0]!.inode.rot(1, 0);
  assert.deepEqual(a.machine.disk.content("f"), Uint8Array.of(1, 3, 3));
  a.machine.disk.crash("power", () => 0);
  assert.deepEqual(a.machine.disk.content("f"), Uint8Array.of(1, 3, 3));
});

Deno.test("SimulatedCiphers open what was sealed, with everything the same alone", () => {
  const ciphers = new SimulatedCiphers();
  const key = new Uint8Array(32).fill(7);
  const nonce = new Uint8Array(12).fill(1);
  const plain = bytesOf("something to say");
  const sealed = ciphers.seal(key, nonce, plain, bytesOf("header"));
  assert.notDeepEqual(sealed.subarray(0, plain.length), plain);
  assert.deepEqual(ciphers.open(key, nonce, sealed, bytesOf("header")), plain);
  const otherKey = new Uint8Array(32).fill(8);
  const otherNonce = new Uint8Array(12).fill(2);
  const damaged = sealed.slice();
  damaged[3]! ^= 1;
  assert.equal(ciphers.open(otherKey, nonce, sealed, bytesOf("header")), undefined);
  assert.equal(ciphers.open(key, otherNonce, sealed, bytesOf("header")), undefined);
  assert.equal(ciphers.open(key, nonce, damaged, bytesOf("header")), undefined);
  assert.equal(ciphers.open(key, nonce, sealed, bytesOf("other")), undefined);
  assert.equal(ciphers.open(key, nonce, sealed.subarray(0, 10), bytesOf("header")), undefined);
});
