import assert from "node:assert/strict";
import fc from "fast-check";
import { ZERO_UUID } from "../../../../src/base/uuid.ts";
import type { GroupCoordinator } from "../../../../src/coordinator/group/group_coordinator.ts";
import type { GroupEvent } from "../../../../src/coordinator/group/group_events.ts";
import type { JoinGroupResponseInit } from "../../../../src/protocol/generated/join_group_response.ts";
import type { SyncGroupResponseInit } from "../../../../src/protocol/generated/sync_group_response.ts";
import { DEFAULT_GROUP_CONFIG, GroupWorld } from "./group_world.ts";
import { subscription } from "./transcript_player.ts";

/** Longer than any session, rebalance and newcomer's wait that the actions ask for. */
const PATIENCE_MS = 3_600_000;
const PROTOCOLS = [["range"], ["range", "sticky"], ["sticky", "range"]];

type Action =
  | {
    readonly do: "join";
    readonly who: number;
    readonly fresh: boolean;
    readonly version: number;
    readonly protocols: number;
    readonly topic: string;
  }
  | { readonly do: "sync" | "heartbeat" | "leave" | "commit" | "txn"; readonly who: number }
  | { readonly do: "advance"; readonly ms: number }
  | { readonly do: "appends"; readonly fail: number }
  | { readonly do: "marker"; readonly committed: boolean }
  | { readonly do: "restart" | "expire" | "delete_group" | "delete_topic" };

const who = fc.nat(4);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("join" as const),
      who,
      fresh: fc.boolean(),
      version: fc.constantFrom(3, 8, 9),
      protocols: fc.nat(2),
      topic: fc.constantFrom("t", "u"),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom("sync" as const, "sync" as const, "heartbeat", "leave", "commit", "txn"),
      who,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("advance" as const),
      ms: fc.constantFrom(1, 1000, 3000, 9000, 11_000, 31_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("appends" as const), fail: fc.constantFrom(0, 0, 56) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("marker" as const), committed: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("restart" as const, "expire", "delete_group", "delete_topic"),
    }),
  },
);

/** What a client knows of itself. Those with odd numbers are static members. */
interface Client {
  memberId: string;
  generationId: number;
}

/** Plays actions, and checks each reply against those before it. */
class Run {
  readonly world: GroupWorld;
  readonly waiting = new Set<object>();
  readonly #clients: Client[] = Array.from(
    { length: 5 },
    () => ({ memberId: "", generationId: -1 }),
  );
  /** What the members of a generation were told, by life of the coordinator and generation. */
  readonly #told = new Map<string, string>();
  readonly #syncedIn = new Map<string, Set<string>>();
  #life = 0;
  #idCount = 0;

  constructor() {
    this.world = new GroupWorld(DEFAULT_GROUP_CONFIG, ({ token }, response) => {
      const caller = token as { readonly what: string; readonly who: number };
      assert.ok(this.waiting.delete(caller), "a request is answered twice");
      if (caller.what === "join") this.#joined(caller.who, response as JoinGroupResponseInit);
      if (caller.what === "sync") this.#synced(caller.who, response as SyncGroupResponseInit);
    }, (record) => {
      // A group of the same name begins with the first generation again.
      if (record.type === "classic_group" && record.value === null) this.#life++;
    });
  }

  perform(action: Action): void {
    switch (action.do) {
      case "join":
        return this.#join(action);
      case "advance":
        return this.world.advance(action.ms);
      case "appends":
        this.world.appendError = action.fail;
        return;
      case "marker":
        return this.world.endTransaction({ producerId: 1, producerEpoch: 0 }, action.committed);
      case "restart":
        this.world.restart();
        this.#life++;
        return;
      case "expire":
        return this.world.submit({ type: "expire_offsets", groupId: "g" });
      case "delete_topic":
        return this.world.submit({
          type: "topics_deleted",
          groupId: "g",
          topics: new Set(["t"]),
        });
      case "delete_group":
        return this.#ask(0, "delete", (token) => ({ type: "delete_group", token, groupId: "g" }));
      default:
        return this.#memberAction(action.do, action.who);
    }
  }

  #ask(who: number, what: string, event: (token: object) => GroupEvent): void {
    const token = { what, who };
    this.waiting.add(token);
    this.world.submit(event(token));
  }

  #join(action: Action & { readonly do: "join" }): void {
    const { who, fresh, version } = action;
    const groupInstanceId = instanceOf(who);
    const protocols = PROTOCOLS[action.protocols]!.map((name) => ({
      name,
      metadata: subscription([action.topic]),
    }));
    this.#ask(who, "join", (token) => ({
      type: "join",
      token,
      request: {
        groupId: "g",
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 30_000,
        memberId: fresh ? "" : this.#clients[who]!.memberId,
        groupInstanceId,
        protocolType: "consumer",
        protocols,
        reason: null,
      },
      client: {
        clientId: "c",
        clientHost: "/127.0.0.1",
        newMemberId: `m${who}-${++this.#idCount}`,
        requiresKnownMemberId: version >= 4,
        supportsSkippingAssignment: version >= 9,
      },
    }));
  }

  #memberAction(what: string, who: number): void {
    const { memberId, generationId } = this.#clients[who]!;
    const groupInstanceId = instanceOf(who);
    const groupId = "g";
    switch (what) {
      case "sync":
        return this.#ask(who, what, (token) => ({
          type: "sync",
          token,
          request: {
            groupId,
            generationId,
            memberId,
            groupInstanceId,
            protocolType: null,
            protocolName: null,
            assignments: [...this.world.machine.group("g")?.members() ?? []].map((member) => ({
              memberId: member.memberId,
              assignment: new TextEncoder().encode(`${generationId} ${member.memberId}`),
            })),
          },
        }));
      case "heartbeat":
        this.world.machine.heartbeat(
          "g",
          memberId,
          groupInstanceId,
          generationId,
          this.world.now(),
        );
        return;
      case "leave":
        return this.#ask(who, what, (token) => ({
          type: "leave",
          token,
          groupId,
          members: [{ memberId, groupInstanceId, reason: null }],
        }));
      default:
        return this.#ask(who, what, (token) => ({
          type: "commit",
          token,
          groupId,
          memberId,
          groupInstanceId,
          generationId,
          retentionMs: -1,
          producer: what === "txn" ? { producerId: 1, producerEpoch: 0 } : undefined,
          unknownGroupError: 69,
          offsets: [{
            topic: "t",
            topicId: ZERO_UUID,
            partition: who,
            offset: ++this.#idCount,
            leaderEpoch: 0,
            metadata: "",
          }],
        }));
    }
  }

  #joined(who: number, response: JoinGroupResponseInit): void {
    const { errorCode, memberId, generationId, leader, protocolName, members } = response;
    const client = this.#clients[who]!;
    if (errorCode === 79) client.memberId = memberId;
    if (errorCode !== 0) return;
    client.memberId = memberId;
    client.generationId = generationId ?? -1;
    const key = `${this.#life} ${generationId}`;
    // A static leader that came back under a new id has another name for old and new clients.
    const said = `${protocolName} ${leader.split("-")[0]}`;
    assert.equal(this.#told.get(key) ?? said, said, "members of a generation were told otherwise");
    this.#told.set(key, said);
    if (members.length > 0) assert.ok(members.some((member) => member.memberId === memberId));
  }

  #synced(who: number, { errorCode, assignment }: SyncGroupResponseInit): void {
    if (errorCode !== 0 || assignment.length === 0) return;
    const [generation = "", memberId = ""] = new TextDecoder().decode(assignment).split(" ");
    assert.equal(memberId.split("-")[0], `m${who}`, "a member got the assignment of another");
    const members = this.#syncedIn.get(generation) ?? new Set();
    this.#syncedIn.set(generation, members.add(memberId));
  }
}

function instanceOf(who: number): string | null {
  return who % 2 === 1 ? `instance${who}` : null;
}

/** Durable state as plain values that can be compared. */
function durable(machine: GroupCoordinator): unknown {
  const { groups, offsets } = machine.durable();
  const values = [...offsets.of("g")].map(([topic, partitions]) => [
    topic,
    [...partitions].map(([partition, { value }]) => [partition, value]),
  ]);
  return { groups: [...groups], values, pending: [...offsets.pendingOf("g")] };
}

const actions = fc.array(action, { minLength: 1, maxLength: 60 });

Deno.test("GroupCoordinator answers each request once when time passes, whatever happens", () => {
  fc.assert(
    fc.property(actions, (script) => {
      const run = new Run();
      for (const each of script) run.perform(each);
      run.world.advance(PATIENCE_MS);
      assert.equal(run.waiting.size, 0, "a request is never answered");
      const group = run.world.machine.group("g");
      assert.equal(group?.size ?? 0, 0, "a silent member stays");
      assert.equal(run.world.nextTimerMs(), undefined, "a timer is left behind");
    }),
    { numRuns: 400 },
  );
});

Deno.test("GroupCoordinator has the durable state that replaying its records makes", () => {
  fc.assert(
    fc.property(actions, (script) => {
      const run = new Run();
      for (const each of script) {
        run.perform(each);
        assert.deepEqual(durable(run.world.machine), durable(run.world.replayed()));
      }
    }),
    { numRuns: 100 },
  );
});
