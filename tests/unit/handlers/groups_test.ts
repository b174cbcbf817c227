import assert from "node:assert/strict";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { deleteGroupsApi } from "../../../src/protocol/generated/apis/delete_groups.ts";
import { describeGroupsApi } from "../../../src/protocol/generated/apis/describe_groups.ts";
import { findCoordinatorApi } from "../../../src/protocol/generated/apis/find_coordinator.ts";
import { leaveGroupApi } from "../../../src/protocol/generated/apis/leave_group.ts";
import { listGroupsApi } from "../../../src/protocol/generated/apis/list_groups.ts";
import { syncGroupApi } from "../../../src/protocol/generated/apis/sync_group.ts";
import { settle } from "../server/fake_clock.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";
import { commit, heartbeat, join, stableMember, sync, withGroups } from "./group_client.ts";

async function describe(fixture: BrokerFixture, groupId: string, version = 6) {
  const request = { groups: [groupId], includeAuthorizedOperations: version >= 3 };
  return (await fixture.call(describeGroupsApi, version, request)).groups[0]!;
}

async function list(fixture: BrokerFixture, states: string[] = [], types: string[] = []) {
  const request = { statesFilter: states, typesFilter: types };
  const { groups } = await fixture.call(listGroupsApi, 5, request);
  return groups.map(({ groupId, groupState, groupType, protocolType }) =>
    [groupId, groupState, groupType, protocolType].join("/")
  );
}

Deno.test("FindCoordinator makes the internal topic and names the broker of each key", async () => {
  await BrokerFixture.with(async (fixture) => {
    const request = { key: "", keyType: 0, coordinatorKeys: ["a", "b"] };
    const { coordinators } = await fixture.call(findCoordinatorApi, 6, request);
    assert.deepEqual(
      coordinators.map(({ key, errorCode, host, port }) => [
        key,
        errorCode,
        host,
        port,
      ]),
      [["a", 0, "192.0.2.1", 9092], ["b", 0, "192.0.2.1", 9092]],
    );
    const topic = fixture.broker.quorum.image.topics.byName("__consumer_offsets");
    assert.equal(topic?.partitions.length, 50);
    const { log } = fixture.broker.partitions.find("__consumer_offsets", 0)!.topic.settings;
    assert.ok(log.cleanupCompact && !log.cleanupDelete);
    assert.equal(log.segmentBytes, 104_857_600);
    const old = await fixture.call(findCoordinatorApi, 0, {
      key: "a",
      keyType: 0,
      coordinatorKeys: [],
    });
    assert.deepEqual([old.errorCode, old.nodeId], [0, fixture.broker.identity.brokerId]);
  });
});

Deno.test("FindCoordinator refuses types that there are no coordinators of", async () => {
  await BrokerFixture.with(async (fixture) => {
    for (const keyType of [2, 3, -1]) {
      const request = { key: "", keyType, coordinatorKeys: ["g:id:0"] };
      const { coordinators } = await fixture.call(findCoordinatorApi, 6, request);
      assert.equal(coordinators[0]!.errorCode, ErrorCode.INVALID_REQUEST);
    }
  });
});

Deno.test("a group works in every version of its APIs", async () => {
  await withGroups(async (fixture) => {
    for (let version = 0; version <= 9; version++) {
      let joined = await join(fixture, {}, version);
      if (version >= 4) {
        assert.equal(joined.errorCode, ErrorCode.MEMBER_ID_REQUIRED);
        joined = await join(fixture, { memberId: joined.memberId }, version);
      }
      const { errorCode, memberId, generationId, leader, protocolName, members } = joined;
      assert.deepEqual([errorCode, leader, protocolName], [0, memberId, "range"]);
      assert.match(memberId, /^client-[0-9a-f-]{36}$/);
      assert.equal(members.length, 1);
      const member = { memberId, generationId };
      assert.deepEqual(
        await sync(fixture, member, Math.min(version, 5)),
        { errorCode: 0, text: "all" },
      );
      assert.equal(await heartbeat(fixture, member, Math.min(version, 4)), 0);
      const left = await fixture.call(leaveGroupApi, Math.min(version, 5), {
        groupId: "g",
        memberId: version < 3 ? memberId : "",
        members: version < 3 ? [] : [{ memberId }],
      });
      assert.deepEqual([left.errorCode, ...left.members.map((each) => each.errorCode)], [
        0,
        ...(version < 3 ? [] : [0]),
      ]);
    }
  });
});

Deno.test("groups without an id, and members without a group, are refused", async () => {
  await withGroups(async (fixture) => {
    const nobody = { memberId: "nobody", generationId: 1 };
    assert.equal((await join(fixture, { groupId: "" })).errorCode, ErrorCode.INVALID_GROUP_ID);
    const early = await join(fixture, { sessionTimeoutMs: 5999 });
    assert.equal(early.errorCode, ErrorCode.INVALID_SESSION_TIMEOUT);
    assert.equal((await sync(fixture, nobody)).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
    assert.equal(await heartbeat(fixture, nobody), ErrorCode.UNKNOWN_MEMBER_ID);
    const left = await fixture.call(leaveGroupApi, 2, {
      groupId: "g",
      memberId: "nobody",
      members: [],
    });
    assert.equal(left.errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
    const unnamed = await fixture.call(syncGroupApi, 5, {
      groupId: "g",
      generationId: 1,
      memberId: "m",
      assignments: [],
    });
    assert.equal(unnamed.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  });
});

Deno.test("DescribeGroups tells members once the group is stable", async () => {
  await withGroups(async (fixture) => {
    const { memberId } = await stableMember(fixture);
    for (let version = 0; version <= 6; version++) {
      const group = await describe(fixture, "g", version);
      assert.deepEqual(
        [group.errorCode, group.groupState, group.protocolType, group.protocolData],
        [0, "Stable", "consumer", "range"],
      );
      const [member] = group.members;
      assert.deepEqual(
        [member?.memberId, member?.clientId, member?.clientHost],
        [memberId, "client", "/192.0.2.99"],
      );
      assert.equal(new TextDecoder().decode(member?.memberAssignment), "all");
    }
    assert.deepEqual(
      [(await describe(fixture, "x", 6)).errorCode, (await describe(fixture, "x", 5)).errorCode],
      [ErrorCode.GROUP_ID_NOT_FOUND, 0],
    );
    assert.equal((await describe(fixture, "x", 5)).groupState, "Dead");
  });
});

Deno.test("ListGroups filters by state and type, in upper or lower case", async () => {
  await withGroups(async (fixture) => {
    await stableMember(fixture);
    await commit(fixture, 1, { groupId: "simple" });
    assert.deepEqual((await list(fixture)).sort(), [
      "g/Stable/classic/consumer",
      "simple/Empty/classic/",
    ]);
    assert.deepEqual(await list(fixture, ["sTABLE"]), ["g/Stable/classic/consumer"]);
    assert.deepEqual(await list(fixture, ["empty"], ["Classic"]), ["simple/Empty/classic/"]);
    assert.deepEqual(await list(fixture, ["nonsense"]), []);
    assert.deepEqual(await list(fixture, [], ["share"]), []);
  });
});

Deno.test("DeleteGroups takes groups without members alone", async () => {
  await withGroups(async (fixture) => {
    await stableMember(fixture);
    await commit(fixture, 1, { groupId: "simple" });
    const { results } = await fixture.call(deleteGroupsApi, 2, {
      groupsNames: ["g", "simple", "nobody"],
    });
    assert.deepEqual(results.map(({ groupId, errorCode }) => [groupId, errorCode]), [
      ["g", ErrorCode.NON_EMPTY_GROUP],
      ["simple", 0],
      ["nobody", ErrorCode.GROUP_ID_NOT_FOUND],
    ]);
    assert.deepEqual(await list(fixture), ["g/Stable/classic/consumer"]);
  });
});

Deno.test("a member whose session is over is out", async () => {
  await withGroups(async (fixture) => {
    const member = await stableMember(fixture);
    await fixture.clock.advance(9999);
    assert.equal(await heartbeat(fixture, member), 0);
    await fixture.clock.advance(9999);
    assert.equal(await heartbeat(fixture, member), 0);
    await fixture.clock.advance(10_001);
    assert.equal(await heartbeat(fixture, member), ErrorCode.UNKNOWN_MEMBER_ID);
  });
});

Deno.test("those who wait are answered when the broker stops", async () => {
  await withGroups(async (fixture) => {
    await stableMember(fixture);
    const parked = join(fixture);
    await settle();
    fixture.broker.beginStop();
    assert.equal((await parked).errorCode, ErrorCode.NOT_COORDINATOR);
    assert.equal((await join(fixture)).errorCode, ErrorCode.NOT_COORDINATOR);
  });
});

Deno.test("a group is there again after a crash, its members with new sessions", async () => {
  const first = await BrokerFixture.open({ config: { "offsets.topic.num.partitions": "2" } });
  await first.createTopic("t", 2);
  await first.call(findCoordinatorApi, 3, { key: "g", keyType: 0, coordinatorKeys: [] });
  const joining = join(first);
  await first.clock.advance(3000);
  const { memberId, generationId } = await joining;
  await sync(first, { memberId, generationId });
  const second = await first.crash();
  try {
    await settle();
    assert.equal((await describe(second, "g")).groupState, "Stable");
    assert.equal(await heartbeat(second, { memberId, generationId }), 0);
    await second.clock.advance(10_001);
    assert.equal((await describe(second, "g")).groupState, "Empty");
  } finally {
    await second.broker.close();
  }
});
