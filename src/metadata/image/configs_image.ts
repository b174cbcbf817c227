/** Configuration of topics, brokers, groups and client-metrics subscriptions. */
import type { ConfigRecord } from "../../protocol/generated/metadata/config_record.ts";
import type { ConfigMap } from "../config/effective.ts";
import type { MetadataRecordInit } from "../records.ts";

/** What can be configured, as Kafka's protocol numbers it. */
export const ConfigResourceType = {
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
  CLIENT_METRICS: 16,
  GROUP: 32,
} as const;

const NO_CONFIGS: ConfigMap = new Map();

/** What was set, by type and name of the resource. Changes by replay alone. */
export class ConfigsImage {
  private readonly resourcesOfType = new Map<number, Map<string, Map<string, string>>>();

  /** The keys that were set on a resource; empty when none was. */
  of(resourceType: number, resourceName: string): ConfigMap {
    return this.resourcesOfType.get(resourceType)?.get(resourceName) ?? NO_CONFIGS;
  }

  /** Names of the resources of a type on which anything is set. */
  names(resourceType: number): Iterable<string> {
    return this.resourcesOfType.get(resourceType)?.keys() ?? [];
  }

  replay({ resourceType, resourceName, name, value }: ConfigRecord): void {
    if (value === null) {
      this.remove(resourceType, resourceName, name);
      return;
    }
    let resources = this.resourcesOfType.get(resourceType);
    if (resources === undefined) {
      resources = new Map();
      this.resourcesOfType.set(resourceType, resources);
    }
    let configs = resources.get(resourceName);
    if (configs === undefined) {
      configs = new Map();
      resources.set(resourceName, configs);
    }
    configs.set(name, value);
  }

  /** The configuration of a topic goes with it. */
  replayTopicRemoved(name: string): void {
    this.resourcesOfType.get(ConfigResourceType.TOPIC)?.delete(name);
  }

  /** Appends the records that make this image. */
  writeTo(records: MetadataRecordInit[]): void {
    for (const [resourceType, resources] of this.resourcesOfType) {
      for (const [resourceName, configs] of resources) {
        for (const [name, value] of configs) {
          records.push({
            type: "ConfigRecord",
            value: { resourceType, resourceName, name, value },
          });
        }
      }
    }
  }

  private remove(resourceType: number, resourceName: string, name: string): void {
    const resources = this.resourcesOfType.get(resourceType);
    const configs = resources?.get(resourceName);
    configs?.delete(name);
    if (configs?.size === 0) resources?.delete(resourceName);
  }
}
