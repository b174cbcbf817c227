/** Which metrics a client is asked for (KIP-714). Pure. */
import { crc32c } from "../../base/crc32c.ts";
import { LinearRegex } from "../../base/linear_regex.ts";
import { type ClusterImage } from "../../metadata/cluster_image.ts";
import { ConfigResourceType } from "../../metadata/image/configs_image.ts";

/** What is known of a client, by the names that subscriptions match on. */
export type ClientAttributes = Readonly<Record<string, string>>;

/** What one client is to push, and how often. */
export interface ClientSubscription {
  /** Changes whenever anything that the client is asked for changes. */
  readonly id: number;
  /** Milliseconds. */
  readonly pushIntervalMs: number;
  /** Prefixes of names; `*` alone for all; empty when nothing is asked for. */
  readonly metrics: readonly string[];
}

/** How often a client that is asked for nothing looks again. */
const DEFAULT_INTERVAL_MS = 300_000;
const ALL_METRICS = "*";
const ENCODER = new TextEncoder();

/** The union of the subscriptions that `client` matches; the shortest of their intervals. */
export function subscriptionFor(image: ClusterImage, client: ClientAttributes): ClientSubscription {
  const metrics = new Set<string>();
  let pushIntervalMs = Infinity;
  for (const name of image.configs.names(ConfigResourceType.CLIENT_METRICS)) {
    const configs = image.configs.of(ConfigResourceType.CLIENT_METRICS, name);
    const wanted = listOf(configs.get("metrics"));
    if (wanted.length === 0 || !matches(listOf(configs.get("match")), client)) continue;
    for (const prefix of wanted) metrics.add(prefix);
    const intervalMs = Number(configs.get("interval.ms") ?? DEFAULT_INTERVAL_MS);
    pushIntervalMs = Math.min(pushIntervalMs, intervalMs);
  }
  if (pushIntervalMs === Infinity) pushIntervalMs = DEFAULT_INTERVAL_MS;
  const asked = metrics.has(ALL_METRICS) ? [ALL_METRICS] : [...metrics].sort();
  const identity = ENCODER.encode([pushIntervalMs, ...asked].join("\n"));
  return { id: crc32c(identity, 0, identity.length) | 0, pushIntervalMs, metrics: asked };
}

function matches(selectors: readonly string[], client: ClientAttributes): boolean {
  return selectors.every((selector) => {
    const separator = selector.indexOf("=");
    const attribute = client[selector.slice(0, separator).trim()] ?? "";
    const pattern = LinearRegex.parse(selector.slice(separator + 1).trim());
    return pattern !== undefined && pattern.matches(attribute);
  });
}

function listOf(value: string | undefined): string[] {
  return (value ?? "").split(",").map((item) => item.trim()).filter((item) => item !== "");
}
