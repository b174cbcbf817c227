import assert from "node:assert/strict";
import { GroupMember } from "../../../../src/client/consumer/group_member.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";
import { findCoordinatorApi } from "../../../../src/protocol/generated/apis/find_coordinator.ts";
import { heartbeatApi } from "../../../../src/protocol/generated/apis/heartbeat.ts";
import { joinGroupApi } from "../../../../src/protocol/generated/apis/join_group.ts";
import { leaveGroupApi } from "../../../../src/protocol/generated/apis/leave_group.ts";
import { syncGroupApi } from "../../../../src/protocol/generated/apis/sync_group.ts";
import { FakeCluster } from "../fake_cluster.ts";

/** A coordinator with one member, that answers as it is told to. */
class FakeCoordinator {
  readonly joins: string[] = [];
  readonly left: string[] = [];
  heartbeat = 0;
  /** What the next syncs are answered with. */
  readonly syncErrors: number[] = [];
  #members = 0;
  #generation = 0;

  constructor(cluster: FakeCluster) {
    cluster.on(findCoordinatorApi, ({ coordinatorKeys }) => ({
      throttleTimeMs: 0,
      errorCode: 0,
      errorMessage: null,
      nodeId: 0,
      host: "",
      port: 0,
      coordinators: [{
        key: coordinatorKeys[0]!,
        nodeId: 1,
        host: "broker-1",
        port: 9092,
        errorCode: 0,
        errorMessage: null,
      }],
    }));
    cluster.on(joinGroupApi, ({ memberId, protocols }) => {
      this.joins.push(memberId);
      const isNew = memberId === "";
      const id = isNew ? `member-${++this.#members}` : memberId;
      return {
        throttleTimeMs: 0,
        errorCode: isNew ? ErrorCode.MEMBER_ID_REQUIRED : 0,
        generationId: isNew ? -1 : ++this.#generation,
        protocolType: "consumer",
        protocolName: "range",
        leader: isNew ? "" : id,
        memberId: id,
        members: isNew ? [] : [{ memberId: id, metadata: protocols[0]!.metadata }],
      };
    });
    cluster.on(syncGroupApi, ({ assignments, memberId }) => ({
      throttleTimeMs: 0,
      errorCode: this.syncErrors.shift() ?? 0,
      assignment: assignments.find((entry) => entry.memberId === memberId)!.assignment,
    }));
    cluster.on(heartbeatApi, () => ({ throttleTimeMs: 0, errorCode: this.heartbeat }));
    cluster.on(leaveGroupApi, ({ members }) => {
      this.left.push(...members.map(({ memberId }) => memberId));
      return { throttleTimeMs: 0, errorCode: 0, members: [] };
    });
  }
}

function membership() {
  const cluster = new FakeCluster(1, [1, 1]);
  const coordinator = new FakeCoordinator(cluster);
  const client = cluster.client();
  const member = new GroupMember(client, {
    group: "g",
    topics: ["orders"],
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 30_000,
    heartbeatIntervalMs: 3_000,
  });
  return { cluster, coordinator, client, member };
}

const BOTH = [{ topic: "orders", partition: 0 }, { topic: "orders", partition: 1 }];

Deno.test("GroupMember.join() takes the id it is given, assigns as leader, and gets its part", async () => {
  const { cluster, coordinator, client, member } = membership();
  assert.deepEqual(await cluster.drive(member.join()), BOTH);
  assert.deepEqual(coordinator.joins, ["", "member-1"]);
  assert.equal(member.memberId, "member-1");
  client.close();
});

Deno.test("GroupMember.join() joins again when the group rebalances meanwhile", async () => {
  const { cluster, coordinator, client, member } = membership();
  coordinator.syncErrors.push(ErrorCode.REBALANCE_IN_PROGRESS);
  assert.deepEqual(await cluster.drive(member.join()), BOTH);
  assert.deepEqual(coordinator.joins, ["", "member-1", "member-1"]);
  client.close();
});

Deno.test("GroupMember.join() begins anew when the group has forgotten the member", async () => {
  const { cluster, coordinator, client, member } = membership();
  coordinator.syncErrors.push(ErrorCode.UNKNOWN_MEMBER_ID);
  assert.deepEqual(await cluster.drive(member.join()), BOTH);
  assert.deepEqual(coordinator.joins, ["", "member-1", "", "member-2"]);
  client.close();
});

Deno.test("GroupMember.join() rejects with what can't be mended by joining", async () => {
  const { cluster, coordinator, client, member } = membership();
  coordinator.syncErrors.push(ErrorCode.GROUP_AUTHORIZATION_FAILED);
  await assert.rejects(cluster.drive(member.join()), /group g: .*GROUP_AUTHORIZATION_FAILED/);
  client.close();
});

Deno.test("GroupMember beats until the group rebalances, and tells it once", async () => {
  const { cluster, coordinator, client, member } = membership();
  await cluster.drive(member.join());
  let rebalances = 0;
  member.startHeartbeats(() => rebalances++);
  await cluster.clock.advance(9_000);
  assert.equal(cluster.broker(1).count(heartbeatApi), 3);
  cluster.broker(1).disconnect();
  await cluster.clock.advance(3_000);
  assert.equal(rebalances, 0, "a broken connection is no end of the membership");
  coordinator.heartbeat = ErrorCode.REBALANCE_IN_PROGRESS;
  await cluster.clock.advance(20_000);
  assert.equal(rebalances, 1);
  client.close();
});

Deno.test("GroupMember.leave() ends the heartbeats and tells the group", async () => {
  const { cluster, coordinator, client, member } = membership();
  await cluster.drive(member.join());
  member.startHeartbeats(() => assert.fail("nothing was lost"));
  await cluster.drive(member.leave());
  assert.deepEqual(coordinator.left, ["member-1"]);
  const beats = cluster.broker(1).count(heartbeatApi);
  await cluster.clock.advance(10_000);
  assert.equal(cluster.broker(1).count(heartbeatApi), beats);
  client.close();
});
