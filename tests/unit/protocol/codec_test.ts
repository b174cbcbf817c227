import assert from "node:assert/strict";
import fc from "fast-check";
import { ALL_APIS } from "../../../src/protocol/generated/all_apis.ts";
import { ALL_CODECS } from "../../../src/protocol/generated/all_codecs.ts";
import type { MessageCodec } from "../../../src/protocol/codec.ts";
import { ProtocolError, UnsupportedVersionError } from "../../../src/protocol/protocol_error.ts";
import type { MessageSchema } from "../../../src/protocol/schema/model.ts";
import { ByteReader } from "../../../src/protocol/wire/byte_reader.ts";
import { ByteWriter } from "../../../src/protocol/wire/byte_writer.ts";
import { decodeMessage, encodeMessage } from "../../../src/protocol/wire/message_bytes.ts";
import {
  defaultMessage,
  type LooseMessage,
  messageArbitrary,
  SCHEMAS,
} from "./schema_arbitrary.ts";

type LooseCodec = MessageCodec<LooseMessage, LooseMessage>;

/** One version of one message. */
interface Case {
  readonly schema: MessageSchema;
  readonly codec: LooseCodec;
  readonly version: number;
  readonly label: string;
}

const codecs = new Map(
  ALL_CODECS.map((codec) => [codec.name, codec as unknown as LooseCodec]),
);

const cases: Case[] = SCHEMAS.flatMap((schema) => {
  const codec = codecs.get(schema.name);
  assert.ok(codec !== undefined, `${schema.name} has no codec`);
  const { min, max } = schema.versions;
  return Array.from({ length: max - min + 1 }, (_, i) => {
    const version = min + i;
    return { schema, codec, version, label: `${schema.name} v${version}` };
  });
});

/** Runs the check with the name of the message in front of what it throws. */
function labelled(label: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new Error(label, { cause: error });
  }
}

function sample({ schema, version }: Case, seed: number): LooseMessage {
  const [message] = fc.sample(messageArbitrary(schema, version), { numRuns: 1, seed });
  assert.ok(message !== undefined);
  return message;
}

Deno.test("MessageCodec gives back what was written when read in the same version", () => {
  for (const { schema, codec, version, label } of cases) {
    labelled(label, () =>
      fc.assert(
        fc.property(messageArbitrary(schema, version), (message) => {
          const bytes = encodeMessage(codec, message, version);
          const read = decodeMessage(codec, bytes, version);
          assert.deepEqual(read, message);
          assert.deepEqual(encodeMessage(codec, read, version), bytes);
        }),
        { numRuns: 4 },
      ));
  }
});

Deno.test("MessageCodec.read() throws ProtocolError when the message is cut at any byte", () => {
  const reader = new ByteReader();
  for (const each of cases) {
    const { codec, version, label } = each;
    const bytes = encodeMessage(codec, sample(each, 7), version);
    // Almost all are shorter than 400 bytes and cut everywhere; the others at 400 places.
    const step = Math.ceil(bytes.length / 400);
    labelled(label, () => {
      for (let end = 0; end < bytes.length; end += step) {
        assert.ok(
          thrownBy(() => codec.read(reader.reset(bytes, 0, end), version)),
          `cut at ${end}`,
        );
      }
    });
  }
});

/** True when the call throws a ProtocolError, false when it returns; other errors pass through. */
function thrownBy(call: () => void): boolean {
  try {
    call();
    return false;
  } catch (error) {
    if (error instanceof ProtocolError) return true;
    throw error;
  }
}

Deno.test("MessageCodec.read() throws nothing but ProtocolError when the bytes are damaged", () => {
  const reader = new ByteReader(1000);
  for (const each of cases) {
    const { codec, version, label } = each;
    const bytes = encodeMessage(codec, sample(each, 11), version);
    labelled(label, () =>
      fc.assert(
        fc.property(fc.nat(bytes.length), fc.uint8Array({ maxLength: 8 }), (at, noise) => {
          const damaged = bytes.slice();
          damaged.set(noise.subarray(0, damaged.length - at), at);
          thrownBy(() => codec.read(reader.reset(damaged), version));
        }),
        { numRuns: 6 },
      ));
  }
});

Deno.test("MessageCodec.read() skips tagged fields when their tags are unknown", () => {
  for (const { schema, codec, version, label } of cases) {
    if (schema.flexibleFrom === undefined || version < schema.flexibleFrom) continue;
    labelled(label, () => {
      // A message whose own tagged fields hold their defaults ends in the count 0 of that section.
      const message = withoutNulls(schema, version);
      const bytes = encodeMessage(codec, message, version);
      assert.equal(bytes.at(-1), 0);
      const extended = Uint8Array.of(...bytes.subarray(0, -1), 2, 100, 3, 1, 2, 3, 0xe8, 0x07, 0);
      assert.deepEqual(decodeMessage(codec, extended, version), message);
    });
  }
});

/** The default message, with something in place of each null that the version has no form for. */
function withoutNulls(schema: MessageSchema, version: number): LooseMessage {
  const message: Record<string, unknown> = { ...defaultMessage(schema) };
  for (const field of schema.fields) {
    const { nullable } = field;
    const mayBeNull = nullable !== undefined && version >= nullable.min && version <= nullable.max;
    if (message[field.name] === null && !mayBeNull && version >= field.versions.min) {
      message[field.name] = field.isArray ? [] : "";
    }
  }
  return message;
}

Deno.test("MessageCodec.read() refuses an array when its claimed length can't be there", () => {
  const metadata = codecs.get("MetadataRequest")!;
  const claim = Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0);
  assert.throws(() => decodeMessage(metadata, claim, 1), /an array of 2147483647 elements/);
});

Deno.test("MessageCodec.read() refuses small elements when there are too many of them", () => {
  // 250 topics of 4 partitions are 1250 elements in all, in 5 kB.
  const writer = new ByteWriter();
  const offsetFetch = codecs.get("OffsetFetchRequest")!;
  const topics = Array.from(
    { length: 250 },
    () => ({ name: "t", partitionIndexes: [1, 2, 3, 4] }),
  );
  const message = {
    groupId: "g",
    topics,
    groups: [],
    requireStable: false,
  };
  offsetFetch.write(writer, message, 5);
  const bytes = writer.toBytes();
  offsetFetch.read(new ByteReader(1250).reset(bytes), 5);
  assert.throws(
    () => offsetFetch.read(new ByteReader(1249).reset(bytes), 5),
    /more than 1249 array elements/,
  );
});

Deno.test("MessageCodec refuses a version when the schema does not have it", () => {
  for (const { codec } of cases) {
    const { min, max } = codec.versions;
    const reader = new ByteReader().reset(new Uint8Array(64));
    for (const version of [min - 1, max + 1]) {
      assert.throws(() => codec.read(reader, version), UnsupportedVersionError);
      assert.throws(() => codec.write(new ByteWriter(), {}, version), UnsupportedVersionError);
    }
  }
});

Deno.test("MessageCodec.write() refuses a field when the version lacks it, unless ignorable", () => {
  let refused = 0;
  for (const { schema, codec, version, label } of cases) {
    for (const field of schema.fields) {
      const { min, max } = field.versions;
      if (version >= min && version <= max) continue;
      const served = schema.versions.min <= max && schema.versions.max >= min;
      if (!served) continue;
      const other = Math.max(min, schema.versions.min);
      const lone = messageArbitrary({ fields: [field] }, other);
      const set = fc.sample(lone, { numRuns: 20, seed: 5 })
        .find((value) => !isDefault(value, schema, field.name));
      if (set === undefined) continue;
      const message = { ...withoutNulls(schema, version), ...set };
      labelled(`${label} ${field.name}`, () => {
        const write = () => codec.write(new ByteWriter(), message, version);
        if (field.ignorable) write();
        else assert.throws(write, UnsupportedVersionError);
      });
      refused++;
    }
  }
  assert.ok(refused > 300, `${refused} fields tried`);
});

function isDefault(value: LooseMessage, schema: MessageSchema, name: string): boolean {
  try {
    assert.deepEqual(value[name], defaultMessage(schema)[name]);
    return true;
  } catch {
    return false;
  }
}

Deno.test("MessageCodec.write() fills in the default when a field is left out", () => {
  for (const { schema, codec, version, label } of cases) {
    const full = withoutNulls(schema, version);
    const init: Record<string, unknown> = { ...full };
    for (const field of schema.fields) {
      const optional = field.default !== undefined || field.tag !== undefined;
      if (optional && defaultMessage(schema)[field.name] === full[field.name]) {
        delete init[field.name];
      }
    }
    labelled(label, () => {
      const written = encodeMessage(codec, init, version);
      assert.deepEqual(written, encodeMessage(codec, full, version));
    });
  }
});

Deno.test("ALL_APIS holds each key once, in order, with request and response of that key", () => {
  const keys = ALL_APIS.map((api) => api.key);
  assert.deepEqual(keys, [...new Set(keys)].toSorted((a, b) => a - b));
  assert.equal(keys.length, 89);
  for (const api of ALL_APIS) {
    assert.equal(api.request.apiKey, api.key);
    assert.equal(api.response.apiKey, api.key);
    assert.deepEqual(api.request.versions, api.response.versions, api.name);
    assert.equal(api.request.name, `${api.name}Request`);
  }
});

Deno.test("ApiDefinition.latestVersionUnstable is set for InitProducerId alone", () => {
  const unstable = ALL_APIS.filter((api) => api.latestVersionUnstable).map((api) => api.name);
  assert.deepEqual(unstable, ["InitProducerId"]);
});
