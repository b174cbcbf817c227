/** What can be wrong between a client and its cluster, judged from what was seen. Pure. */
import type { SocketAddress } from "../../../io/network.ts";
import { bytesText, durationText } from "../../output/units.ts";

/** The outcome of one check. */
export type Finding = {
  readonly level: "ok" | "warning" | "error";
  readonly check: string;
  readonly text: string;
};

/** A dial of an address. */
export interface Dialled {
  readonly address: string;
  /** Undefined when it answered. */
  readonly problem: string | undefined;
  /** Until ApiVersions was answered. */
  readonly elapsedMs: number;
}

const SLOW_MS = 200;
const SKEW_WARNING_MS = 1_000;
const SKEW_ERROR_MS = 60_000;
const FREE_SHARE_WARNING = 0.15;
const FREE_SHARE_ERROR = 0.05;
const OPEN_FILES_MIN = 65_536;

/** Whether the addresses that the client was given answer. */
export function judgeBootstrap(dials: readonly Dialled[]): Finding[] {
  return dials.map(({ address, problem, elapsedMs }) => {
    if (problem !== undefined) return { level: "error", check: "bootstrap", text: problem };
    const text = `${address} answers in ${Math.round(elapsedMs)} ms`;
    return { level: elapsedMs > SLOW_MS ? "warning" : "ok", check: "bootstrap", text };
  });
}

/** Whether the addresses that brokers advertise lead anywhere, seen from here. */
export function judgeAdvertised(
  bootstrap: readonly SocketAddress[],
  dials: readonly (Dialled & { readonly host: string; readonly broker: number })[],
): Finding[] {
  const isRemote = bootstrap.some(({ host }) => !isLoopback(host));
  return dials.map(({ address, host, broker, problem }) => {
    const check = "advertised address";
    if (/^(0\.0\.0\.0|::|\[::\])$/.test(host)) {
      const text = `broker ${broker} advertises ${address}, which is no address to dial; ` +
        "set --advertise";
      return { level: "error", check, text };
    }
    if (isRemote && isLoopback(host)) {
      const text = `broker ${broker} advertises ${address}, which other machines take for ` +
        "themselves; set --advertise";
      return { level: "error", check, text };
    }
    if (problem !== undefined) {
      return { level: "error", check, text: `broker ${broker} advertises ${problem}` };
    }
    return { level: "ok", check, text: `broker ${broker} is reached at ${address}` };
  });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** Whether all who answered belong to one cluster. */
export function judgeClusterIds(ids: readonly string[]): Finding {
  const distinct = [...new Set(ids)];
  const check = "cluster id";
  if (distinct.length > 1) {
    const text = `the addresses lead to different clusters: ${distinct.join(", ")}`;
    return { level: "error", check, text };
  }
  return { level: "ok", check, text: distinct[0] ?? "unknown" };
}

/**
 * Whether the clocks agree.
 * @param skewMs the broker's clock less ours; undefined when the broker does not tell its time
 */
export function judgeClock(skewMs: number | undefined): Finding {
  const check = "clock";
  if (skewMs === undefined) {
    return { level: "ok", check, text: "not compared: the broker does not tell its time" };
  }
  const size = Math.abs(skewMs);
  const level = size > SKEW_ERROR_MS ? "error" : size > SKEW_WARNING_MS ? "warning" : "ok";
  const direction = skewMs > 0 ? "ahead of" : "behind";
  const text = size <= SKEW_WARNING_MS
    ? "the controller's clock and this one agree within a second"
    : `the controller's clock is ${durationText(size)} ${direction} this one`;
  return { level, check, text };
}

/** A log directory of a broker. */
export interface LogDirView {
  readonly broker: number;
  readonly path: string;
  /** Undefined when the directory works. */
  readonly problem: string | undefined;
  /** -1 when the broker does not tell. */
  readonly totalBytes: number;
  readonly usableBytes: number;
}

/** Whether log directories work and have room. */
export function judgeDisks(logDirs: readonly LogDirView[]): Finding[] {
  return logDirs.map(({ broker, path, problem, totalBytes, usableBytes }) => {
    const check = "disk";
    const where = `broker ${broker}, ${path}`;
    if (problem !== undefined) return { level: "error", check, text: `${where}: ${problem}` };
    if (totalBytes <= 0) return { level: "ok", check, text: `${where}: free space is not told` };
    const share = usableBytes / totalBytes;
    const text = `${where}: ${bytesText(usableBytes)} of ${bytesText(totalBytes)} free`;
    const level = share < FREE_SHARE_ERROR
      ? "error"
      : share < FREE_SHARE_WARNING
      ? "warning"
      : "ok";
    return { level, check, text };
  });
}

/**
 * Whether this user may open as many files as a broker needs.
 * @param limits the text of `/proc/self/limits`; undefined where there is none
 */
export function judgeLimits(limits: string | undefined): Finding {
  const check = "limits";
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits ?? "")?.[1];
  if (soft === undefined) return { level: "ok", check, text: "not told by this system" };
  const isEnough = soft === "unlimited" || Number(soft) >= OPEN_FILES_MIN;
  const text = isEnough
    ? `a broker started here could open ${soft} files`
    : `a broker started here could open ${soft} files; ${OPEN_FILES_MIN} are better (ulimit -n)`;
  return { level: isEnough ? "ok" : "warning", check, text };
}
