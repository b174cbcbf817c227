import assert from "node:assert/strict";
import { commit, imageOf } from "./fixtures.ts";
import type { MetadataRecordInit } from "../../../src/metadata/records.ts";
import type { Uuid } from "../../../src/base/uuid.ts";

const quota = (
  entity: readonly (readonly [string, string | null])[],
  key: string,
  value: number,
  remove = false,
): MetadataRecordInit => ({
  type: "ClientQuotaRecord",
  value: {
    entity: entity.map(([entityType, entityName]) => ({ entityType, entityName })),
    key,
    value,
    remove,
  },
});

const credential = (name: string, mechanism: number): MetadataRecordInit => ({
  type: "UserScramCredentialRecord",
  value: {
    name,
    mechanism,
    salt: Uint8Array.of(1),
    storedKey: Uint8Array.of(2),
    serverKey: Uint8Array.of(3),
    iterations: 4096,
  },
});

Deno.test("SecurityImage keeps quotas by entity, whatever the order of its parts", () => {
  const { security } = imageOf([
    quota([["user", "u"], ["client-id", null]], "producer_byte_rate", 10),
    quota([["client-id", null], ["user", "u"]], "producer_byte_rate", 20),
    quota([["user", null]], "producer_byte_rate", 30),
    quota([["user", "gone"]], "consumer_byte_rate", 1),
    quota([["user", "gone"]], "consumer_byte_rate", 0, true),
  ]);
  assert.deepEqual([...security.quotas()].map(({ quotas }) => [...quotas]), [
    [["producer_byte_rate", 20]],
    [["producer_byte_rate", 30]],
  ]);
});

Deno.test("SecurityImage forgets a user with the last credential", () => {
  const image = imageOf([credential("u", 1), credential("u", 2), credential("v", 1)]);
  const remove = (name: string, mechanism: number) =>
    commit(image, [{ type: "RemoveUserScramCredentialRecord", value: { name, mechanism } }]);
  remove("u", 1);
  assert.equal(image.security.scramCredential("u", 1), undefined);
  assert.equal(image.security.scramCredential("u", 2)!.iterations, 4096);
  remove("u", 2);
  remove("nobody", 1);
  assert.deepEqual([...image.security.scramUsers()], ["v"]);
});

Deno.test("SecurityImage adds and removes access control entries by id", () => {
  const id = "AAAAAQAAAAAAAAAAAAAAAA" as Uuid;
  const entry: MetadataRecordInit = {
    type: "AccessControlEntryRecord",
    value: {
      id,
      resourceType: 2,
      resourceName: "a",
      patternType: 3,
      principal: "User:u",
      host: "*",
      operation: 3,
      permissionType: 3,
    },
  };
  const image = imageOf([entry]);
  assert.deepEqual([...image.security.accessControlEntries()], [entry.value]);
  commit(image, [{ type: "RemoveAccessControlEntryRecord", value: { id } }]);
  assert.deepEqual([...image.security.accessControlEntries()], []);
});
