import { cpuUsage } from "node:process";

/** Memory of the process and of this thread's JavaScript heap, in bytes. */
export interface MemoryReading {
  /** Resident set of the whole process; undefined where the system doesn't tell. */
  readonly residentBytes: number | undefined;
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  /** Buffers and other memory outside of the heap that JavaScript objects keep alive. */
  readonly externalBytes: number;
}

/**
 * Reads them. Works in a worker that may read nothing but its data directory: the runtime asks
 * the system itself, where `/proc/self/status` would need a permission of its own.
 */
export function readMemory(): MemoryReading {
  const { rss, heapUsed, heapTotal, external } = Deno.memoryUsage();
  return {
    residentBytes: rss > 0 ? rss : undefined,
    heapUsedBytes: heapUsed,
    heapTotalBytes: heapTotal,
    externalBytes: external,
  };
}

/** CPU time of the process since its start, all threads, in seconds. */
export function readCpuSeconds(): { readonly user: number; readonly system: number } {
  const { user, system } = cpuUsage();
  return { user: user / 1e6, system: system / 1e6 };
}
