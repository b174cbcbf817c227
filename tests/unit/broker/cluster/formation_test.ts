import assert from "node:assert/strict";
import fc from "fast-check";
import { randomUuid, type Uuid } from "../../../../src/base/uuid.ts";
import {
  Formation,
  type FormationEffect,
  type FormationEvent,
  type FormationMember,
  type FormationRecord,
} from "../../../../src/broker/cluster/formation.ts";
import { formatFormation, parseFormation } from "../../../../src/broker/cluster/formation_file.ts";

/** Directory ids that sort like their index. */
const IDS: readonly Uuid[] = Array.from({ length: 6 }, (_, index) =>
  randomUuid((bytes) => {
    bytes.fill(1);
    bytes[0] = index * 16;
  }));
const [A, B, C, D] = IDS as [Uuid, Uuid, Uuid, Uuid];
const NAMES = new Map(IDS.map((id, index) => [id, "ABCDEF"[index]!]));

function fresh(directoryId: Uuid): FormationRecord {
  return { directoryId, ballot: 0, promise: undefined, founded: undefined };
}

function starter(id: Uuid, expect: number | null = 3, record = fresh(id)): Formation {
  return new Formation(record, {
    expect: expect ?? undefined,
    newClusterId: `cluster of ${NAMES.get(id)}`,
  });
}

function seen(...ids: readonly Uuid[]): FormationEvent {
  const members = ids.map((directoryId) => ({ directoryId, clusterId: "", forms: true }));
  return { type: "members", members };
}

/** Effects in words, such as `persist promise A/1` or `ask B/1`. */
function words(effects: readonly FormationEffect[]): string[] {
  return effects.map((effect) => {
    switch (effect.type) {
      case "persist": {
        const { promise, founded } = effect.record;
        if (founded !== undefined) return `persist founded ${founded}`;
        return promise === undefined
          ? "persist no promise"
          : `persist promise ${NAMES.get(promise.candidateId)}/${promise.ballot}`;
      }
      case "answer":
        return effect.granted ? "grant" : `refuse for ${NAMES.get(effect.promisedTo!)}`;
      case "ask":
        return `${effect.release ? "release" : "ask"} ${NAMES.get(effect.to)}/${effect.ballot}`;
      case "ambiguous":
        return `ambiguous ${effect.clusterIds.join(" ")}`;
      default:
        return `${effect.type} ${effect.clusterId}`;
    }
  });
}

function asked(candidateId: Uuid, ballot: number, release = false): FormationEvent {
  return { type: "asked", candidateId, ballot, release };
}

function granted(voterId: Uuid, ballot: number): FormationEvent {
  return { type: "answered", voterId, ballot, granted: true };
}

Deno.test("Formation forms a cluster of one at once when no other is expected", () => {
  assert.deepEqual(words(starter(A, 1).step(seen())), [
    "persist promise A/1",
    "persist founded cluster of A",
    "found cluster of A",
  ]);
});

Deno.test("Formation collects a promise of every expected broker before it forms", () => {
  const a = starter(A);
  assert.deepEqual(words(a.step(seen(B))), []);
  assert.deepEqual(words(a.step(seen(B, C))), ["persist promise A/1", "ask B/1", "ask C/1"]);
  assert.deepEqual(words(a.step(granted(B, 1))), []);
  assert.deepEqual(words(a.step({ type: "retry" })), ["ask C/1"]);
  assert.deepEqual(words(a.step(granted(C, 1))), [
    "persist founded cluster of A",
    "found cluster of A",
  ]);
  assert.deepEqual(words(a.step(granted(B, 1))), []);
  assert.deepEqual(words(a.step(asked(B, 4))), ["refuse for A"]);
});

Deno.test("Formation leaves it to the lowest directory and promises to one candidate only", () => {
  const c = starter(C);
  assert.deepEqual(words(c.step(seen(A, B))), []);
  assert.deepEqual(words(c.step(asked(B, 1))), ["persist promise B/1", "grant"]);
  assert.deepEqual(words(c.step(asked(A, 1))), ["refuse for B"]);
  assert.deepEqual(words(c.step(asked(B, 1))), ["grant"], "the answer was lost");
  assert.deepEqual(words(c.step(asked(B, 1, true))), [
    "persist no promise",
    "refuse for undefined",
  ]);
  assert.deepEqual(words(c.step(asked(A, 1))), ["persist promise A/1", "grant"]);
});

Deno.test("Formation gives way to a lower directory that turns up late", () => {
  const b = starter(B);
  assert.deepEqual(words(b.step(seen(C, D))), ["persist promise B/1", "ask C/1", "ask D/1"]);
  assert.deepEqual(words(b.step(granted(C, 1))), []);
  assert.deepEqual(words(b.step(seen(A, C, D))), [
    "persist no promise",
    "release A/1",
    "release C/1",
    "release D/1",
  ]);
  assert.deepEqual(words(b.step(granted(D, 1))), ["release D/1"], "granted too late");
  assert.deepEqual(words(b.step(asked(A, 1))), ["persist promise A/1", "grant"]);
});

Deno.test("Formation counts no promise of a candidacy that it gave up", () => {
  const b = starter(B, 2);
  b.step(seen(C));
  b.step(seen(A, C));
  assert.deepEqual(words(b.step(seen(C))), ["persist promise B/2", "ask C/2"]);
  assert.deepEqual(words(b.step(granted(C, 1))), ["release C/1"], "C may have promised another");
  assert.deepEqual(words(b.step(granted(C, 2))).at(-1), "found cluster of B");
});

Deno.test("Formation gives way to a lower directory that asks before gossip has told of it", () => {
  const b = starter(B);
  b.step(seen(C, D));
  assert.deepEqual(words(b.step(asked(A, 1))), [
    "persist no promise",
    "release C/1",
    "release D/1",
    "persist promise A/1",
    "grant",
  ]);
});

Deno.test("Formation asks more brokers than expected until most of those it knows have promised", () => {
  const a = starter(A, 2);
  a.step(seen(B, C, D));
  assert.deepEqual(words(a.step(granted(B, 1))), []);
  assert.deepEqual(words(a.step(granted(C, 1))).at(-1), "found cluster of A");
});

Deno.test("Formation joins a cluster that is there, and is told when there are two", () => {
  const member = (directoryId: Uuid, clusterId: string): FormationMember => ({
    directoryId,
    clusterId,
    forms: false,
  });
  const one: FormationEvent = { type: "members", members: [member(B, "X"), member(C, "")] };
  assert.deepEqual(words(starter(A).step(one)), ["join X"]);
  assert.deepEqual(words(starter(A, null).step(one)), ["join X"]);
  const two: FormationEvent = { type: "members", members: [member(B, "Y"), member(C, "X")] };
  assert.deepEqual(words(starter(A).step(two)), ["ambiguous X Y"]);
});

Deno.test("Formation of a broker that only joins forms nothing and stands in nobody's way", () => {
  const joiner = starter(A, null);
  assert.deepEqual(words(joiner.step(seen(B, C))), []);
  assert.deepEqual(words(joiner.step({ type: "retry" })), []);
  const b = starter(B);
  const members = [A, C, D].map((directoryId) => ({
    directoryId,
    clusterId: "",
    forms: directoryId !== A,
  }));
  assert.deepEqual(words(b.step({ type: "members", members })), [
    "persist promise B/1",
    "ask C/1",
    "ask D/1",
  ]);
});

Deno.test("Formation goes on where it was when it starts again", () => {
  const founded = { ...fresh(A), ballot: 1, founded: "X" };
  assert.deepEqual(words(starter(A, 3, founded).step(seen())), ["found X"]);
  const promised = { ...fresh(C), promise: { candidateId: B, ballot: 2 } };
  assert.deepEqual(words(starter(C, 3, promised).step(asked(A, 1))), ["refuse for B"]);
  const candidate = { ...fresh(A), ballot: 1, promise: { candidateId: A, ballot: 1 } };
  const again = starter(A, 3, candidate);
  assert.deepEqual(words(again.step(seen(B, C))), []);
  assert.deepEqual(words(again.step({ type: "retry" })), ["ask B/1", "ask C/1"]);
});

/** Starters on a network that loses, delays and repeats, with views that grow as chance has it. */
class Starters {
  readonly records: FormationRecord[];
  readonly nodes: Formation[];
  readonly views: Set<number>[];
  readonly founders = new Map<number, string>();
  readonly messages: { to: number; event: FormationEvent; from: number }[] = [];

  constructor(readonly count: number, readonly expect: number) {
    this.records = IDS.slice(0, count).map(fresh);
    this.nodes = this.records.map(({ directoryId }) => starter(directoryId, expect));
    this.views = this.records.map(() => new Set());
  }

  step(index: number, event: FormationEvent, from = -1): void {
    for (const effect of this.nodes[index]!.step(event)) {
      if (effect.type === "persist") this.records[index] = effect.record;
      if (effect.type === "found") this.founders.set(index, effect.clusterId);
      if (effect.type === "ask") {
        const { ballot, release } = effect;
        const candidateId = IDS[index]!;
        const ask = { type: "asked", candidateId, ballot, release } as const;
        this.messages.push({ to: IDS.indexOf(effect.to), event: ask, from: index });
      }
      if (effect.type === "answer" && event.type === "asked") {
        const answer = {
          type: "answered",
          voterId: IDS[index]!,
          ballot: event.ballot,
          granted: effect.granted,
        } as const;
        this.messages.push({ to: from, event: answer, from: index });
      }
    }
  }

  crash(index: number): void {
    const record = this.records[index]!;
    this.nodes[index] = starter(record.directoryId, this.expect, record);
    this.look(index);
  }

  look(index: number): void {
    const members = [...this.views[index]!].map((other) => ({
      directoryId: IDS[other]!,
      clusterId: this.founders.get(other) ?? "",
      forms: true,
    }));
    this.step(index, { type: "members", members });
  }

  deliver(choice: number, isRepeated: boolean): void {
    const at = choice % this.messages.length;
    const message = this.messages[at]!;
    if (!isRepeated) this.messages.splice(at, 1);
    this.step(message.to, message.event, message.from);
  }
}

Deno.test("Formation never forms two clusters, and forms one once all see each other", () => {
  const action = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99));
  fc.assert(
    fc.property(
      fc.constantFrom([2, 2], [3, 3], [3, 2], [4, 3], [5, 3]),
      fc.array(action, { maxLength: 120 }),
      ([count, expect], actions) => {
        const world = new Starters(count!, expect!);
        for (const [what, who, choice] of actions) {
          const index = who % count!;
          if (what < 25) {
            const other = choice % count!;
            if (other !== index) world.views[index]!.add(other);
            world.look(index);
          } else if (what < 32) world.crash(index);
          else if (what < 42) world.step(index, { type: "retry" });
          else if (world.messages.length > 0) {
            if (what < 50) world.messages.splice(choice % world.messages.length, 1);
            else world.deliver(choice, what > 92);
          }
          assert.ok(new Set(world.founders.values()).size <= 1, "two clusters");
        }
        for (let round = 0; round < 8; round++) {
          for (let index = 0; index < count!; index++) {
            for (let other = 0; other < count!; other++) {
              if (other !== index) world.views[index]!.add(other);
            }
            world.look(index);
            world.step(index, { type: "retry" });
          }
          for (let count = 0; world.messages.length > 0 && count < 500; count++) {
            world.deliver(0, false);
          }
        }
        assert.equal(new Set(world.founders.values()).size, 1);
      },
    ),
    { numRuns: 400 },
  );
});

Deno.test("parseFormation() reads what formatFormation() writes, and refuses what is damaged", () => {
  const records: FormationRecord[] = [
    fresh(A),
    { ...fresh(A), ballot: 3, promise: { candidateId: B, ballot: 7 } },
    { ...fresh(A), ballot: 1, promise: { candidateId: A, ballot: 1 }, founded: "X" },
  ];
  for (const record of records) assert.deepEqual(parseFormation(formatFormation(record)), record);
  const text = formatFormation(records[1]!);
  for (const damaged of ["", text.replace("version=1", "version=2"), text.replace("=7", "=x")]) {
    assert.equal(parseFormation(damaged), undefined, damaged);
  }
});
