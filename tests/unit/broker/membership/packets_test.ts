import assert from "node:assert/strict";
import fc from "fast-check";
import { parseUuid, randomUuid, type Uuid } from "../../../../src/base/uuid.ts";
import { ClusterKeys } from "../../../../src/broker/cluster/cluster_keys.ts";
import { OpenPackets, SealedPackets } from "../../../../src/broker/membership/packets.ts";
import { ReplayWindow } from "../../../../src/broker/membership/replay_window.ts";
import { DEFAULT_GOSSIP_CONFIG, PACKET_BYTES_MAX } from "../../../../src/gossip/config.ts";
import { DenoCiphers } from "../../../../src/host/deno_ciphers.ts";
import { DenoDigests } from "../../../../src/host/deno_digests.ts";

const OLD = new Uint8Array(32).fill(1);
const NEW = new Uint8Array(32).fill(2);
const A = bootId(1);
const B = bootId(2);

function bootId(seed: number): Uuid {
  return randomUuid((bytes) => bytes.fill(seed));
}

function sealed(boot: Uuid, ...secrets: Uint8Array[]): SealedPackets {
  return new SealedPackets(
    DenoCiphers.aes256Gcm(),
    new ClusterKeys(new DenoDigests(), secrets),
    boot,
  );
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

const HELLO = new TextEncoder().encode("hello");

Deno.test("SealedPackets.unwrap() gives what was wrapped for this run, and nobody else's", () => {
  const [a, b] = [sealed(A, OLD), sealed(B, OLD)];
  assert.equal(text(b.unwrap(a.wrap(HELLO, B))), "hello");
  assert.equal(text(sealed(bootId(3), OLD).unwrap(a.wrap(HELLO, B))), undefined);
  // A later run of the receiver has another boot id.
  assert.equal(text(sealed(bootId(4), OLD).unwrap(a.wrap(HELLO, B))), undefined);
});

Deno.test("SealedPackets.wrap() hides the content, and keeps packets short enough", () => {
  const packet = sealed(A, OLD).wrap(HELLO, B);
  assert.ok(!new TextDecoder("latin1").decode(packet).includes("hello"));
  const longest = new Uint8Array(DEFAULT_GOSSIP_CONFIG.payloadBytesMax);
  assert.ok(sealed(A, OLD).wrap(longest, B).length <= PACKET_BYTES_MAX);
  assert.notDeepEqual(sealed(A, OLD).wrap(HELLO, B), sealed(bootId(9), OLD).wrap(HELLO, B));
});

Deno.test("SealedPackets.unwrap() gives nothing of a packet that comes a second time", () => {
  const [a, b] = [sealed(A, OLD), sealed(B, OLD)];
  const packets = ["1", "2", "3"].map((word) => a.wrap(new TextEncoder().encode(word), B));
  assert.equal(text(b.unwrap(packets[2]!)), "3");
  assert.equal(text(b.unwrap(packets[0]!)), "1");
  for (const packet of [packets[2]!, packets[0]!]) assert.equal(b.unwrap(packet), undefined);
  assert.equal(text(b.unwrap(packets[1]!)), "2");
  assert.equal(b.unwrap(packets[1]!), undefined);
});

Deno.test("SealedPackets.unwrap() accepts each of its keys, and seals with the first", () => {
  const before = sealed(A, OLD);
  const during = sealed(B, OLD, NEW);
  const after = sealed(bootId(3), NEW);
  assert.equal(text(during.unwrap(before.wrap(HELLO, B))), "hello");
  assert.equal(text(during.unwrap(after.wrap(HELLO, B))), "hello");
  assert.equal(text(before.unwrap(during.wrap(HELLO, A))), "hello");
  assert.equal(text(before.unwrap(after.wrap(HELLO, A))), undefined);
});

Deno.test("SealedPackets.unwrap() gives nothing when a bit differs or the packet is cut", () => {
  const [a, b] = [sealed(A, OLD), sealed(B, OLD)];
  const packet = a.wrap(HELLO, B);
  fc.assert(fc.property(fc.nat(packet.length * 8 - 1), (bit) => {
    const forged = packet.slice();
    forged[bit >>> 3]! ^= 1 << (bit & 7);
    assert.equal(b.unwrap(forged), undefined);
  }));
  for (let length = 0; length < packet.length; length++) {
    assert.equal(b.unwrap(packet.subarray(0, length)), undefined);
  }
  assert.equal(b.unwrap(Uint8Array.of(...packet, 0)), undefined);
  // None of the forgeries has used the counter up.
  assert.equal(text(b.unwrap(packet)), "hello");
});

Deno.test("SealedPackets.unwrap() obeys no open packet, and OpenPackets no sealed one", () => {
  const open = new OpenPackets();
  const a = sealed(A, OLD);
  assert.equal(text(open.unwrap(open.wrap(HELLO))), "hello");
  assert.equal(sealed(B, OLD).unwrap(open.wrap(HELLO)), undefined);
  assert.equal(open.unwrap(a.wrap(HELLO, B)), undefined);
});

Deno.test("unwrap() gives nothing of noise, and nothing of a packet that is too long", () => {
  const open = new OpenPackets();
  const b = sealed(B, OLD);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (noise) => {
    assert.equal(b.unwrap(noise), undefined);
    open.unwrap(noise);
  }));
  assert.equal(open.unwrap(open.wrap(new Uint8Array(PACKET_BYTES_MAX - 1))), undefined);
  assert.equal(b.unwrap(sealed(A, OLD).wrap(new Uint8Array(PACKET_BYTES_MAX), B)), undefined);
  assert.notEqual(parseUuid(A), undefined);
});

Deno.test("ReplayWindow.accept() takes each counter once, and none that is far behind", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 50 }),
      fc.array(fc.oneof(fc.integer({ min: -1100, max: 40 }), fc.integer({ min: 0, max: 3000 }))),
      (start, steps) => {
        const window = new ReplayWindow();
        const seen = new Set<number>();
        let highest = -1;
        let at = start;
        for (const step of steps) {
          at = Math.max(0, Math.max(highest, start) + step);
          const expected = !seen.has(at) && highest - at < 1024;
          assert.equal(window.accept(at), expected, `${at} with ${highest} the highest`);
          if (!expected) continue;
          seen.add(at);
          highest = Math.max(highest, at);
        }
      },
    ),
    { numRuns: 300 },
  );
});
