import assert from "node:assert/strict";
import type { ClusterImage } from "../../../src/metadata/cluster_image.ts";
import {
  alterScramCredentials,
  describeScramCredentials,
} from "../../../src/metadata/scram_credentials.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { commit, imageOf } from "./fixtures.ts";

const SHA_256 = 1;
const SHA_512 = 2;

interface Upsertion {
  readonly name?: string;
  readonly mechanism?: number;
  readonly iterations?: number;
  readonly salt?: Uint8Array;
  readonly saltedPassword?: Uint8Array;
}

function upsertion(fields: Upsertion = {}) {
  return {
    name: "ann",
    mechanism: SHA_256,
    iterations: 4096,
    salt: Uint8Array.of(1),
    saltedPassword: Uint8Array.of(2),
    ...fields,
  };
}

/** Alters and commits; the error code of each user. */
function alter(
  image: ClusterImage,
  upsertions: readonly Upsertion[],
  deletions: readonly (readonly [name: string, mechanism: number])[] = [],
): [user: string, errorCode: number][] {
  const request = {
    deletions: deletions.map(([name, mechanism]) => ({ name, mechanism })),
    upsertions: upsertions.map(upsertion),
  };
  const { records, response } = alterScramCredentials(image, request, (hash, saltedPassword) => ({
    storedKey: new TextEncoder().encode(`stored ${hash} ${saltedPassword}`),
    serverKey: new TextEncoder().encode(`server ${hash} ${saltedPassword}`),
  }));
  commit(image, records);
  return response.results.map(({ user, errorCode, errorMessage }) => {
    assert.equal(errorMessage === null, errorCode === 0);
    return [user, errorCode];
  });
}

function describe(image: ClusterImage, names: readonly string[] | null) {
  const users = names === null ? null : names.map((name) => ({ name }));
  return describeScramCredentials(image, { users }).results.map((result) => {
    const infos = result.credentialInfos.map((info) => `${info.mechanism}:${info.iterations}`);
    return [result.user, result.errorCode, ...infos];
  });
}

Deno.test("alterScramCredentials() stores the keys that are made of a salted password", () => {
  const image = imageOf([]);
  assert.deepEqual(alter(image, [{ mechanism: SHA_512, iterations: 16_384 }]), [["ann", 0]]);
  const { storedKey, serverKey, salt, iterations } = image.security.scramCredential("ann", 2)!;
  assert.equal(new TextDecoder().decode(storedKey), "stored SHA-512 2");
  assert.equal(new TextDecoder().decode(serverKey), "server SHA-512 2");
  assert.deepEqual([salt, iterations], [Uint8Array.of(1), 16_384]);
});

Deno.test("alterScramCredentials() adds, replaces and deletes, user by user", () => {
  const image = imageOf([]);
  assert.deepEqual(alter(image, [{}, { name: "bob" }]), [["ann", 0], ["bob", 0]]);
  assert.deepEqual(alter(image, [{ mechanism: SHA_512 }]), [["ann", 0]]);
  assert.deepEqual(describe(image, null), [["ann", 0, "1:4096", "2:4096"], ["bob", 0, "1:4096"]]);
  const results = alter(image, [{ iterations: 5000 }], [["bob", SHA_256]]);
  assert.deepEqual(results, [["bob", 0], ["ann", 0]]);
  assert.deepEqual(alter(image, [], [["ann", SHA_512]]), [["ann", 0]]);
  assert.deepEqual(describe(image, []), [["ann", 0, "1:5000"]]);
});

for (
  const [what, code, change] of [
    ["no name", ErrorCode.UNACCEPTABLE_CREDENTIAL, { name: "" }],
    ["an unknown mechanism", ErrorCode.UNSUPPORTED_SASL_MECHANISM, { mechanism: 3 }],
    ["too few iterations", ErrorCode.UNACCEPTABLE_CREDENTIAL, { iterations: 4095 }],
    ["too many iterations", ErrorCode.UNACCEPTABLE_CREDENTIAL, { iterations: 16_385 }],
    ["no salt", ErrorCode.UNACCEPTABLE_CREDENTIAL, { salt: new Uint8Array(0) }],
    ["no password", ErrorCode.UNACCEPTABLE_CREDENTIAL, { saltedPassword: new Uint8Array(0) }],
  ] as const
) {
  Deno.test(`alterScramCredentials() refuses ${what}, and only there`, () => {
    const image = imageOf([]);
    const results = alter(image, [change, { name: "bob" }]);
    assert.deepEqual(results.map(([, errorCode]) => errorCode), [code, 0]);
    assert.deepEqual(describe(image, null), [["bob", 0, "1:4096"]]);
  });
}

Deno.test("alterScramCredentials() refuses deletions of what is not there", () => {
  const image = imageOf([]);
  alter(image, [{}]);
  const { RESOURCE_NOT_FOUND, UNSUPPORTED_SASL_MECHANISM, UNACCEPTABLE_CREDENTIAL } = ErrorCode;
  assert.deepEqual(alter(image, [], [["ann", SHA_512], ["x", SHA_256], ["y", 0], ["", 1]]), [
    ["ann", RESOURCE_NOT_FOUND],
    ["x", RESOURCE_NOT_FOUND],
    ["y", UNSUPPORTED_SASL_MECHANISM],
    ["", UNACCEPTABLE_CREDENTIAL],
  ]);
  assert.deepEqual(describe(image, null), [["ann", 0, "1:4096"]]);
});

Deno.test("alterScramCredentials() refuses a user that is named twice", () => {
  const image = imageOf([]);
  const { DUPLICATE_RESOURCE, UNACCEPTABLE_CREDENTIAL } = ErrorCode;
  const twice = [["ann", DUPLICATE_RESOURCE]];
  assert.deepEqual(alter(image, [{}, {}]), twice);
  assert.deepEqual(alter(image, [{}, { mechanism: SHA_512 }]), twice);
  assert.deepEqual(alter(image, [{}, {}, {}]), twice);
  assert.deepEqual(describe(image, null), []);
  alter(image, [{}]);
  assert.deepEqual(alter(image, [{}], [["ann", SHA_256]]), twice);
  // What was wrong first is told.
  const wrong = [["ann", UNACCEPTABLE_CREDENTIAL]];
  assert.deepEqual(alter(image, [{ iterations: 1 }, {}]), wrong);
  assert.deepEqual(describe(image, null), [["ann", 0, "1:4096"]]);
});

Deno.test("describeScramCredentials() answers per user that is named", () => {
  const image = imageOf([]);
  alter(image, [{}, { name: "bob" }]);
  assert.deepEqual(describe(image, ["bob", "x", "ann", "ann"]), [
    ["bob", 0, "1:4096"],
    ["x", ErrorCode.RESOURCE_NOT_FOUND],
    ["ann", ErrorCode.DUPLICATE_RESOURCE],
  ]);
});
