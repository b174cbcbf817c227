import assert from "node:assert/strict";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { createDelegationTokenApi } from "../../../src/protocol/generated/apis/create_delegation_token.ts";
import { describeDelegationTokenApi } from "../../../src/protocol/generated/apis/describe_delegation_token.ts";
import { expireDelegationTokenApi } from "../../../src/protocol/generated/apis/expire_delegation_token.ts";
import { renewDelegationTokenApi } from "../../../src/protocol/generated/apis/renew_delegation_token.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";

Deno.test("delegation tokens are refused on a listener without authentication", async () => {
  await BrokerFixture.with(async (fixture) => {
    const hmac = Uint8Array.of(1);
    const answers = [
      await fixture.call(createDelegationTokenApi, 3, {
        ownerPrincipalType: "User",
        ownerPrincipalName: "ann",
        renewers: [],
        maxLifetimeMs: -1,
      }),
      await fixture.call(renewDelegationTokenApi, 2, { hmac, renewPeriodMs: -1 }),
      await fixture.call(expireDelegationTokenApi, 2, { hmac, expiryTimePeriodMs: -1 }),
      await fixture.call(describeDelegationTokenApi, 3, { owners: null }),
    ];
    for (const { errorCode } of answers) {
      assert.equal(errorCode, ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED);
    }
  });
});
