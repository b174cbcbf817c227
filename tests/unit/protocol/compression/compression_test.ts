import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import {
  Codec,
  codecByName,
  codecName,
  CompressionError,
  isCodec,
} from "../../../../src/protocol/compression/codec.ts";
import { compress, decompress } from "../../../../src/protocol/compression/compression.ts";

const CODECS = Object.values(Codec);
const COMPRESSING = CODECS.filter((codec) => codec !== Codec.none);
const ROOM = 1 << 20;

const repetitive = fc.array(
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 400 })),
  { maxLength: 20 },
).map((runs) =>
  Uint8Array.from(runs.flatMap(([part, times]) => Array(times).fill([...part]).flat()))
);
const input = fc.oneof(fc.uint8Array({ maxLength: 600 }), repetitive);

function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0, state = 1; i < length; i++) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

function kindOf(run: () => unknown): string {
  try {
    run();
    return "none";
  } catch (error) {
    if (!(error instanceof CompressionError)) throw error;
    return error.kind;
  }
}

for (const codec of CODECS) {
  const name = codecName(codec);

  Deno.test(`decompress() gives back what compress() took when the codec is ${name}`, () => {
    fc.assert(
      fc.property(input, (bytes) => {
        deepEqual(decompress(codec, compress(codec, bytes), ROOM), bytes);
      }),
      { numRuns: 60 },
    );
  });

  Deno.test(`decompress() keeps several blocks apart when ${name} holds 200 KB`, () => {
    const text = new TextEncoder().encode("offset 1234, epoch 7; ".repeat(9000));
    for (const bytes of [noise(200001), text, new Uint8Array(131072)]) {
      equal(latin1(decompress(codec, compress(codec, bytes), bytes.length)), latin1(bytes));
    }
  });
}

/** Text that is compared sooner than a large array. */
function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

for (const codec of COMPRESSING) {
  const name = codecName(codec);

  Deno.test(`decompress() throws tooLarge when ${name} gives a byte more than allowed`, () => {
    for (const bytes of [noise(70000), new Uint8Array(3_000_000)]) {
      const compressed = compress(codec, bytes);
      equal(kindOf(() => decompress(codec, compressed, bytes.length - 1)), "tooLarge");
      equal(decompress(codec, compressed, bytes.length).length, bytes.length);
    }
  });

  Deno.test(`decompress() throws nothing but CompressionError when ${name} is damaged`, () => {
    const damaged = fc.record({
      bytes: input,
      cut: fc.nat(),
      at: fc.nat(),
      to: fc.nat(255),
    });
    fc.assert(
      fc.property(damaged, ({ bytes, cut, at, to }) => {
        const compressed = compress(codec, bytes).slice();
        compressed[at % compressed.length] = to;
        kindOf(() => decompress(codec, compressed.subarray(0, cut % compressed.length), ROOM));
        kindOf(() => decompress(codec, compressed, ROOM));
      }),
      { numRuns: 150 },
    );
  });

  Deno.test(`decompress() throws malformed when ${name} is noise or is cut off`, () => {
    equal(kindOf(() => decompress(codec, noise(500), ROOM)), "malformed");
    const compressed = compress(codec, noise(1000));
    for (const kept of [5, 300, compressed.length - 1]) {
      equal(kindOf(() => decompress(codec, compressed.subarray(0, kept), ROOM)), "malformed");
    }
  });
}

Deno.test("compress() makes it smaller when the level of gzip or zstd is higher", () => {
  const words = Array.from(noise(8000), (byte) => `w${byte} `).join("");
  const bytes = new TextEncoder().encode(words);
  for (const codec of [Codec.gzip, Codec.zstd]) {
    ok(compress(codec, bytes, 9).length < compress(codec, bytes, 1).length);
    deepEqual(decompress(codec, compress(codec, bytes, -1000000), ROOM), bytes);
  }
});

Deno.test("codecByName() knows each codec when it is spelled as in compression.type", () => {
  for (const codec of CODECS) equal(codecByName(codecName(codec)), codec);
  equal(codecByName("uncompressed"), Codec.none);
  equal(codecByName("brotli"), undefined);
  deepEqual([-1, 0, 4, 5, 1.5].map(isCodec), [false, true, true, false, false]);
});

Deno.test("decompress() throws tooLarge when a byte comes and none is allowed", () => {
  for (const codec of COMPRESSING) {
    equal(kindOf(() => decompress(codec, compress(codec, new Uint8Array(1)), 0)), "tooLarge");
    equal(decompress(codec, compress(codec, new Uint8Array(0)), 0).length, 0);
  }
});

Deno.test("decompress() throws tooLarge when plain bytes exceed the limit", () => {
  throws(() => decompress(Codec.none, new Uint8Array(3), 2), CompressionError);
});

for (const codec of [Codec.gzip, Codec.zstd]) {
  Deno.test(`decompress() joins the parts when ${codecName(codec)} has several`, () => {
    const [one, two] = [noise(3000), new Uint8Array(500)];
    const parts = Uint8Array.of(...compress(codec, one), ...compress(codec, two));
    deepEqual(decompress(codec, parts, 3500), Uint8Array.of(...one, ...two));
    equal(kindOf(() => decompress(codec, parts, 3499)), "tooLarge");
    equal(kindOf(() => decompress(codec, parts.subarray(0, parts.length - 1), ROOM)), "malformed");
  });
}
