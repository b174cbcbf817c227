/** Compression codecs by the number that batch attributes give them. */
export const Codec = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

export type Codec = (typeof Codec)[keyof typeof Codec];

/** The name of a codec, as in `compression.type`. */
export type CodecName = keyof typeof Codec;

const NAMES: readonly CodecName[] = ["none", "gzip", "snappy", "lz4", "zstd"];

/** Whether batch attributes may name the codec `value`. */
export function isCodec(value: number): value is Codec {
  return value >= 0 && value < NAMES.length && Number.isInteger(value);
}

export function codecName(codec: Codec): CodecName {
  return NAMES[codec]!;
}

/** The codec called `name`; "uncompressed", as `compression.type` spells it, is none. */
export function codecByName(name: string): Codec | undefined {
  if (name === "uncompressed") return Codec.none;
  const index = NAMES.indexOf(name as CodecName);
  return index < 0 ? undefined : index as Codec;
}

/** Why bytes can't be decompressed. */
export type CompressionErrorKind = "malformed" | "tooLarge";

/** Compressed bytes are malformed, or would give more than the caller allows. */
export class CompressionError extends Error {
  override readonly name = "CompressionError";
  constructor(readonly kind: CompressionErrorKind, message: string) {
    super(message);
  }
}

export function malformed(what: string): CompressionError {
  return new CompressionError("malformed", what);
}

export function tooLarge(bytesMax: number): CompressionError {
  return new CompressionError("tooLarge", `decompressed bytes exceed the limit of ${bytesMax}`);
}
