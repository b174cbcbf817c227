import assert from "node:assert/strict";
import { alterClientQuotas } from "../../../src/metadata/client_quotas.ts";
import type { ClusterImage } from "../../../src/metadata/cluster_image.ts";
import { describeClientQuotas } from "../../../src/metadata/describe_client_quotas.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { commit, imageOf } from "./fixtures.ts";

type Entity = Readonly<Record<string, string | null>>;
/** A value, or null to remove the key. */
type Ops = Readonly<Record<string, number | null>>;

const partsOf = (entity: Entity) =>
  Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName }));

/** Alters and commits; the error codes, and how many records it took. */
function alter(
  image: ClusterImage,
  changes: readonly (readonly [Entity, Ops])[],
  validateOnly = false,
): { codes: number[]; records: number } {
  const entries = changes.map(([entity, ops]) => ({
    entity: partsOf(entity),
    ops: Object.entries(ops).map(([key, value]) => ({
      key,
      value: value ?? 0,
      remove: value === null,
    })),
  }));
  const { records, response } = alterClientQuotas(image, { entries, validateOnly });
  commit(image, records);
  const codes = response.entries.map(({ errorCode, errorMessage, entity }, index) => {
    assert.equal(errorMessage === null, errorCode === 0);
    assert.deepEqual(entity, entries[index]!.entity);
    return errorCode;
  });
  return { codes, records: records.length };
}

type Component = readonly [entityType: string, matchType: number, match?: string];

function describe(image: ClusterImage, components: readonly Component[], strict = false) {
  const { errorCode, entries } = describeClientQuotas(image, {
    components: components.map(([entityType, matchType, match = null]) => {
      return { entityType, matchType, match };
    }),
    strict,
  });
  if (entries === null) return errorCode;
  return entries.map(({ entity, values }) =>
    [
      ...entity.map(({ entityType, entityName }) => `${entityType}=${entityName}`),
      ...values.map(({ key, value }) => `${key}=${value}`),
    ].join(" ")
  );
}

Deno.test("alterClientQuotas() sets, changes and removes the quotas of an entity", () => {
  const image = imageOf([]);
  const entity = { user: "ann", "client-id": null };
  const set = { producer_byte_rate: 1000, request_percentage: 12.5 };
  assert.deepEqual(alter(image, [[entity, set]]), { codes: [0], records: 2 });
  assert.deepEqual(alter(image, [[entity, set]]), { codes: [0], records: 0 });
  const change = { producer_byte_rate: 2000.0000001, request_percentage: null };
  assert.deepEqual(alter(image, [[entity, change]]), { codes: [0], records: 2 });
  assert.deepEqual(describe(image, []), ["user=ann client-id=null producer_byte_rate=2000"]);
  const remove = { producer_byte_rate: null, consumer_byte_rate: null };
  assert.deepEqual(alter(image, [[entity, remove]]), { codes: [0], records: 1 });
  assert.deepEqual(describe(image, []), []);
});

Deno.test("alterClientQuotas() writes nothing for a validation", () => {
  const image = imageOf([]);
  const changes = [[{ user: null }, { controller_mutation_rate: 0.5 }]] as const;
  assert.deepEqual(alter(image, changes, true), { codes: [0], records: 0 });
});

for (
  const [what, entity, ops] of [
    ["an empty entity", {}, { producer_byte_rate: 1 }],
    ["an unknown entity type", { group: "g" }, { producer_byte_rate: 1 }],
    ["an empty name", { user: "" }, { producer_byte_rate: 1 }],
    ["an ip with a user", { ip: "10.0.0.1", user: "u" }, { connection_creation_rate: 1 }],
    ["an ip that is none", { ip: "somewhere" }, { connection_creation_rate: 1 }],
    ["an ip that is out of range", { ip: "10.0.0.256" }, { connection_creation_rate: 1 }],
    ["an unknown key", { user: "u" }, { no_such_rate: 1 }],
    ["the removal of an unknown key", { user: "u" }, { no_such_rate: null }],
    ["a key of addresses for a user", { user: "u" }, { connection_creation_rate: 1 }],
    ["a key of users for an address", { ip: "10.0.0.1" }, { producer_byte_rate: 1 }],
    ["a rate of 0", { user: "u" }, { producer_byte_rate: 0 }],
    ["a negative rate", { user: "u" }, { request_percentage: -1 }],
    ["what is no number", { user: "u" }, { request_percentage: NaN }],
    ["an endless rate", { user: "u" }, { request_percentage: Infinity }],
    ["a fraction of a byte", { user: "u" }, { consumer_byte_rate: 1.5 }],
    ["a rate that rounds to 0", { user: "u" }, { consumer_byte_rate: 1e-9 }],
    ["more connections than an int32", { ip: null }, { connection_creation_rate: 2 ** 31 }],
  ] as const
) {
  Deno.test(`alterClientQuotas() refuses ${what}, and only there`, () => {
    const image = imageOf([]);
    const good = [{ user: "good" }, { consumer_byte_rate: 5 }] as const;
    // Another key of the same entity is not applied either.
    const { codes, records } = alter(image, [[entity, ops], good]);
    assert.deepEqual(codes, [ErrorCode.INVALID_REQUEST, 0]);
    assert.equal(records, 1);
  });
}

Deno.test("alterClientQuotas() refuses what is named twice", () => {
  const image = imageOf([]);
  const rate = { producer_byte_rate: 1 };
  const { INVALID_REQUEST } = ErrorCode;
  const { codes } = alter(image, [
    [{ user: "a", "client-id": "b" }, rate],
    [{ "client-id": "b", user: "a" }, rate],
  ]);
  assert.deepEqual(codes, [INVALID_REQUEST, INVALID_REQUEST]);
  const op = { key: "producer_byte_rate", value: 1, remove: false };
  const user = { entityType: "user", entityName: "a" };
  for (const entry of [{ entity: [user], ops: [op, op] }, { entity: [user, user], ops: [op] }]) {
    const request = { entries: [entry], validateOnly: false };
    const { records, response } = alterClientQuotas(image, request);
    assert.deepEqual([records.length, response.entries[0]!.errorCode], [0, INVALID_REQUEST]);
  }
});

Deno.test("alterClientQuotas() takes addresses of both kinds, and the default", () => {
  for (const ip of ["10.0.0.1", "255.255.255.255", "::1", "fe80::1:2", null]) {
    const { codes } = alter(imageOf([]), [[{ ip }, { connection_creation_rate: 10 }]]);
    assert.deepEqual(codes, [0], String(ip));
  }
});

Deno.test("describeClientQuotas() matches exact names, the default, and any name", () => {
  const image = imageOf([]);
  const rate = { producer_byte_rate: 1 };
  alter(image, [
    [{ user: "ann" }, rate],
    [{ user: null }, rate],
    [{ user: "ann", "client-id": "c" }, rate],
    [{ "client-id": "c" }, rate],
    [{ ip: "10.0.0.1" }, { connection_creation_rate: 3 }],
  ]);
  const users = (...components: Component[]) => describe(image, components);
  assert.equal((describe(image, []) as string[]).length, 5);
  assert.deepEqual(describe(image, [], true), []);
  assert.deepEqual(users(["user", 0, "ann"]), [
    "user=ann producer_byte_rate=1",
    "user=ann client-id=c producer_byte_rate=1",
  ]);
  assert.deepEqual(describe(image, [["user", 0, "ann"]], true), ["user=ann producer_byte_rate=1"]);
  assert.deepEqual(users(["user", 1]), ["user=null producer_byte_rate=1"]);
  assert.deepEqual(describe(image, [["user", 2]], true), [
    "user=ann producer_byte_rate=1",
    "user=null producer_byte_rate=1",
  ]);
  assert.deepEqual(users(["user", 2], ["client-id", 0, "c"]), [
    "user=ann client-id=c producer_byte_rate=1",
  ]);
  assert.deepEqual(users(["ip", 2]), ["ip=10.0.0.1 connection_creation_rate=3"]);
});

for (
  const [what, code, components] of [
    ["an unknown type", ErrorCode.UNSUPPORTED_VERSION, [["group", 2]]],
    ["a type twice", ErrorCode.INVALID_REQUEST, [["user", 2], ["user", 1]]],
    ["an unknown match", ErrorCode.INVALID_REQUEST, [["user", 3]]],
    ["an exact match without a name", ErrorCode.INVALID_REQUEST, [["user", 0]]],
    ["a name for the default", ErrorCode.INVALID_REQUEST, [["user", 1, "u"]]],
    ["a name for any", ErrorCode.INVALID_REQUEST, [["user", 2, "u"]]],
    ["an ip with a user", ErrorCode.INVALID_REQUEST, [["user", 2], ["ip", 2]]],
  ] as const
) {
  Deno.test(`describeClientQuotas() refuses ${what}`, () => {
    assert.equal(describe(imageOf([]), components), code);
  });
}
