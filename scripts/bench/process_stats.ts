/**
 * What Linux says about a process: CPU time, resident memory, and how often that is read.
 *
 * A broker may be a tree of processes (a launcher and what it started), so every figure is the sum
 * over the process and its descendants. Threads need no such care: /proc/PID/stat already counts
 * all threads, also those that have ended.
 *
 * @module
 */

/** USER_HZ: Linux reports CPU time to user space in hundredths of a second on every architecture. */
const TICKS_PER_SECOND = 100;

const UTIME_FIELD = 14;
const STIME_FIELD = 15;
const CUTIME_FIELD = 16;
const CSTIME_FIELD = 17;

/** The fields of /proc/PID/stat, counted from 1 as proc(5) counts them. */
export function parseStat(text: string): (field: number) => number {
  // The second field, the command name, is in parentheses and may itself hold spaces.
  const rest = text.slice(text.lastIndexOf(")") + 2).trim().split(" ");
  return (field) => Number(rest[field - 3]);
}

/** CPU seconds (user and system) that a process tree has used so far. */
export function cpuSeconds(pid: number): number {
  let ticks = 0;
  for (const member of processTree(pid)) {
    const stat = readProc(`/proc/${member}/stat`);
    if (stat === undefined) continue;
    const field = parseStat(stat);
    ticks += field(UTIME_FIELD) + field(STIME_FIELD);
  }
  return ticks / TICKS_PER_SECOND;
}

/** CPU seconds of all children of this process that have ended: the clients, once awaited. */
export function endedChildrenCpuSeconds(): number {
  const field = parseStat(Deno.readTextFileSync("/proc/self/stat"));
  return (field(CUTIME_FIELD) + field(CSTIME_FIELD)) / TICKS_PER_SECOND;
}

/** Resident memory now and at its highest, in bytes. */
export interface Memory {
  readonly residentBytes: number;
  readonly peakResidentBytes: number;
}

/** VmRSS and VmHWM of a process tree. The peak is the sum of each member's own peak. */
export function memoryOf(pid: number): Memory {
  let residentBytes = 0;
  let peakResidentBytes = 0;
  for (const member of processTree(pid)) {
    const status = readProc(`/proc/${member}/status`);
    if (status === undefined) continue;
    residentBytes += statusBytes(status, "VmRSS");
    peakResidentBytes += statusBytes(status, "VmHWM");
  }
  return { residentBytes, peakResidentBytes };
}

/** A kB line of /proc/PID/status in bytes; 0 when it is missing, as it is for a zombie. */
export function statusBytes(status: string, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status);
  return match === null ? 0 : Number(match[1]) * 1024;
}

/** The process and all its descendants, parents first. */
function processTree(pid: number): number[] {
  const tree = [pid];
  for (let i = 0; i < tree.length; i++) {
    const member = tree[i];
    for (const thread of listProc(`/proc/${member}/task`)) {
      const children = readProc(`/proc/${member}/task/${thread}/children`);
      if (children !== undefined) tree.push(...children.split(" ").filter(Boolean).map(Number));
    }
  }
  return tree;
}

/** The text of a /proc file, or undefined when its process ended meanwhile. */
function readProc(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    // ESRCH, which a process gives that ends between open and read, has no class of its own.
    if (error instanceof Deno.errors.NotFound || isNoSuchProcess(error)) return undefined;
    throw error;
  }
}

function listProc(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || isNoSuchProcess(error)) return [];
    throw error;
  }
}

function isNoSuchProcess(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ESRCH";
}
