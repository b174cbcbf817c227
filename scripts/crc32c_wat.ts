/**
 * The WebAssembly text of the checksum kernel: CRC-32C, and a walk over the records of a batch.
 * `generate_crc32c.ts` assembles it. Both functions work on bytes that were copied to {@link INPUT}.
 *
 * How `crc` is fast without carry-less multiplication: a CRC is the remainder of the message, as a
 * polynomial over GF(2), by P. Adding any multiple of P leaves the remainder as it is, so leading
 * bytes may be cancelled by XORing a multiple of P over them. The sparse multiple
 * x^209 + x^144 + x^54 + x^39 + x^14 + 1 of CRC-32C's P, raised to the 8th power (in GF(2) that
 * multiplies every exponent by 8), has all its terms on byte boundaries: cancelling a byte means
 * XORing it into the bytes 65, 155, 170, 195 and 209 further on. Since the nearest is 65 away,
 * 16 bytes go at a time. What remains is 209 to 224 bytes, which slicing-by-16 finishes.
 * (The idea: Russell, "Chorba: a novel CRC32 implementation", arXiv 2412.16398.)
 */

/** Where the caller puts bytes; the {@link HISTORY_BYTES} before it must stay zero. */
export const INPUT = 17408;
export const PAGES = 18;
/** The most bytes that fit. Behind them is slack for reads past the end. */
export const CAPACITY = PAGES * 65536 - INPUT - 1024;
/** Where `walk` leaves two float64: highest and lowest timestamp delta. */
export const RESULT = 16384;
const HISTORY_BYTES = 256;
const TAIL = INPUT - HISTORY_BYTES - 256;
const DISTANCES = [65, 155, 170, 195, 209] as const;
const FARTHEST = 209;
const TAIL_ROOM = 224;
/** Below it, folding costs more than it saves. */
const FOLD_FROM = 352;
/** A position past all input, where an overlong varint sends the walk so that it stops. */
const BEYOND = INPUT + CAPACITY + 256;

const get = (name: string) => `(local.get ${name})`;

/** 16 bytes at `base` + index, XORed with those at each distance before `from` + index. */
function cancelled(base: number, from: number, index: string): string {
  return DISTANCES.reduce(
    (sum, distance) => `(v128.xor ${sum} (v128.load offset=${from - distance} ${index}))`,
    `(v128.load offset=${base} ${get("$i")})`,
  );
}

/** `crc` after the 16 bytes at $p, with one table lookup per byte. */
function sliceBy16(): string {
  let terms: string[] = [];
  for (let byte = 0; byte < 16; byte++) {
    const word = get(`$w${byte >> 2}`);
    const index = `(i32.and (i32.shr_u ${word} (i32.const ${8 * (byte & 3)})) (i32.const 255))`;
    terms.push(`(i32.load offset=${(15 - byte) * 1024} (i32.shl ${index} (i32.const 2)))`);
  }
  while (terms.length > 1) {
    terms = terms.flatMap((term, n) => n % 2 === 0 ? [`(i32.xor ${term} ${terms[n + 1]})`] : []);
  }
  return `
      (local.set $w0 (i32.xor ${get("$crc")} (i32.load ${get("$p")})))
      (local.set $w1 (i32.load offset=4 ${get("$p")}))
      (local.set $w2 (i32.load offset=8 ${get("$p")}))
      (local.set $w3 (i32.load offset=12 ${get("$p")}))
      (local.set $crc ${terms[0]})
      (local.set $p (i32.add ${get("$p")} (i32.const 16)))`;
}

/** `crc(crc, length)`: continues `crc` over the input, which it may overwrite. */
const CRC = `
  (func (export "crc") (param $crc i32) (param $length i32) (result i32)
    (local $p i32) (local $end i32) (local $i i32) (local $folded i32)
    (local $w0 i32) (local $w1 i32) (local $w2 i32) (local $w3 i32)
    (local.set $crc (i32.xor ${get("$crc")} (i32.const -1)))
    (local.set $p (i32.const ${INPUT}))
    (if (i32.ge_u ${get("$length")} (i32.const ${FOLD_FROM})) (then
      (i32.store offset=${INPUT} (i32.const 0)
        (i32.xor ${get("$crc")} (i32.load offset=${INPUT} (i32.const 0))))
      (local.set $crc (i32.const 0))
      (local.set $folded
        (i32.and (i32.sub ${get("$length")} (i32.const ${FARTHEST})) (i32.const -16)))
      (loop $fold
        (v128.store offset=${INPUT} ${get("$i")} ${cancelled(INPUT, INPUT, get("$i"))})
        (local.set $i (i32.add ${get("$i")} (i32.const 16)))
        (br_if $fold (i32.lt_u ${get("$i")} ${get("$folded")})))
      ;; The rest moves to TAIL and leaves zeros, so that its own bytes aren't taken as cancelled.
      (local.set $i (i32.const 0))
      (loop $move
        (v128.store offset=${TAIL} ${get("$i")}
          (v128.load offset=${INPUT} (i32.add ${get("$i")} ${get("$folded")})))
        (v128.store offset=${INPUT} (i32.add ${get("$i")} ${get("$folded")})
          (v128.const i64x2 0 0))
        (local.set $i (i32.add ${get("$i")} (i32.const 16)))
        (br_if $move (i32.lt_u ${get("$i")} (i32.const ${TAIL_ROOM}))))
      (local.set $i (i32.const 0))
      (loop $foldTail
        (v128.store offset=${TAIL} ${get("$i")}
          ${cancelled(TAIL, INPUT, `(i32.add ${get("$i")} ${get("$folded")})`)})
        (local.set $i (i32.add ${get("$i")} (i32.const 16)))
        (br_if $foldTail (i32.lt_u ${get("$i")} (i32.const ${TAIL_ROOM}))))
      (local.set $p (i32.const ${TAIL}))
      (local.set $length (i32.sub ${get("$length")} ${get("$folded")}))))
    (local.set $end (i32.add ${get("$p")} (i32.and ${get("$length")} (i32.const -16))))
    (if (i32.lt_u ${get("$p")} ${get("$end")}) (then (loop $slice ${sliceBy16()}
      (br_if $slice (i32.lt_u ${get("$p")} ${get("$end")})))))
    (local.set $end (i32.add ${get("$p")} (i32.and ${get("$length")} (i32.const 15))))
    (if (i32.lt_u ${get("$p")} ${get("$end")}) (then (loop $byte
      (local.set $crc (i32.xor (i32.shr_u ${get("$crc")} (i32.const 8))
        (i32.load (i32.shl (i32.and (i32.xor ${get("$crc")} (i32.load8_u ${get("$p")}))
          (i32.const 255)) (i32.const 2)))))
      (local.set $p (i32.add ${get("$p")} (i32.const 1)))
      (br_if $byte (i32.lt_u ${get("$p")} ${get("$end")})))))
    (i32.xor ${get("$crc")} (i32.const -1)))`;

/** The varint at $p, of any length; $next is the position behind it. */
function longVarint(name: string, type: "i32" | "i64", bytesMax: number): string {
  const byte = type === "i32" ? get("$byte") : `(i64.extend_i32_u ${get("$byte")})`;
  const shift = type === "i32" ? get("$shift") : `(i64.extend_i32_u ${get("$shift")})`;
  return `
  (func ${name} (param $p i32) (result ${type})
    (local $value ${type}) (local $shift i32) (local $byte i32)
    (loop $more
      (local.set $byte (i32.load8_u ${get("$p")}))
      (local.set $value (${type}.or ${get("$value")}
        (${type}.shl (${type}.and ${byte} (${type}.const 127)) ${shift})))
      (local.set $p (i32.add ${get("$p")} (i32.const 1)))
      (local.set $shift (i32.add ${get("$shift")} (i32.const 7)))
      (if (i32.ge_u ${get("$byte")} (i32.const 128)) (then
        (br_if $more (i32.lt_u ${get("$shift")} (i32.const ${7 * bytesMax})))
        (local.set $p (i32.const ${BEYOND})))))
    (global.set $next ${get("$p")})
    ${zigzag(type)})`;
}

function zigzag(type: "i32" | "i64"): string {
  return `(${type}.xor (${type}.shr_u ${get("$value")} (${type}.const 1))
      (${type}.sub (${type}.const 0) (${type}.and ${get("$value")} (${type}.const 1))))`;
}

/** Sets `target` to the varint at $p and moves $p behind it. Up to two bytes are read in line. */
function readVarint(target: string, type: "i32" | "i64"): string {
  const value = type === "i32" ? get("$byte") : `(i64.extend_i32_u ${get("$byte")})`;
  const set = `(local.set ${target} ${zigzag(type).replaceAll(get("$value"), value)})`;
  const move = (bytes: number) => `(local.set $p (i32.add ${get("$p")} (i32.const ${bytes})))`;
  return `
      (local.set $byte (i32.load8_u ${get("$p")}))
      (if (i32.lt_u ${get("$byte")} (i32.const 128)) (then ${set} ${move(1)}) (else
        (local.set $second (i32.load8_u offset=1 ${get("$p")}))
        (if (i32.lt_u ${get("$second")} (i32.const 128))
          (then
            (local.set $byte (i32.or (i32.and ${get("$byte")} (i32.const 127))
              (i32.shl ${get("$second")} (i32.const 7))))
            ${set} ${move(2)})
          (else
            (local.set ${target} (call $long_${type} ${get("$p")}))
            (local.set $p (global.get $next))))))`;
}

const MALFORMED = `(return (i32.const 1))`;
const malformedIf = (condition: string) => `(if ${condition} (then ${MALFORMED}))`;

/** Reads a length and jumps over that many bytes; a negative length means null. */
function skipBytes(ifNull: string): string {
  return `${readVarint("$n", "i32")}
      (if (i32.lt_s ${get("$n")} (i32.const 0)) (then ${ifNull}) (else
        ${malformedIf(`(i32.gt_s ${get("$n")} (i32.sub ${get("$recordEnd")} ${get("$p")}))`)}
        (local.set $p (i32.add ${get("$p")} ${get("$n")}))))`;
}

/**
 * `walk(position, end, count)`: 0 when there are exactly `count` well-formed records, offset deltas
 * 0, 1, 2...; bit 0 when not; bit 1 when a key is null. Reads past a record's end are harmless (there
 * is slack) and noticed, because $p never goes back and must meet the record's end exactly.
 */
const WALK = `
  (global $next (mut i32) (i32.const 0))
  ${longVarint("$long_i32", "i32", 5)}
  ${longVarint("$long_i64", "i64", 10)}
  (func (export "walk") (param $p i32) (param $end i32) (param $count i32) (result i32)
    (local $index i32) (local $recordEnd i32) (local $n i32) (local $byte i32) (local $second i32)
    (local $flags i32) (local $headers i32) (local $delta i64) (local $max i64) (local $min i64)
    (local.set $max (i64.const 0x8000000000000000))
    (local.set $min (i64.const 0x7fffffffffffffff))
    (block $done (loop $record
      (br_if $done (i32.eq ${get("$index")} ${get("$count")}))
      ${readVarint("$n", "i32")}
      ${malformedIf(`(i32.lt_s ${get("$n")} (i32.const 0))`)}
      ${malformedIf(`(i32.gt_s ${get("$n")} (i32.sub ${get("$end")} ${get("$p")}))`)}
      (local.set $recordEnd (i32.add ${get("$p")} ${get("$n")}))
      (local.set $p (i32.add ${get("$p")} (i32.const 1)))
      ${readVarint("$delta", "i64")}
      (if (i64.gt_s ${get("$delta")} ${get("$max")}) (then (local.set $max ${get("$delta")})))
      (if (i64.lt_s ${get("$delta")} ${get("$min")}) (then (local.set $min ${get("$delta")})))
      ${readVarint("$n", "i32")}
      ${malformedIf(`(i32.ne ${get("$n")} ${get("$index")})`)}
      ${skipBytes(`(local.set $flags (i32.const 2))`)}
      ${skipBytes("")}
      ${readVarint("$headers", "i32")}
      ${malformedIf(`(i32.lt_s ${get("$headers")} (i32.const 0))`)}
      (if ${get("$headers")} (then (loop $header
        ${skipBytes(MALFORMED)}
        ${skipBytes("")}
        ${malformedIf(`(i32.gt_s ${get("$p")} ${get("$recordEnd")})`)}
        (local.set $headers (i32.sub ${get("$headers")} (i32.const 1)))
        (br_if $header ${get("$headers")}))))
      ${malformedIf(`(i32.ne ${get("$p")} ${get("$recordEnd")})`)}
      (local.set $index (i32.add ${get("$index")} (i32.const 1)))
      (br $record)))
    ${malformedIf(`(i32.ne ${get("$p")} ${get("$end")})`)}
    (f64.store offset=${RESULT} (i32.const 0) (f64.convert_i64_s ${get("$max")}))
    (f64.store offset=${RESULT + 8} (i32.const 0) (f64.convert_i64_s ${get("$min")}))
    ${get("$flags")})`;

/** The module in WebAssembly text. Bytes 0 to 16383 hold the tables, filled in by the caller. */
export const KERNEL_WAT = `(module
  (memory (export "memory") ${PAGES} ${PAGES})
${CRC}
${WALK})`;
