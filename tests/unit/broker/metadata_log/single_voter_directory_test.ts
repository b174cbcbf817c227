/**
 * A data directory as brokers wrote it when the only voter could be the broker itself: nine topics,
 * a restart, seven more, with two snapshots on the way. It has to become a log of one voter that
 * others can join.
 */
import assert from "node:assert/strict";
import golden from "../../../golden/metadata_log/single_voter.json" with { type: "json" };
import { SimulatedDisk } from "../../log/simulated_disk.ts";
import { QuorumGroup, topicRecord } from "./quorum_group.ts";

function goldenDisk(change: (path: string, bytes: Uint8Array) => void = () => {}): SimulatedDisk {
  const disk = new SimulatedDisk();
  disk.makeDirectory("__cluster_metadata-0");
  for (const [path, base64] of Object.entries(golden)) {
    const bytes = Uint8Array.fromBase64(base64);
    change(path, bytes);
    const file = disk.open(path, { create: true });
    file.write(bytes, 0);
    file.syncNow();
    file.close();
  }
  disk.syncDirectory("__cluster_metadata-0");
  disk.syncDirectory("");
  return disk;
}

const TOPICS = Array.from({ length: 16 }, (_, i) => `topic-${i}`);

Deno.test("RaftQuorum.open() takes over the log of a single voter, and others can join it", async () => {
  const group = new QuorumGroup();
  // The directory id that the directory was written with.
  await group.add(1, goldenDisk(), 5);
  assert.deepEqual(group.topics(1), TOPICS);
  assert.equal(group.leader().leaderEpoch, 3);
  const { voters } = group.quorum(1).describe();
  assert.deepEqual(voters.map(({ replicaId }) => replicaId), [1]);
  await group.propose(topicRecord(16));
  for (const id of [2, 3]) await group.add(id);
  await group.advance(1000);
  await group.vote(2, 3);
  await group.kill(1);
  await group.advance(2000);
  await group.propose(topicRecord(17));
  assert.deepEqual(group.topics(2), [...TOPICS, "topic-16", "topic-17"]);
  await group.close();
});

Deno.test("RaftQuorum.open() refuses such a log when a batch of it is damaged", async () => {
  const group = new QuorumGroup();
  const disk = goldenDisk((path, bytes) => {
    if (path.endsWith(".log")) bytes[bytes.length - 20]! ^= 1;
  });
  await assert.rejects(group.add(1, disk, 5), { name: "MetadataLogError", message: /damaged at/ });
  await group.members.get(1)!.directory!.close();
});
