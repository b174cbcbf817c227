/** What a broker tells of itself by gossip, as the tags of its member. Pure. */
import { parseUuid, type Uuid } from "../../base/uuid.ts";

/** The facts in the tags of a member. */
export interface NodeTags {
  readonly directoryId: Uuid;
  /** Empty while the broker belongs to no cluster. */
  readonly clusterId: string;
  /** Undefined while the broker belongs to no cluster. */
  readonly brokerId: number | undefined;
  /** True when the broker may form a cluster with others that are as fresh. */
  readonly forms: boolean;
  /** Where clients are served: `NAME://host:port`, separated by commas. */
  readonly listeners: string;
  readonly rack: string | null;
  readonly version: string;
}

const DIRECTORY = "directory";
const CLUSTER = "cluster";
const BROKER = "broker";
const FORMS = "forms";
const LISTENERS = "listeners";
const RACK = "rack";
const VERSION = "version";

export function writeNodeTags(node: NodeTags): ReadonlyMap<string, string> {
  const tags = new Map<string, string>([[DIRECTORY, node.directoryId], [VERSION, node.version]]);
  if (node.clusterId !== "") tags.set(CLUSTER, node.clusterId);
  if (node.brokerId !== undefined) tags.set(BROKER, String(node.brokerId));
  if (node.forms) tags.set(FORMS, "1");
  if (node.listeners !== "") tags.set(LISTENERS, node.listeners);
  if (node.rack !== null) tags.set(RACK, node.rack);
  return tags;
}

/** Undefined when the tags are of no broker. */
export function readNodeTags(tags: ReadonlyMap<string, string>): NodeTags | undefined {
  const directoryId = parseUuid(tags.get(DIRECTORY) ?? "");
  if (directoryId === undefined) return undefined;
  const broker = tags.get(BROKER);
  return {
    directoryId,
    clusterId: tags.get(CLUSTER) ?? "",
    brokerId: broker !== undefined && /^\d{1,10}$/.test(broker) ? Number(broker) : undefined,
    forms: tags.get(FORMS) === "1",
    listeners: tags.get(LISTENERS) ?? "",
    rack: tags.get(RACK) ?? null,
    version: tags.get(VERSION) ?? "",
  };
}
