import assert from "node:assert/strict";
import { type Uuid, ZERO_UUID } from "../../../src/base/uuid.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { offsetCommitApi } from "../../../src/protocol/generated/apis/offset_commit.ts";
import { offsetDeleteApi } from "../../../src/protocol/generated/apis/offset_delete.ts";
import { offsetFetchApi } from "../../../src/protocol/generated/apis/offset_fetch.ts";
import { settle } from "../server/fake_clock.ts";
import type { BrokerFixture } from "../support/broker_fixture.ts";
import { commit, committed, openGroups, stableMember, withGroups } from "./group_client.ts";

const UNKNOWN_ID = "BBBBBBBBBBBBBBBBBBBBBA" as Uuid;

async function deleteOffset(fixture: BrokerFixture, topic: string, groupId = "g") {
  const { errorCode, topics } = await fixture.call(offsetDeleteApi, 0, {
    groupId,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }],
  });
  return [errorCode, topics[0]?.partitions[0]?.errorCode];
}

Deno.test("OffsetCommit and OffsetFetch keep metadata and leader epoch in every version", async () => {
  await withGroups(async (fixture) => {
    for (let version = 2; version <= 9; version++) {
      assert.equal(await commit(fixture, version, {}, version), 0);
      const epoch = version >= 6 ? 5 : -1;
      assert.equal(await committed(fixture), `t:0=${version}/${epoch} "note"`);
    }
    await commit(fixture, 10, { metadata: null });
    assert.equal(await committed(fixture), 't:0=10/5 ""');
    for (let version = 1; version <= 7; version++) {
      const { topics } = await fixture.call(offsetFetchApi, version, {
        groupId: "g",
        topics: [{ name: "t", partitionIndexes: [0, 1, 9] }],
        groups: [],
      });
      const offsets = topics[0]!.partitions.map((found) => found.committedOffset);
      assert.deepEqual(offsets, [10, -1, -1]);
    }
  });
});

Deno.test("version 10 of OffsetCommit and OffsetFetch names topics by id", async () => {
  await withGroups(async (fixture) => {
    const { topicId } = await fixture.createTopic("by-id");
    const partitions = [{ partitionIndex: 0, committedOffset: 7, committedMetadata: "" }];
    const { topics } = await fixture.call(offsetCommitApi, 10, {
      groupId: "g",
      memberId: "",
      topics: [
        { topicId, name: "", partitions },
        { topicId: UNKNOWN_ID, name: "", partitions },
      ],
    });
    assert.deepEqual(
      topics.map(({ topicId, partitions }) => [topicId, partitions[0]!.errorCode]),
      [[topicId, 0], [UNKNOWN_ID, ErrorCode.UNKNOWN_TOPIC_ID]],
    );
    const asked = [topicId, UNKNOWN_ID].map((id) => ({
      topicId: id,
      name: "",
      partitionIndexes: [0],
    }));
    const { groups } = await fixture.call(offsetFetchApi, 10, {
      groupId: "",
      topics: [],
      groups: [{ groupId: "g", topics: asked }, { groupId: "g", topics: null }],
    });
    const found = groups.map(({ topics }) =>
      topics.map(({ topicId, partitions }) => [
        topicId,
        partitions[0]!.committedOffset,
        partitions[0]!.errorCode,
      ])
    );
    assert.deepEqual(found, [
      [[topicId, 7, 0], [UNKNOWN_ID, -1, ErrorCode.UNKNOWN_TOPIC_ID]],
      [[topicId, 7, 0]],
    ]);
  });
});

Deno.test("OffsetCommit refuses what a partition or the group does not allow", async () => {
  await withGroups(async (fixture) => {
    const member = await stableMember(fixture);
    const table: readonly [code: number, wish: Parameters<typeof commit>[2], version?: number][] = [
      [ErrorCode.NONE, member],
      [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, { ...member, topic: "nowhere" }],
      [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, { ...member, partition: 2 }],
      [ErrorCode.OFFSET_METADATA_TOO_LARGE, { ...member, metadata: "x".repeat(4097) }],
      [ErrorCode.OFFSET_METADATA_TOO_LARGE, { ...member, metadata: "é".repeat(2049) }],
      [ErrorCode.NONE, { ...member, metadata: "é".repeat(2048) }],
      [ErrorCode.UNKNOWN_MEMBER_ID, {}],
      [ErrorCode.UNKNOWN_MEMBER_ID, { ...member, memberId: "nobody" }],
      [ErrorCode.UNKNOWN_MEMBER_ID, { metadata: "x".repeat(4097) }],
      [ErrorCode.ILLEGAL_GENERATION, { ...member, generationId: 9 }],
      [ErrorCode.GROUP_ID_NOT_FOUND, { groupId: "none", generationId: 1, memberId: "m" }],
      [ErrorCode.ILLEGAL_GENERATION, { groupId: "none", generationId: 1, memberId: "m" }, 8],
    ];
    for (const [code, wish, version] of table) {
      assert.equal(await commit(fixture, 3, wish, version), code, JSON.stringify(wish));
    }
  });
});

Deno.test("OffsetFetch of an unknown group has no offsets and no error", async () => {
  await withGroups(async (fixture) => {
    const { groups } = await fixture.call(offsetFetchApi, 9, {
      groupId: "",
      topics: [],
      groups: [{
        groupId: "none",
        topics: [{ name: "t", topicId: ZERO_UUID, partitionIndexes: [0] }],
      }],
    });
    const [group] = groups;
    const [partition] = group!.topics[0]!.partitions;
    assert.deepEqual(
      [group!.errorCode, partition!.committedOffset, partition!.metadata, partition!.errorCode],
      [0, -1, "", 0],
    );
  });
});

Deno.test("OffsetDelete spares what members subscribe to", async () => {
  await withGroups(async (fixture) => {
    await fixture.createTopic("u");
    const member = await stableMember(fixture);
    await commit(fixture, 3, member);
    await commit(fixture, 4, { ...member, topic: "u" });
    assert.deepEqual(await deleteOffset(fixture, "t"), [0, ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC]);
    assert.deepEqual(await deleteOffset(fixture, "u"), [0, 0]);
    assert.deepEqual(await deleteOffset(fixture, "u"), [0, 0]);
    assert.deepEqual(
      await deleteOffset(fixture, "nowhere"),
      [0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    );
    assert.deepEqual(
      await deleteOffset(fixture, "t", "none"),
      [ErrorCode.GROUP_ID_NOT_FOUND, undefined],
    );
    assert.equal(await committed(fixture), 't:0=3/5 "note"');
  });
});

Deno.test("the offsets in a topic go with it", async () => {
  await withGroups(async (fixture) => {
    await fixture.createTopic("u");
    await commit(fixture, 3);
    await commit(fixture, 4, { topic: "u" });
    await fixture.deleteTopic("t");
    assert.equal(await committed(fixture), 'u:0=4/5 "note"');
    await fixture.createTopic("t");
    assert.equal(await committed(fixture), 'u:0=4/5 "note"');
  });
});

Deno.test("offsets expire, and their group with them", async () => {
  await withGroups(async (fixture) => {
    await commit(fixture, 3);
    await fixture.clock.advance(4 * 60_000);
    assert.equal(await committed(fixture), 't:0=3/5 "note"');
    await fixture.clock.advance(2 * 60_000);
    assert.equal(await committed(fixture), "");
    const shard = fixture.broker.groups.find("g");
    assert.ok(typeof shard !== "number");
    assert.equal(shard.machine.group("g"), undefined);
  }, {
    config: {
      "offsets.retention.minutes": "5",
      "offsets.retention.check.interval.ms": "30000",
    },
  });
});

Deno.test("committed offsets survive a crash, compressed or not", async () => {
  for (const codec of ["0", "1", "4"]) {
    const config = { "offsets.topic.compression.codec": codec };
    const fixture = await openGroups({ config });
    for (let i = 0; i < 20; i++) await commit(fixture, i, { groupId: `g${i % 5}` });
    const again = await fixture.crash();
    try {
      await settle();
      for (let i = 15; i < 20; i++) {
        assert.equal(await committed(again, `g${i % 5}`), `t:0=${i}/5 "note"`);
      }
    } finally {
      await again.broker.close();
    }
  }
});
