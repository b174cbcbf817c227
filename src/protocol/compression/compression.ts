import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { unreachable } from "../../base/invariant.ts";
import { Codec, malformed, tooLarge } from "./codec.ts";
import { compressLz4, decompressLz4 } from "./lz4_frame.ts";
import { OutputBuffer } from "./output_buffer.ts";
import { compressSnappy, decompressSnappy } from "./snappy.ts";
import { zstdFrameEnd } from "./zstd_frame.ts";

const GZIP_LEVEL = 6;
const ZSTD_LEVEL = 3;
const CHUNK_BYTES_MAX = 262144;

/**
 * Compresses `bytes`. For {@link Codec.none} the same view comes back.
 *
 * @param level for gzip 1 to 9 (default 6) and for zstd 1 to 22 or negative (default 3); out of
 * range counts as the nearest. Snappy and LZ4 have one strength here and ignore it.
 */
export function compress(codec: Codec, bytes: Uint8Array, level?: number): Uint8Array {
  switch (codec) {
    case Codec.none:
      return bytes;
    case Codec.gzip:
      return plain(gzipSync(bytes, { level: clamp(level ?? GZIP_LEVEL, 1, 9) }));
    case Codec.snappy:
      return compressSnappy(bytes);
    case Codec.lz4:
      return compressLz4(bytes);
    case Codec.zstd: {
      const params = {
        [constants.ZSTD_c_compressionLevel]: clamp(level ?? ZSTD_LEVEL, -131072, 22),
      };
      return plain(zstdCompressSync(bytes, { params }));
    }
    default:
      return unreachable(codec);
  }
}

/**
 * What `bytes` were before {@link compress}, or a compressor of another implementation. For
 * {@link Codec.none} the same view comes back.
 *
 * @param bytesMax the most bytes to give; memory in use stays near it, whatever the input claims
 * @throws {CompressionError} "malformed", or "tooLarge" when there would be more than `bytesMax`
 */
export function decompress(codec: Codec, bytes: Uint8Array, bytesMax: number): Uint8Array {
  switch (codec) {
    case Codec.none:
      if (bytes.length > bytesMax) throw tooLarge(bytesMax);
      return bytes;
    case Codec.gzip:
      return decompressZlib(gunzipSync, bytes, bytesMax);
    case Codec.snappy:
      return decompressSnappy(bytes, bytesMax);
    case Codec.lz4:
      return decompressLz4(bytes, bytesMax);
    case Codec.zstd:
      return decompressZstd(bytes, bytesMax);
    default:
      return unreachable(codec);
  }
}

/** node:zlib takes a cut-off frame for a whole one and stops after the first, so they are counted. */
function decompressZstd(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const first = zstdFrameEnd(bytes, 0);
  if (first >= bytes.length) return decompressZlib(zstdDecompressSync, bytes, bytesMax);
  const output = new OutputBuffer(bytesMax, 4 * bytes.length);
  for (let at = 0, end = first; at < bytes.length; at = end) {
    end = zstdFrameEnd(bytes, at);
    const room = bytesMax - output.length;
    output.append(decompressZlib(zstdDecompressSync, bytes.subarray(at, end), room));
  }
  return output.filled();
}

type ZlibDecompressor = (
  bytes: Uint8Array,
  options: { maxOutputLength: number; chunkSize: number },
) => Uint8Array;

function decompressZlib(run: ZlibDecompressor, bytes: Uint8Array, bytesMax: number): Uint8Array {
  if (bytes.length === 0) return bytes;
  const chunkSize = clamp(4 * bytes.length, 1024, CHUNK_BYTES_MAX);
  let output: Uint8Array;
  try {
    output = plain(run(bytes, { maxOutputLength: Math.max(1, bytesMax), chunkSize }));
  } catch (error) {
    if (errorCode(error) === "ERR_BUFFER_TOO_LARGE") throw tooLarge(bytesMax);
    throw malformed(error instanceof Error ? error.message : String(error));
  }
  if (output.length > bytesMax) throw tooLarge(bytesMax);
  return output;
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** The bytes of a Node `Buffer` as what the rest of the code works on. */
function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
