import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_RAFT_CONFIG } from "../../../src/raft/raft_config.ts";
import { seeded } from "../log/log_harness.ts";
import type { Chance } from "../log/simulated_disk.ts";
import { RaftWorld } from "./raft_world.ts";

/** Small, so that limits are met all the time. */
const CONFIG = {
  ...DEFAULT_RAFT_CONFIG,
  appendBytesMax: 300,
  inflightAppendsMax: 3,
  inflightBytesMax: 1000,
};

/** How rough a schedule is. */
interface Weather {
  readonly nodes: number;
  readonly initialVoters: number;
  /** Chances, for each step. */
  readonly loss: number;
  readonly crash: number;
  readonly damage: number;
  readonly change: number;
  readonly compaction: number;
}

function pick<T>(chance: Chance, from: readonly T[]): T {
  return from[Math.floor(chance() * from.length)]!;
}

function build(weather: Weather, chance: Chance): RaftWorld {
  const world = new RaftWorld(CONFIG);
  world.random = chance;
  const ids = Array.from({ length: weather.nodes }, (_, i) => `n${i + 1}`);
  const voters = ids.slice(0, weather.initialVoters);
  for (const id of ids) world.add(id, voters);
  return world;
}

/** One turn of somebody, or of the network, or of fate. */
function turn(world: RaftWorld, chance: Chance, weather: Weather): void {
  const ids = [...world.nodes.keys()];
  const id = pick(chance, ids);
  const node = world.node(id);
  if (chance() < weather.crash) {
    if (node.raft === undefined) world.start(id);
    else {
      world.crash(id, Math.floor(chance() * 3));
      if (chance() < weather.damage) world.damage(id, 1 + Math.floor(chance() * 4));
      const broken = world.network.filter(({ message }) =>
        message.from !== id && message.to !== id
      );
      if (chance() < 0.7) world.network = broken;
      for (const other of ids) world.step(other, { type: "peerLost", peer: id });
    }
    return;
  }
  if (node.raft !== undefined && chance() < weather.compaction) world.compact(id);
  if (chance() < weather.change) {
    const peer = pick(chance, ids);
    const { membership } = node.raft?.state ?? { membership: undefined };
    if (membership?.isVoter(peer) === true) world.step(id, { type: "changeVoters", remove: peer });
    else world.step(id, { type: "changeVoters", add: peer });
    if (chance() < 0.3) world.step(id, { type: "transfer", to: peer });
  }
  world.nowMs += chance() * 12;
  const dice = chance();
  if (dice < 0.6 && world.network.length > 0) {
    // Mostly in order, as a connection delivers; now and then not.
    const at = chance() < 0.8 ? 0 : Math.floor(chance() * world.network.length);
    const packet = world.network[at]!;
    if (chance() >= 0.05) world.network.splice(at, 1);
    if (chance() >= weather.loss) world.deliver(packet);
  } else if (dice < 0.75) world.flush(id);
  else if (dice < 0.85) {
    world.propose(id, 1 + Math.floor(chance() * 3), 1 + Math.floor(chance() * 3));
  } else if (dice < 0.88) world.read(id);
  else world.step(id, { type: "tick" });
}

function play(seed: number, weather: Weather, turns: number): RaftWorld {
  const chance = seeded(seed);
  const world = build(weather, chance);
  for (let i = 0; i < turns; i++) {
    turn(world, chance, weather);
    if (i % 50 === 0) world.judgeLogs();
  }
  world.judgeLogs();
  return world;
}

/** Calm: everybody is up, nothing is lost. Within 10 s all have everything. */
function heal(world: RaftWorld): void {
  for (const [id, { raft }] of world.nodes) if (raft === undefined) world.start(id);
  world.flushesAtOnce = true;
  for (const id of world.nodes.keys()) world.flush(id);
  let random = 0;
  world.random = () => random = (random + 0.37) % 1;
  for (let elapsed = 0; elapsed < 15_000; elapsed += 10) {
    world.nowMs += 10;
    for (const [id, { raft }] of world.nodes) {
      if (raft!.nextDeadlineMs <= world.nowMs) world.step(id, { type: "tick" });
    }
    for (let budget = 500; budget > 0 && world.network.length > 0; budget--) {
      world.deliver(world.network.shift()!);
    }
  }
}

function judgeHealed(world: RaftWorld): void {
  const before = world.committedEnd;
  heal(world);
  const leaders = [...world.nodes.keys()].filter((id) => world.state(id).role === "leader");
  assert.equal(leaders.length, 1, `leaders: ${leaders.join()}`);
  world.propose(leaders[0]!);
  heal(world);
  assert.ok(world.committedEnd > before);
  for (const id of world.nodes.keys()) {
    const { highWatermark, leader } = world.state(id);
    assert.equal(leader, leaders[0]);
    assert.equal(highWatermark, world.committedEnd, `${id} lags`);
  }
}

const CALM: Weather = {
  nodes: 3,
  initialVoters: 3,
  loss: 0.02,
  crash: 0,
  damage: 0,
  change: 0,
  compaction: 0,
};

const WEATHERS: Readonly<Record<string, Weather>> = {
  "messages get lost": { ...CALM, loss: 0.3 },
  "nodes crash and lose what was not flushed": { ...CALM, crash: 0.03 },
  "logs are compacted": { ...CALM, crash: 0.01, loss: 0.1, compaction: 0.03 },
  "voters come and go": {
    ...CALM,
    nodes: 5,
    loss: 0.05,
    crash: 0.01,
    change: 0.03,
    compaction: 0.01,
  },
  "five voters have all of it": {
    ...CALM,
    nodes: 6,
    initialVoters: 5,
    loss: 0.1,
    crash: 0.02,
    change: 0.01,
    compaction: 0.02,
  },
};

for (const [name, weather] of Object.entries(WEATHERS)) {
  Deno.test(`RaftNode keeps what is committed and recovers when ${name}`, () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => judgeHealed(play(seed, weather, 400))),
      { numRuns: 30 },
    );
  });
}

Deno.test("RaftNode keeps what is committed when one disk at a time loses what it acknowledged", () => {
  const weather = { ...CALM, crash: 0.02, compaction: 0.01 };
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const chance = seeded(seed);
      const world = build(weather, chance);
      for (let round = 0; round < 6; round++) {
        for (let i = 0; i < 100; i++) turn(world, chance, weather);
        // Raft can do without one disk of three: the next is damaged when the last is repaired.
        if ([...world.nodes.values()].some(({ disk }) => disk.mustRepair)) continue;
        const victim = pick(chance, [...world.nodes.keys()]);
        if (world.node(victim).raft !== undefined) world.crash(victim);
        world.damage(victim, 1 + Math.floor(chance() * 10));
        world.start(victim);
      }
      world.judgeLogs();
      judgeHealed(world);
      for (const { disk } of world.nodes.values()) assert.equal(disk.mustRepair, false);
    }),
    { numRuns: 30 },
  );
});
