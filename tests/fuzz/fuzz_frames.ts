import type { ApiDefinition, MessageCodec } from "../../src/protocol/codec.ts";
import { ALL_APIS } from "../../src/protocol/generated/all_apis.ts";
import { hasFlexibleRequestHeader, writeRequestHeader } from "../../src/protocol/header.ts";
import { API_SCHEMAS } from "../../src/protocol/schema/all_schemas.ts";
import type { ApiSchema, MessageSchema } from "../../src/protocol/schema/model.ts";
import { ByteWriter } from "../../src/protocol/wire/byte_writer.ts";
import type { Dice } from "./dice.ts";
import { mutate } from "./mutation.ts";
import { randomMessage } from "./random_message.ts";

/** A message of one API whose fields are known from the schema. */
export interface FuzzedApi {
  readonly definition: ApiDefinition;
  readonly schema: ApiSchema;
}

export const FUZZED_APIS: readonly FuzzedApi[] = ALL_APIS.map((definition) => {
  const schema = API_SCHEMAS.find(({ key }) => key === definition.key);
  if (schema === undefined) throw new Error(`no schema of ${definition.name}`);
  return { definition, schema };
});

const LARGE_BYTES = 1 << 20;
const writer = new ByteWriter();

/** A codec with the types let go of: what it is given was made from its schema. */
type LooseCodec = MessageCodec<unknown, unknown>;

/** The bytes of a random valid message. */
export function validBody(
  codec: MessageCodec<unknown, never>,
  schema: MessageSchema,
  version: number,
  dice: Dice,
): Uint8Array {
  writer.reset();
  (codec as LooseCodec).write(writer, randomMessage(schema, version, dice), version);
  return writer.toBytes();
}

/**
 * `valid` with something wrong with it, as a rule. Seldom a megabyte of one byte instead of its
 * end, which claims arrays as long as a frame can make believe.
 */
export function hostileBody(valid: Uint8Array, dice: Dice): Uint8Array {
  if (dice.oneIn(10)) return valid;
  if (!dice.oneIn(3000)) return mutate(valid, 0, 4, dice);
  const large = new Uint8Array(LARGE_BYTES).fill(dice.pick([0, 1, 2, 0x7f, 0x80, 0xff]));
  large.set(valid.subarray(0, dice.below(valid.length + 1)));
  return large;
}

/**
 * A request frame with its length prefix: valid most of the time, since a connection ends with the
 * first that is not; else damaged, or nothing but random bytes.
 */
export function requestFrame(dice: Dice): Uint8Array {
  if (dice.oneIn(60)) return prefixed(dice.bytes(dice.below(200)), dice);
  const { definition, schema } = dice.pick(FUZZED_APIS);
  const { min, max } = definition.request.versions;
  const version = dice.between(min, max);
  const valid = validBody(definition.request, schema.request, version, dice);
  const body = dice.oneIn(6) ? hostileBody(valid, dice) : valid;
  writer.reset();
  const header = {
    apiKey: definition.key,
    apiVersion: dice.oneIn(60) ? dice.between(-2, max + 3) : version,
    correlationId: dice.next() | 0,
    clientId: dice.pick([null, "", "fuzz"]),
  };
  writeRequestHeader(writer, header, hasFlexibleRequestHeader(definition, version));
  writer.raw(body);
  const frame = writer.toBytes();
  return prefixed(dice.oneIn(60) ? mutate(frame, 0, 3, dice) : frame, dice);
}

/** Puts the length before a frame; seldom a wrong one. */
function prefixed(frame: Uint8Array, dice: Dice): Uint8Array {
  const bytes = new Uint8Array(4 + frame.length);
  const lies = [-1, -(2 ** 31), 2 ** 31 - 1, 100 * 1024 * 1024, frame.length + 1, 0];
  const length = dice.oneIn(100) ? dice.pick(lies) : frame.length;
  new DataView(bytes.buffer).setInt32(0, length);
  bytes.set(frame, 4);
  return bytes;
}
