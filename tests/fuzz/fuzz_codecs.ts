/**
 * Damaged messages of every API and version against the decoders. Only a ProtocolError may come
 * out of a decoder; what it accepts must be possible to encode again; memory stays bounded.
 *
 *     deno run -A tests/fuzz/fuzz_codecs.ts [--frames N] [--seed S] [--from INDEX] [--rss-max MIB]
 */
import type { MessageCodec } from "../../src/protocol/codec.ts";
import { ProtocolError } from "../../src/protocol/protocol_error.ts";
import { ByteReader } from "../../src/protocol/wire/byte_reader.ts";
import { ByteWriter } from "../../src/protocol/wire/byte_writer.ts";
import { Dice } from "./dice.ts";
import { FUZZED_APIS, hostileBody, validBody } from "./fuzz_frames.ts";
import { fail, parseFuzzOptions, say } from "./fuzz_options.ts";

const CHECK_MEMORY_EVERY = 5000;
const MIB = 1024 * 1024;

const reader = new ByteReader();
const writer = new ByteWriter();

/** Decodes one damaged message; true when the decoder took it. */
function fuzzOnce(dice: Dice): boolean {
  const { definition, schema } = dice.pick(FUZZED_APIS);
  const isRequest = !dice.oneIn(3);
  const codec: MessageCodec<unknown, unknown> = isRequest
    ? definition.request as MessageCodec<unknown, unknown>
    : definition.response as MessageCodec<unknown, unknown>;
  const version = dice.between(codec.versions.min, codec.versions.max);
  const body = validBody(codec, isRequest ? schema.request : schema.response, version, dice);
  const bytes = hostileBody(body, dice);
  try {
    const message = codec.read(reader.reset(bytes), version);
    writer.reset();
    codec.write(writer, message, version);
    return true;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return false;
  }
}

const { frames, seed, from, residentMibMax } = parseFuzzOptions(Deno.args);
say(`fuzz_codecs: seed ${seed}, frames ${from} to ${from + frames - 1}`);
const startMs = performance.now();
let taken = 0;
let residentMib = 0;
for (let index = from; index < from + frames; index++) {
  const replay = `deno run -A tests/fuzz/fuzz_codecs.ts --seed ${seed} --from ${index} --frames 1`;
  try {
    if (fuzzOnce(new Dice(seed, index))) taken++;
  } catch (error) {
    fail(`${error instanceof Error ? error.stack : error}\nreplay: ${replay}`);
  }
  if (index % CHECK_MEMORY_EVERY === 0) {
    residentMib = Math.max(residentMib, Deno.memoryUsage().rss / MIB);
    if (residentMib > residentMibMax) {
      fail(`${residentMib.toFixed(0)} MiB resident by frame ${index} of seed ${seed}`);
    }
  }
}
const seconds = (performance.now() - startMs) / 1000;
say(
  `fuzz_codecs: ${frames} frames, ${taken} decoded, ${frames - taken} refused, ` +
    `${(frames / seconds).toFixed(0)} frames/s, ${residentMib.toFixed(0)} MiB at most`,
);
