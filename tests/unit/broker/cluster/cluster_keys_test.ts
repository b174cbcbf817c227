import assert from "node:assert/strict";
import {
  ClusterKey,
  ClusterKeys,
  clusterListenProblem,
  isLoopback,
  parseClusterKeys,
} from "../../../../src/broker/cluster/cluster_keys.ts";
import { DenoDigests } from "../../../../src/host/deno_digests.ts";

const FIRST = new Uint8Array(32).fill(0xfb);
const SECOND = Uint8Array.from({ length: 32 }, (_, i) => i);

Deno.test("parseClusterKeys() reads keys in either alphabet, in the order of the list", () => {
  const text = `${FIRST.toBase64()},\n ${SECOND.toBase64({ alphabet: "base64url" })}\n`;
  assert.deepEqual(parseClusterKeys(text), [FIRST, SECOND]);
  assert.deepEqual(parseClusterKeys(FIRST.toBase64({ alphabet: "base64url" })), [FIRST]);
});

Deno.test("parseClusterKeys() says what is wrong, and nothing of the keys", () => {
  const good = FIRST.toBase64();
  const nine = Array.from({ length: 9 }, (_, i) => new Uint8Array(32).fill(i).toBase64());
  for (
    const [text, problem] of [
      ["", /no key/],
      [" , ", /no key/],
      ["secret", /key 1 is not 32 bytes in Base64/],
      [`${good} *****`, /key 2 is not 32 bytes/],
      [new Uint8Array(31).toBase64(), /key 1 is not 32 bytes/],
      [new Uint8Array(33).toBase64(), /key 1 is not 32 bytes/],
      [`${good} ${good}`, /twice/],
      [nine.join(), /at most 8/],
    ] as const
  ) {
    assert.throws(() => parseClusterKeys(text), (error: Error) => {
      assert.ok(error instanceof SyntaxError);
      assert.match(error.message, problem);
      assert.ok(!error.message.includes("secret") && !error.message.includes(good));
      return true;
    });
  }
});

Deno.test("ClusterKey.derive() is HKDF-SHA256, as another implementation computes it", async () => {
  const salt = Uint8Array.of(1, 2, 3);
  const derived = new ClusterKey(new DenoDigests(), SECOND).derive("label", salt, salt);
  const material = await crypto.subtle.importKey("raw", SECOND, "HKDF", false, ["deriveBits"]);
  const info = Uint8Array.of(...new TextEncoder().encode("label"), 0, ...salt);
  const expected = await crypto.subtle.deriveBits(
    { name: "HKDF", hash: "SHA-256", salt, info },
    material,
    256,
  );
  assert.equal(derived.toHex(), new Uint8Array(expected).toHex());
});

Deno.test("ClusterKey.derive() gives another key for another label, salt or secret", () => {
  const key = new ClusterKey(new DenoDigests(), FIRST);
  const other = new ClusterKey(new DenoDigests(), SECOND);
  const salt = new Uint8Array(4);
  const derived = [
    key.derive("a", salt),
    key.derive("b", salt),
    key.derive("a", Uint8Array.of(1)),
    other.derive("a", salt),
  ];
  assert.equal(new Set(derived.map((bytes) => bytes.toHex())).size, 4);
  assert.deepEqual(key.derive("a", salt), derived[0]);
});

Deno.test("ClusterKeys.find() knows a key by its id, and the first one is primary", () => {
  const keys = new ClusterKeys(new DenoDigests(), [FIRST, SECOND]);
  assert.equal(keys.find(keys.accepted[1]!.id), keys.accepted[1]);
  assert.equal(keys.primary, keys.accepted[0]);
  assert.notEqual(keys.accepted[0]!.id, keys.accepted[1]!.id);
  assert.equal(keys.find(1), undefined);
  assert.throws(() => new ClusterKeys(new DenoDigests(), []), RangeError);
});

Deno.test("clusterListenProblem() lets only loopback addresses do without a key", () => {
  for (const host of ["127.0.0.1", "127.9.8.7", "::1", "[::1]", "::ffff:127.0.0.1"]) {
    assert.equal(clusterListenProblem(host, false), undefined, host);
    assert.ok(isLoopback(host));
  }
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example", "1127.0.0.1", "::2"]) {
    assert.match(clusterListenProblem(host, false) ?? "", /without a cluster key/, host);
    assert.equal(clusterListenProblem(host, true), undefined);
  }
});
