import assert from "node:assert/strict";
import { METADATA_DIRECTORY } from "../../../../src/broker/metadata_log/open_metadata_log.ts";
import { NotControllerError } from "../../../../src/broker/metadata_quorum.ts";
import { imageToRecords } from "../../../../src/metadata/cluster_image.ts";
import type { MetadataRecordInit } from "../../../../src/metadata/records.ts";
import { SimulatedDisk } from "../../log/simulated_disk.ts";
import { brokerRecord, describeRecords } from "../../metadata/fixtures.ts";
import { QuorumGroup, topicRecord } from "./quorum_group.ts";

const LOG_FILE = `${METADATA_DIRECTORY}/00000000000000000000.log`;

function imageOf(group: QuorumGroup, id: number): string[] {
  return describeRecords(imageToRecords(group.quorum(id).image));
}

function voterIds(group: QuorumGroup, id: number): number[] {
  return group.quorum(id).describe().voters.map(({ replicaId }) => replicaId);
}

Deno.test("RaftQuorum brings the log to observers, which find the leader by themselves", async () => {
  const group = await QuorumGroup.start(3);
  await group.propose(topicRecord(1), topicRecord(2));
  for (const id of [2, 3]) {
    assert.deepEqual(imageOf(group, id), imageOf(group, 1));
    assert.equal(group.quorum(id).leaderId, 1);
    assert.equal(group.quorum(id).isLeader, false);
  }
  const { voters, observers } = group.quorum(1).describe();
  assert.deepEqual(voters.map(({ replicaId }) => replicaId), [1]);
  assert.deepEqual(observers.map(({ replicaId }) => replicaId), [2, 3]);
  assert.equal(observers[0]!.logEndOffset, voters[0]!.logEndOffset);
  await group.close();
});

Deno.test("propose() commits what a majority of voters has, and rejects on any other broker", async () => {
  const group = await QuorumGroup.start(3);
  await group.vote(2, 3);
  assert.deepEqual(voterIds(group, 3), [1, 2, 3]);
  assert.equal(group.quorum(1).image.featureLevel("kraft.version"), 0);
  group.isolated.add(3);
  await group.propose(topicRecord(1));
  assert.deepEqual(group.topics(2), ["topic-1"]);
  await assert.rejects(() => group.quorum(2).propose([topicRecord(2)]), (error) => {
    assert.ok(error instanceof NotControllerError);
    return error.leaderId === 1;
  });
  await group.close();
});

Deno.test("the others elect a leader soon after the process of the old one was killed", async () => {
  const group = await QuorumGroup.start(3);
  await group.vote(2, 3);
  await group.propose(topicRecord(1));
  const changes: string[] = [];
  for (const id of [2, 3]) {
    group.quorum(id).onLeadership((isLeader, epoch) => changes.push(`${id} ${isLeader} ${epoch}`));
  }
  await group.kill(1);
  await group.advance(300);
  const { leaderId } = group;
  assert.ok(leaderId === 2 || leaderId === 3);
  assert.deepEqual(changes, [`${leaderId} true ${group.leader().leaderEpoch}`]);
  await group.propose(topicRecord(2));
  await group.open(1);
  await group.advance(500);
  assert.deepEqual(group.topics(1), ["topic-1", "topic-2"]);
  assert.equal(group.quorum(1).leaderId, leaderId);
  await group.close();
});

Deno.test("a leader that is cut off steps down, and what it proposed alone is rejected and undone", async () => {
  const group = await QuorumGroup.start(3);
  await group.vote(2, 3);
  group.isolated.add(1);
  const lost = group.quorum(1).propose([topicRecord(66)]);
  const rejected = assert.rejects(lost, NotControllerError);
  await group.advance(5000);
  await rejected;
  assert.equal(group.quorum(1).isLeader, false);
  const { leaderId } = group;
  assert.notEqual(leaderId, 1);
  await group.propose(topicRecord(1));
  group.isolated.delete(1);
  await group.advance(3000);
  assert.equal(group.leaderId, leaderId);
  for (const id of [1, 2, 3]) assert.deepEqual(group.topics(id), ["topic-1"]);
  assert.deepEqual(imageOf(group, 1), imageOf(group, leaderId));
  await group.close();
});

Deno.test("close() hands the leadership over", async () => {
  const group = await QuorumGroup.start(3);
  await group.vote(2, 3);
  const closed = group.quorum(1).close();
  await group.advance(100);
  await closed;
  assert.notEqual(group.leader(), group.quorum(1));
  await group.close();
});

Deno.test("readIndex() is what a broker has to replay to see all that was acknowledged", async () => {
  const group = await QuorumGroup.start(3);
  await group.vote(2, 3);
  const last = await group.propose(topicRecord(1));
  const read = group.quorum(3).readIndex();
  await group.advance(50);
  assert.ok(await read > last);
  assert.equal(await group.quorum(3).caughtUp(await read, 1000), true);
  // A leader that is alone does not know whether it still is one.
  group.isolated.add(1);
  const unsure = assert.rejects(group.quorum(1).readIndex(), NotControllerError);
  await group.advance(4000);
  await unsure;
  await group.close();
});

Deno.test("caughtUp() tells when the image has come so far, or that it has not in time", async () => {
  const group = await QuorumGroup.start(2);
  const next = group.quorum(2).highWatermark + 1;
  const late = group.quorum(2).caughtUp(next, 100);
  await group.advance(200);
  assert.equal(await late, false);
  const inTime = group.quorum(2).caughtUp(next, 1000);
  await group.propose(topicRecord(1));
  assert.equal(await inTime, true);
  await group.close();
});

Deno.test("a broker that is far behind gets a snapshot, and listeners the difference", async () => {
  const group = await QuorumGroup.start(2, 2000);
  await group.vote(2);
  await group.propose(topicRecord(1), topicRecord(2));
  await group.add(3);
  await group.advance(500);
  const told: string[] = [];
  group.quorum(3).onCommit((records) => told.push(...records.map(({ type }) => type)));
  group.isolated.add(3);
  const { topicId } = topicRecord(1).value as { topicId: string };
  await group.propose({ type: "RemoveTopicRecord", value: { topicId: topicId as never } });
  for (let i = 10; i < 60; i++) await group.propose(topicRecord(i));
  const log = group.members.get(1)!.directory!.get("__cluster_metadata", 0)!;
  assert.ok(log.startOffset > group.quorum(3).highWatermark);
  told.length = 0;
  group.isolated.delete(3);
  await group.advance(3000);
  assert.deepEqual(imageOf(group, 3), imageOf(group, 1));
  assert.equal(told[0], "RemoveTopicRecord");
  assert.deepEqual(group.topics(3).slice(0, 2), ["topic-2", "topic-10"]);
  await group.vote(3);
  await group.stop(3);
  await group.open(3);
  await group.advance(2000);
  assert.deepEqual(imageOf(group, 3), imageOf(group, 1));
  assert.deepEqual(voterIds(group, 3), [1, 2, 3]);
  await group.close();
});

Deno.test("membership changes voters one at a time, and says why not", async () => {
  const group = await QuorumGroup.start(3);
  const { membership } = group.quorum(1);
  const peers = [1, 2, 3].map((id) => group.members.get(id)!.peer);
  const reason = (reason: string) => ({ name: "MembershipChangeError", reason });
  await assert.rejects(membership.removeVoter(peers[0]!), reason("lastVoter"));
  await assert.rejects(membership.removeVoter(peers[1]!), reason("notVoter"));
  await assert.rejects(membership.transferLeadership(2), reason("notVoter"));
  await assert.rejects(
    membership.addVoter({ id: 9, directoryId: peers[0]!.directoryId }),
    reason("unknownPeer"),
  );
  await group.vote(2);
  await assert.rejects(membership.addVoter(peers[1]!), reason("alreadyVoter"));
  const first = membership.addVoter(peers[2]!);
  await assert.rejects(membership.removeVoter(peers[1]!), reason("changeUnderWay"));
  await group.advance(100);
  await first;
  await assert.rejects(group.quorum(2).membership.removeVoter(peers[0]!), NotControllerError);
  const transferred = membership.transferLeadership(3);
  await group.advance(200);
  await transferred;
  assert.equal(group.leaderId, 3);
  const removed = group.quorum(3).membership.removeVoter(peers[0]!);
  await group.advance(200);
  await removed;
  await group.advance(2000);
  assert.deepEqual(voterIds(group, 1), [2, 3]);
  await group.propose(topicRecord(1));
  assert.deepEqual(group.topics(1), ["topic-1"]);
  await group.close();
});

Deno.test("open() finds voters and votes again when all brokers lost their power", async () => {
  const group = await QuorumGroup.start(3);
  await group.vote(2, 3);
  await group.propose(topicRecord(1));
  for (const id of [3, 2, 1]) await group.kill(id, "power", false);
  for (const id of [1, 2, 3]) await group.open(id);
  await group.advance(3000);
  assert.deepEqual(voterIds(group, 2), [1, 2, 3]);
  await group.propose(topicRecord(2));
  for (const id of [1, 2, 3]) assert.deepEqual(group.topics(id), ["topic-1", "topic-2"]);
  await group.close();
});

Deno.test("a voter whose log lost what was durable has no vote until a leader has repaired it", async () => {
  for (const damage of ["cut", "flipped"]) {
    const group = await QuorumGroup.start(3);
    await group.vote(2, 3);
    await group.propose(topicRecord(1));
    await group.propose(topicRecord(2));
    await group.kill(2);
    group.disk(2).content(LOG_FILE, (bytes) => {
      if (damage === "cut") return bytes.slice(0, bytes.length - 10);
      bytes[bytes.length - 10]! ^= 1;
      return bytes;
    });
    // The only one that has everything goes: 2 and 3 are a majority, and must not be one.
    group.isolated.add(3);
    await group.kill(1);
    await group.open(2);
    group.isolated.delete(3);
    await group.advance(8000);
    assert.throws(() => group.leader(), /nobody leads/);
    assert.match(new TextDecoder().decode(group.disk(2).content(STATE_FILE)), /"mustRepair":true/);
    await group.open(1);
    await group.advance(4000);
    await group.propose(topicRecord(3));
    assert.deepEqual(group.topics(2), ["topic-1", "topic-2", "topic-3"]);
    assert.doesNotMatch(new TextDecoder().decode(group.disk(2).content(STATE_FILE)), /mustRepair/);
    await group.kill(1);
    await group.advance(4000);
    await group.propose(topicRecord(4));
    assert.deepEqual(group.topics(2), group.topics(3));
    await group.close();
  }
});

const STATE_FILE = `${METADATA_DIRECTORY}/quorum-state`;

Deno.test("a broker with a new disk is another peer: it joins as observer, and votes when it is made to", async () => {
  const group = await QuorumGroup.start(3);
  await group.vote(2, 3);
  await group.propose(topicRecord(1));
  await group.kill(3);
  const old = group.members.get(3)!.peer;
  await group.add(3, new SimulatedDisk(), 33);
  await group.advance(2000);
  assert.deepEqual(group.topics(3), ["topic-1"]);
  const { voters, observers } = group.leader().describe();
  assert.equal(voters.find(({ replicaId }) => replicaId === 3)!.directoryId, old.directoryId);
  assert.equal(observers[0]!.replicaId, 3);
  const peer = group.members.get(3)!.peer;
  await assert.rejects(group.leader().membership.addVoter(peer), { reason: "alreadyVoter" });
  const removed = group.leader().membership.removeVoter(old);
  await group.advance(100);
  await removed;
  await group.vote(3);
  assert.deepEqual(voterIds(group, 3), [1, 2, 3]);
  await group.close();
});

Deno.test("a follower whose disk is full takes part again when there is room", async () => {
  const group = await QuorumGroup.start(3);
  await group.vote(2, 3);
  group.disk(2).plant({ operation: "write", kind: "noSpace", path: ".log", partialBytes: 20 });
  await group.propose(topicRecord(1));
  assert.deepEqual(group.topics(2), []);
  await group.advance(3000);
  await group.propose(topicRecord(2));
  assert.deepEqual(group.topics(2), ["topic-1", "topic-2"]);
  await group.close();
});

/** A broker that the cluster counts on. */
function registered(group: QuorumGroup, id: number): MetadataRecordInit {
  return brokerRecord(id, { logDirs: [group.members.get(id)!.peer.directoryId] });
}

Deno.test("the leader makes voters of registered brokers, and replaces one that stays away", async () => {
  const group = new QuorumGroup();
  group.upkeep = { votersMax: 3, replacementDelayMs: 5000 };
  for (let id = 1; id <= 4; id++) await group.add(id);
  await group.advance(1000);
  await group.propose(registered(group, 1), registered(group, 2));
  await group.advance(2000);
  assert.deepEqual(voterIds(group, 1), [1]);
  await group.propose(registered(group, 3));
  await group.advance(2000);
  assert.deepEqual(voterIds(group, 1), [1, 2, 3]);
  await group.propose(registered(group, 4));
  await group.advance(2000);
  assert.deepEqual(voterIds(group, 1), [1, 2, 3]);
  await group.kill(3);
  await group.advance(3000);
  assert.deepEqual(voterIds(group, 1), [1, 2, 3]);
  await group.advance(5000);
  assert.deepEqual(voterIds(group, 1), [1, 2, 4]);
  await group.close();
});

Deno.test("receive() refuses messages of another cluster and such that say nothing", async () => {
  const group = await QuorumGroup.start(1);
  const peer = { brokerId: 1, directoryId: group.members.get(1)!.peer.directoryId };
  const message = {
    clusterId: "other",
    from: peer,
    to: peer,
    term: 9,
    kind: 99,
    chunk: new Uint8Array(0),
    batches: null,
  };
  assert.equal(group.quorum(1).receive(message as never), 104);
  assert.equal(group.quorum(1).receive({ ...message, clusterId: "cluster" } as never), 42);
  await group.close();
});
