/** Amounts of storage as operators write them: in bytes, with a unit, or in percent of a disk. Pure. */

/** A number of bytes, or a part of whatever the disk has. */
export type ByteAmount =
  | { readonly kind: "unlimited" }
  | { readonly kind: "bytes"; readonly bytes: number }
  | { readonly kind: "percent"; readonly percent: number };

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
};

const UNLIMITED: ByteAmount = { kind: "unlimited" };

/** `200GiB`, `1.5 TB`, `4096`, `15%`, or -1 for no limit; undefined when it is none of these. */
export function parseByteAmount(text: string): ByteAmount | undefined {
  const trimmed = text.trim();
  if (trimmed === "-1") return UNLIMITED;
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*(%|[a-zA-Z]*)$/.exec(trimmed) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  const count = Number(digits);
  if (unit === "%") {
    return count > 0 && count <= 100 ? { kind: "percent", percent: count } : undefined;
  }
  const factor = UNITS[unit.toLowerCase()];
  if (factor === undefined) return undefined;
  const bytes = Math.round(count * factor);
  return Number.isSafeInteger(bytes) ? { kind: "bytes", bytes } : undefined;
}

/** The amount in bytes where a disk has `capacityBytes`; Infinity without a limit. */
export function bytesOf(amount: ByteAmount, capacityBytes: number): number {
  switch (amount.kind) {
    case "unlimited":
      return Infinity;
    case "bytes":
      return amount.bytes;
    case "percent":
      return Math.floor(capacityBytes * amount.percent / 100);
  }
}
