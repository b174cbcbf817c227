/**
 * What a broker may take of a disk, and the marks on the way to full. Pure.
 *
 * A broker counts what it has itself and what is free, not what others have on the file system. So
 * several brokers share one without knowing of each other: each keeps to p of its capacity, and n
 * of them that all want more come to rest at p / (1 + (n - 1) p) of the whole each, which is below
 * all of it for any n. From wherever they begin they get there, since each round takes from who has
 * more than that and leaves room to who has less.
 */

/** What is known of a disk. */
export interface DiskReading {
  /** What the broker has on it itself, in bytes. */
  readonly ownBytes: number;
  /** Of the file system; undefined where it does not tell. */
  readonly space: { readonly totalBytes: number; readonly usableBytes: number } | undefined;
}

/** What the operator says of a disk. Shares are from 0 to 1. */
export interface StorageSettings {
  /** `log.storage.capacity.bytes`; -1 for the file system's size. */
  readonly capacityBytes: number;
  /** `log.storage.reserve.bytes`; -1 for 5 % of the file system, at most 1 GiB. */
  readonly reserveBytes: number;
  /** `log.retention.disk.percent`; undefined when nothing is deleted for the disk's sake. */
  readonly targetShare: number | undefined;
  /** `log.storage.soft.percent` */
  readonly softShare: number;
  /** `log.storage.reopen.percent` */
  readonly reopenShare: number;
  /** `log.storage.hard.percent` */
  readonly hardShare: number;
  /** `log.storage.ballast.bytes`; -1 for 1 % of the capacity, at most 16 MiB. */
  readonly ballastBytes: number;
  /** `log.storage.shrink.grace.ms` */
  readonly shrinkGraceMs: number;
}

/** Own bytes at which something changes. */
export interface StorageMarks {
  readonly capacityBytes: number;
  /** Above it, old segments go; Infinity when none do. */
  readonly targetBytes: number;
  /** Above it, producers are slowed. */
  readonly softBytes: number;
  /** Producers that were refused are served again at or below it. */
  readonly reopenBytes: number;
  /** Nothing that producers send takes the broker above it. */
  readonly hardBytes: number;
}

const RESERVE_SHARE = 0.05;
const RESERVE_BYTES_MAX = 2 ** 30;
const BALLAST_SHARE = 0.01;
const BALLAST_BYTES_MAX = 16 * 2 ** 20;

/** What is left to others and to the rest of the file system. */
export function reserveBytes(settings: StorageSettings, totalBytes: number): number {
  if (settings.reserveBytes >= 0) return settings.reserveBytes;
  return Math.min(RESERVE_BYTES_MAX, Math.floor(totalBytes * RESERVE_SHARE));
}

/** What the ballast file is to have. */
export function ballastBytes(settings: StorageSettings, capacityBytes: number): number {
  if (settings.ballastBytes >= 0) return settings.ballastBytes;
  return Math.min(BALLAST_BYTES_MAX, Math.floor(capacityBytes * BALLAST_SHARE));
}

/** What the broker may have on the disk, in bytes; undefined when neither cap nor size is known. */
export function capacityOf(
  { ownBytes, space }: DiskReading,
  settings: StorageSettings,
): number | undefined {
  const cap = settings.capacityBytes >= 0 ? settings.capacityBytes : undefined;
  if (space === undefined) return cap;
  const reserve = reserveBytes(settings, space.totalBytes);
  const share = Math.max(0, ownBytes + space.usableBytes - reserve);
  return cap === undefined ? share : Math.min(cap, share);
}

/** The marks of a disk of that capacity. */
export function marksOf(capacityBytes: number, settings: StorageSettings): StorageMarks {
  const { targetShare, softShare, reopenShare, hardShare } = settings;
  const at = (share: number) => Math.floor(capacityBytes * share);
  return {
    capacityBytes,
    targetBytes: targetShare === undefined ? Infinity : at(targetShare),
    softBytes: at(softShare),
    reopenBytes: at(reopenShare),
    hardBytes: at(hardShare),
  };
}
