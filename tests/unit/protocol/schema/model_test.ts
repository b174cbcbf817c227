import assert from "node:assert/strict";
import { InvariantError } from "../../../../src/base/invariant.ts";
import {
  arrayOf,
  int32,
  message,
  shared,
  string,
  struct,
} from "../../../../src/protocol/schema/dsl.ts";
import {
  includesVersion,
  intersectVersions,
  OPEN_END,
  parseVersions,
} from "../../../../src/protocol/schema/model.ts";

Deno.test("parseVersions() reads one version, a range and an open range", () => {
  assert.deepEqual(parseVersions("3"), { min: 3, max: 3 });
  assert.deepEqual(parseVersions("3-12"), { min: 3, max: 12 });
  assert.deepEqual(parseVersions("3+"), { min: 3, max: OPEN_END });
});

Deno.test("parseVersions() throws when the text is no range", () => {
  for (const text of ["", "none", "a", "3-", "-3", "3+4", "3 - 4"]) {
    assert.throws(() => parseVersions(text), /no version range/);
  }
});

Deno.test("intersectVersions() is undefined when nothing is in both", () => {
  const low = { min: 1, max: 3 };
  assert.deepEqual(intersectVersions(low, { min: 3, max: 9 }), { min: 3, max: 3 });
  assert.equal(intersectVersions(low, { min: 4, max: 9 }), undefined);
  assert.equal(intersectVersions(low, undefined), undefined);
});

Deno.test("includesVersion() counts both ends, and no version for an absent range", () => {
  const range = { min: 1, max: 3 };
  assert.deepEqual([0, 1, 3, 4].map((v) => includesVersion(range, v)), [false, true, true, false]);
  assert.equal(includesVersion(undefined, 1), false);
});

Deno.test("message() keeps the fields in order and fills in what a declaration leaves out", () => {
  const made = message("data", "Example", {
    versions: "0-2",
    flexible: "1+",
    fields: {
      plain: int32("0+"),
      optional: string("1+", { tag: 0, nullable: true, default: null, ignorable: true }),
      partly: string("0+", { nullable: "2+" }),
    },
  });
  assert.deepEqual(made.fields.map((field) => field.name), ["plain", "optional", "partly"]);
  const [plain, optional, partly] = made.fields;
  assert.deepEqual(plain, {
    name: "plain",
    type: "int32",
    isArray: false,
    versions: { min: 0, max: OPEN_END },
    nullable: undefined,
    tagged: undefined,
    tag: undefined,
    default: undefined,
    ignorable: false,
    mapKey: false,
    flexible: true,
  });
  assert.deepEqual(optional?.tagged, { min: 1, max: OPEN_END });
  assert.deepEqual(optional?.nullable, { min: 1, max: OPEN_END });
  assert.equal(optional?.default, null);
  assert.deepEqual(partly?.nullable, { min: 2, max: OPEN_END });
  assert.equal(made.flexibleFrom, 1);
  assert.equal(made.latestVersionUnstable, false);
});

Deno.test("arrayOf() and struct() use one object when the struct is shared", () => {
  const point = shared("Point", { x: int32("0+") });
  assert.equal(arrayOf(point, "0+").type, point);
  assert.equal(struct(point, "0+").type, point);
  assert.equal(arrayOf("int32", "0+").type, "int32");
});

Deno.test("struct() throws when a type has no fields, or a shared one gets new ones", () => {
  assert.throws(() => struct("Nothing", "0+"), InvariantError);
  const point = shared("Point", { x: int32("0+") });
  assert.throws(() => struct(point, "0+", { fields: { y: int32("0+") } }), InvariantError);
});
