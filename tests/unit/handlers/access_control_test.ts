import assert from "node:assert/strict";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { createAclsApi } from "../../../src/protocol/generated/apis/create_acls.ts";
import { deleteAclsApi } from "../../../src/protocol/generated/apis/delete_acls.ts";
import { describeAclsApi } from "../../../src/protocol/generated/apis/describe_acls.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";

const ANY = 1;
const { SECURITY_DISABLED } = ErrorCode;

Deno.test("the ACL calls say that security is disabled, once per thing asked for", async () => {
  await BrokerFixture.with(async (fixture) => {
    const filter = {
      resourceTypeFilter: ANY,
      resourceNameFilter: null,
      patternTypeFilter: ANY,
      principalFilter: null,
      hostFilter: null,
      operation: ANY,
      permissionType: ANY,
    };
    const creation = {
      resourceType: 2,
      resourceName: "t",
      resourcePatternType: 3,
      principal: "User:ann",
      host: "*",
      operation: 3,
      permissionType: 3,
    };
    for (const version of [1, 2, 3]) {
      const described = await fixture.call(describeAclsApi, version, filter);
      assert.equal(described.errorCode, SECURITY_DISABLED);
      assert.deepEqual(described.resources, []);
      const creations = [creation, creation];
      const created = await fixture.call(createAclsApi, version, { creations });
      assert.deepEqual(created.results.map(({ errorCode }) => errorCode), [
        SECURITY_DISABLED,
        SECURITY_DISABLED,
      ]);
      const deleted = await fixture.call(deleteAclsApi, version, { filters: [filter] });
      assert.deepEqual(deleted.filterResults.map(({ errorCode }) => errorCode), [
        SECURITY_DISABLED,
      ]);
    }
  });
});
