import assert from "node:assert/strict";
import { partitionForKey } from "../../../../src/coordinator/coordinator.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";
import {
  commit,
  committed,
  heartbeat,
  openGroups,
  stableMember,
  withGroups,
} from "../../handlers/group_client.ts";
import { settle } from "../../server/fake_clock.ts";

const FLUSH_EACH = { config: { "log.flush.interval.messages": "1" } };

Deno.test("a reply waits until the records before it are durable by the topic's policy", async () => {
  const fixture = await openGroups(FLUSH_EACH);
  assert.equal(await commit(fixture, 7), 0);
  const again = await fixture.crash("power");
  try {
    await settle();
    assert.equal(await committed(again), 't:0=7/5 "note"');
  } finally {
    await again.broker.close();
  }
});

Deno.test("a shard whose records can't be flushed refuses them and stops", async () => {
  await withGroups(async (fixture) => {
    const member = await stableMember(fixture);
    const index = partitionForKey("g", 2);
    fixture.disk.plant({
      operation: "sync",
      kind: "ioError",
      path: `__consumer_offsets-${index}`,
    });
    assert.equal(await commit(fixture, 7, member), ErrorCode.NOT_COORDINATOR);
    assert.equal(await heartbeat(fixture, member), ErrorCode.NOT_COORDINATOR);
    assert.equal(fixture.broker.groups.topic.shard(index)?.state, "failed");
    const other = ["a", "b", "c", "d"].find((key) => partitionForKey(key, 2) !== index)!;
    assert.equal(await commit(fixture, 7, { groupId: other }), 0);
  }, FLUSH_EACH);
});

Deno.test("a batch that can't be written is refused, and the shard goes on", async () => {
  await withGroups(async (fixture) => {
    const index = partitionForKey("g", 2);
    fixture.disk.plant({
      operation: "write",
      kind: "noSpace",
      path: `__consumer_offsets-${index}`,
    });
    assert.equal(await commit(fixture, 7), ErrorCode.NOT_COORDINATOR);
    assert.equal(await commit(fixture, 8), 0);
    assert.equal(await committed(fixture), 't:0=8/5 "note"');
  });
});

Deno.test("records above the topic's max.message.bytes are refused", async () => {
  await withGroups(async (fixture) => {
    const metadata = "x".repeat(4000);
    assert.equal(await commit(fixture, 7, { metadata }), ErrorCode.INVALID_COMMIT_OFFSET_SIZE);
    assert.equal(await commit(fixture, 8), 0);
  }, { config: { "message.max.bytes": "2000" } });
});

Deno.test("partitionForKey() hashes as Java does", () => {
  // "polygenelubricants".hashCode() is -2^31, whose absolute value is no int32.
  assert.equal(partitionForKey("polygenelubricants", 50), 0);
  assert.equal(partitionForKey("", 50), 0);
  assert.equal(partitionForKey("é", 50), 233 % 50);
  assert.equal(partitionForKey("ab", 50), (97 * 31 + 98) % 50);
  assert.equal(partitionForKey("g", 50), 103 % 50);
});
