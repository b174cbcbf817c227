import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_GOSSIP_CONFIG } from "../../../src/gossip/config.ts";
import { INCARNATION_MAX, TAG_COUNT_MAX, TAGS_BYTES_MAX } from "../../../src/gossip/member.ts";
import { decodeMessages, encodeMessage } from "../../../src/gossip/message_codec.ts";
import type { AliveClaim, GossipMessage } from "../../../src/gossip/messages.ts";

/** Like what the decoder makes: with the ordinary prototype. */
function record<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(fields).map((made) => ({ ...made }) as T);
}

const name = fc.string({ minLength: 1, maxLength: 16, unit: "grapheme" })
  .filter((text) => new TextEncoder().encode(text).length <= 64);
const sequence = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const incarnation = fc.integer({ min: 0, max: INCARNATION_MAX - 1 });
const address = record({ host: name, port: fc.integer({ min: 1, max: 65_535 }) });
const destination = record({ address, bootId: name });
const tags = fc.array(fc.tuple(name, fc.string({ maxLength: 8 })), { maxLength: 8 })
  .map((pairs) => new Map(pairs));

const message: fc.Arbitrary<GossipMessage> = fc.oneof(
  record({ type: fc.constant("ping" as const), sequence, target: name, source: destination }),
  record({
    type: fc.constant("indirectPing" as const),
    sequence,
    target: name,
    at: destination,
    source: destination,
  }),
  record({ type: fc.constant("ack" as const), sequence, name }),
  record({ type: fc.constant("nack" as const), sequence }),
  record({
    type: fc.constant("alive" as const),
    name,
    incarnation,
    address,
    bootId: name,
    tags,
  }),
  record({ type: fc.constant("suspect" as const), name, incarnation, from: name }),
  record({ type: fc.constant("dead" as const), name, incarnation, from: name }),
);

const claim: AliveClaim = {
  type: "alive",
  name: "a",
  incarnation: 1,
  address: { host: "127.0.0.1", port: 9093 },
  bootId: "b",
  tags: new Map(),
};

function packetOf(messages: readonly GossipMessage[]): Uint8Array {
  return Uint8Array.from(messages.flatMap((message) => [...encodeMessage(message)]));
}

Deno.test("decodeMessages() gives back what encodeMessage() was given, in order", () => {
  fc.assert(fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
    assert.deepEqual(decodeMessages(packetOf(messages)), messages);
  }));
});

Deno.test("decodeMessages() gives nothing of a packet that is cut anywhere within a message", () => {
  fc.assert(
    fc.property(message, message, (first, second) => {
      const packet = packetOf([first, second]);
      const boundary = encodeMessage(first).length;
      for (let length = 1; length < packet.length; length++) {
        const whole = length === boundary ? [first] : undefined;
        assert.deepEqual(decodeMessages(packet.subarray(0, length)), whole);
      }
    }),
    { numRuns: 20 },
  );
});

Deno.test("decodeMessages() never throws, and keeps to the limits, whatever the bytes are", () => {
  const noise = fc.uint8Array({ maxLength: 200 });
  const damaged = fc.tuple(fc.array(message, { minLength: 1, maxLength: 3 }), fc.nat(), fc.nat(255))
    .map(([messages, at, byte]) => {
      const packet = packetOf(messages);
      packet[at % packet.length] = byte;
      return packet;
    });
  fc.assert(
    fc.property(fc.oneof(noise, damaged), (packet) => {
      for (const message of decodeMessages(packet) ?? []) {
        // What was read can be written: all texts and numbers are within their limits.
        assert.deepEqual(decodeMessages(encodeMessage(message)), [message]);
        assert.ok(encodeMessage(message).length <= DEFAULT_GOSSIP_CONFIG.payloadBytesMax);
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("decodeMessages() passes over a type that it does not know", () => {
  const unknown = Uint8Array.of(200, 2, 1, 2);
  const packet = Uint8Array.of(...unknown, ...encodeMessage(claim), ...unknown);
  assert.deepEqual(decodeMessages(packet), [claim]);
});

Deno.test("decodeMessages() refuses tags, names, ports and incarnations beyond their limits", () => {
  const largest = new Map([["k", "v".repeat(TAGS_BYTES_MAX - 3)]]);
  assert.deepEqual(decodeMessages(encodeMessage({ ...claim, tags: largest })), [
    { ...claim, tags: largest },
  ]);
  const tooLong = new Map([["k", "v".repeat(TAGS_BYTES_MAX - 2)]]);
  const tooMany = new Map(Array.from({ length: TAG_COUNT_MAX + 1 }, (_, i) => [`${i}`, ""]));
  const flawed: GossipMessage[] = [
    { ...claim, tags: tooLong },
    { ...claim, tags: tooMany },
    { ...claim, name: "" },
    { ...claim, name: "n".repeat(65) },
    { ...claim, bootId: "" },
    { ...claim, incarnation: INCARNATION_MAX },
    { ...claim, address: { host: "h", port: 0 } },
    { ...claim, address: { host: "h", port: 65_536 } },
    { ...claim, address: { host: "", port: 1 } },
    { type: "suspect", name: "a", incarnation: INCARNATION_MAX, from: "b" },
    { type: "nack", sequence: 2 ** 32 },
  ];
  for (const message of flawed) {
    assert.equal(decodeMessages(encodeMessage(message)), undefined, JSON.stringify(message));
  }
});

Deno.test("decodeMessages() refuses a text that is no UTF-8, and bytes behind the last field", () => {
  const ack = encodeMessage({ type: "ack", sequence: 1, name: "ab" });
  assert.notEqual(decodeMessages(ack), undefined);
  assert.equal(decodeMessages(Uint8Array.of(...ack.subarray(0, -1), 0xff)), undefined);
  assert.equal(decodeMessages(Uint8Array.of(ack[0]!, ack[1]! + 1, ...ack.slice(2), 0)), undefined);
});
