import assert from "node:assert/strict";
import type { Uuid } from "../../../src/base/uuid.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { addRaftVoterApi } from "../../../src/protocol/generated/apis/add_raft_voter.ts";
import { removeRaftVoterApi } from "../../../src/protocol/generated/apis/remove_raft_voter.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";

Deno.test("the voters of the quorum can't be changed, least of all by another cluster", async () => {
  await BrokerFixture.with(async (fixture) => {
    const own = fixture.broker.identity.clusterId;
    const { UNSUPPORTED_VERSION, INCONSISTENT_CLUSTER_ID } = ErrorCode;
    const voterDirectoryId = "AAAAAQAAAAAAAAAAAAAAAA" as Uuid;
    for (
      const [clusterId, expected] of [
        [null, UNSUPPORTED_VERSION],
        [own, UNSUPPORTED_VERSION],
        ["another", INCONSISTENT_CLUSTER_ID],
      ] as const
    ) {
      const voter = { clusterId, voterId: 2, voterDirectoryId };
      const adding = { ...voter, timeoutMs: 1000, listeners: [] };
      assert.equal((await fixture.call(addRaftVoterApi, 1, adding)).errorCode, expected);
      assert.equal((await fixture.call(removeRaftVoterApi, 0, voter)).errorCode, expected);
    }
  });
});
