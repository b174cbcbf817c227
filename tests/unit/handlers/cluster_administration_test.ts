import assert from "node:assert/strict";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { alterPartitionReassignmentsApi } from "../../../src/protocol/generated/apis/alter_partition_reassignments.ts";
import { alterReplicaLogDirsApi } from "../../../src/protocol/generated/apis/alter_replica_log_dirs.ts";
import { alterUserScramCredentialsApi } from "../../../src/protocol/generated/apis/alter_user_scram_credentials.ts";
import { alterClientQuotasApi } from "../../../src/protocol/generated/apis/alter_client_quotas.ts";
import { describeClientQuotasApi } from "../../../src/protocol/generated/apis/describe_client_quotas.ts";
import { describeUserScramCredentialsApi } from "../../../src/protocol/generated/apis/describe_user_scram_credentials.ts";
import { electLeadersApi } from "../../../src/protocol/generated/apis/elect_leaders.ts";
import { listPartitionReassignmentsApi } from "../../../src/protocol/generated/apis/list_partition_reassignments.ts";
import { unregisterBrokerApi } from "../../../src/protocol/generated/apis/unregister_broker.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";

Deno.test("ElectLeaders finds the only broker leading, in every version", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t", 2);
    const request = {
      electionType: 0,
      topicPartitions: [{ topic: "t", partitions: [0, 2] }],
      timeoutMs: 1000,
    };
    for (const version of [0, 1, 2]) {
      const { errorCode, replicaElectionResults } = await fixture.call(
        electLeadersApi,
        version,
        request,
      );
      const results = replicaElectionResults[0]!.partitionResult.map((result) => result.errorCode);
      const { ELECTION_NOT_NEEDED, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode;
      assert.deepEqual([errorCode, ...results], [
        0,
        ELECTION_NOT_NEEDED,
        UNKNOWN_TOPIC_OR_PARTITION,
      ]);
    }
    const all = { ...request, topicPartitions: null };
    const { replicaElectionResults } = await fixture.call(electLeadersApi, 2, all);
    assert.deepEqual(replicaElectionResults, []);
  });
});

Deno.test("AlterPartitionReassignments takes the replicas that there are, and no others", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t");
    const { brokerId } = fixture.broker.identity;
    const reassign = async (replicas: readonly number[] | null) => {
      const partitions = [{ partitionIndex: 0, replicas }];
      const { responses } = await fixture.call(alterPartitionReassignmentsApi, 1, {
        topics: [{ name: "t", partitions }],
      });
      return responses[0]!.partitions[0]!.errorCode;
    };
    assert.equal(await reassign([brokerId]), 0);
    assert.equal(await reassign([brokerId + 1]), ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    assert.equal(await reassign(null), ErrorCode.NO_REASSIGNMENT_IN_PROGRESS);
    const { topics } = await fixture.call(listPartitionReassignmentsApi, 0, { topics: null });
    assert.deepEqual(topics, []);
  });
});

Deno.test("AlterReplicaLogDirs knows one directory, and the replicas in it", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t");
    const topics = [{ name: "t", partitions: [0, 1] }];
    const { results } = await fixture.call(alterReplicaLogDirsApi, 2, {
      dirs: [{ path: "/data", topics }, { path: "/elsewhere", topics }],
    });
    assert.equal(results[0]!.topicName, "t");
    const codes = results[0]!.partitions.map(({ partitionIndex, errorCode }) => {
      return [partitionIndex, errorCode];
    });
    assert.deepEqual(codes, [
      [0, 0],
      [1, ErrorCode.REPLICA_NOT_AVAILABLE],
      [0, ErrorCode.LOG_DIR_NOT_FOUND],
      [1, ErrorCode.LOG_DIR_NOT_FOUND],
    ]);
  });
});

Deno.test("UnregisterBroker refuses the broker that runs, and one that is unknown", async () => {
  await BrokerFixture.with(async (fixture) => {
    const { brokerId } = fixture.broker.identity;
    const unregister = async (id: number) =>
      (await fixture.call(unregisterBrokerApi, 0, { brokerId: id })).errorCode;
    assert.equal(await unregister(brokerId), ErrorCode.INVALID_REQUEST);
    assert.equal(await unregister(brokerId + 1), ErrorCode.BROKER_ID_NOT_REGISTERED);
    assert.ok(fixture.broker.quorum.image.brokers.byId(brokerId) !== undefined);
  });
});

Deno.test("AlterUserScramCredentials keeps the keys of RFC 5802 over a restart", async () => {
  const fixture = await BrokerFixture.open();
  const hex = (text: string) => Uint8Array.from(text.match(/../g)!, (byte) => parseInt(byte, 16));
  const { results } = await fixture.call(alterUserScramCredentialsApi, 0, {
    deletions: [],
    upsertions: [{
      name: "user",
      mechanism: 1,
      iterations: 4096,
      salt: hex("5b6d99689d12358eeca04b141236fa81"),
      // PBKDF2 of "pencil" with the salt and iterations of the example in RFC 7677, section 3.
      saltedPassword: hex("c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d"),
    }],
  });
  assert.equal(results[0]!.errorCode, 0);
  const restarted = await fixture.restart();
  try {
    const described = await restarted.call(describeUserScramCredentialsApi, 0, { users: null });
    assert.deepEqual(
      described.results.map(({ user, credentialInfos }) => [user, credentialInfos]),
      [
        ["user", [{ mechanism: 1, iterations: 4096 }]],
      ],
    );
    const { storedKey, serverKey } = restarted.broker.quorum.image.security
      .scramCredential("user", 1)!;
    assert.deepEqual(
      storedKey,
      hex("586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6"),
    );
    assert.deepEqual(
      serverKey,
      hex("c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5"),
    );
  } finally {
    await restarted.broker.close();
  }
});

Deno.test("AlterClientQuotas is kept over a restart, and counts from then on", async () => {
  const fixture = await BrokerFixture.open();
  const entity = [{ entityType: "user", entityName: null }];
  const ops = [{ key: "consumer_byte_rate", value: 5000, remove: false }];
  const request = { entries: [{ entity, ops }], validateOnly: false };
  assert.equal(fixture.broker.quotas.isActive, false);
  assert.equal((await fixture.call(alterClientQuotasApi, 1, request)).entries[0]!.errorCode, 0);
  assert.equal(fixture.broker.quotas.isActive, true);
  const restarted = await fixture.restart();
  try {
    assert.equal(restarted.broker.quotas.fetchBytesMax("any"), 50_000);
    const all = { components: [], strict: false };
    const { entries } = await restarted.call(describeClientQuotasApi, 1, all);
    assert.deepEqual(entries, [{ entity, values: [{ key: "consumer_byte_rate", value: 5000 }] }]);
  } finally {
    await restarted.broker.close();
  }
});
